// registers-inl.h: the GEMM's accumulator block in vector registers, several panels at once.
// INTLITE_TILE_PANELS and INTLITE_TILE_ROWS(panels) say how many accumulators they hold.

struct BlockScope {};
constexpr size_t kDepthUnit = kGroupDepth;
constexpr size_t kRowUnit = 1;
constexpr size_t kRowsOfBlock = kBlockRows;
constexpr bool kSparseRowsPay = true;

// acc[r][p] = the sum over all groups, for kRows rows and kPanels panels in registers.
template <int kRows, int kPanels>
void accumulate_tile(const uint8_t* a, size_t a_stride, const PackedMatrix& w, const int8_t* panel,
                     size_t group_stride, int32_t* acc) {
  I32 sum[kRows][kPanels];
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) INTLITE_UNROLL
  for (int p = 0; p < kPanels; ++p) sum[r][p] = set1(0);
  for (size_t g = 0; g < w.groups; ++g, a += kGroupDepth, panel += group_stride) {
    Weights b[kPanels];
    INTLITE_UNROLL
    for (int p = 0; p < kPanels; ++p)
      b[p] = load_weights(panel + static_cast<size_t>(p) * kGroupBytes);
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const Activations x = broadcast4(a + static_cast<size_t>(r) * a_stride);
      INTLITE_UNROLL
      for (int p = 0; p < kPanels; ++p) sum[r][p] = dot4(sum[r][p], x, b[p]);
    }
  }
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) INTLITE_UNROLL
  for (int p = 0; p < kPanels; ++p)
    store(acc + static_cast<size_t>(r) * kBlockColumns + static_cast<size_t>(p) * kPanelColumns,
          sum[r][p]);
}

template <int kRows, int kPanels>
void accumulate_rows(const uint8_t* a, size_t a_stride, size_t rows, const PackedMatrix& w,
                     const int8_t* panel, size_t group_stride, int32_t* acc) {
  size_t r = 0;
  for (; r + kRows <= rows; r += kRows)
    accumulate_tile<kRows, kPanels>(a + r * a_stride, a_stride, w, panel, group_stride,
                                    acc + r * kBlockColumns);
  if constexpr (kRows > 1) {
    if (r < rows)
      accumulate_rows<kRows / 2, kPanels>(a + r * a_stride, a_stride, rows - r, w, panel,
                                          group_stride, acc + r * kBlockColumns);
  }
}

// acc[r][0 .. 16 * panels) for rows <= kBlockRows, panels <= kBlockPanels.
void accumulate_block(const uint8_t* a, size_t a_stride, size_t rows, const PackedMatrix& w,
                      size_t first_panel, size_t panels, int32_t* acc) {
  constexpr int kWide = INTLITE_TILE_PANELS;
  const int8_t* panel = w.panel(first_panel);
  const size_t group_stride = w.group_stride(first_panel);
  const auto rows_of = [&](auto tile_panels, size_t p) {
    constexpr int kPanels = decltype(tile_panels)::value;
    accumulate_rows<INTLITE_TILE_ROWS(kPanels), kPanels>(
        a, a_stride, rows, w, panel + p * kGroupBytes, group_stride, acc + p * kPanelColumns);
  };
  size_t p = 0;
  for (; p + kWide <= panels; p += kWide) rows_of(std::integral_constant<int, kWide>{}, p);
  if constexpr (kWide > 2) {
    for (; p + 2 <= panels; p += 2) rows_of(std::integral_constant<int, 2>{}, p);
  }
  for (; p < panels; ++p) rows_of(std::integral_constant<int, 1>{}, p);
}
