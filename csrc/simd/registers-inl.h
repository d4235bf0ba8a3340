// registers-inl.h: the GEMM's accumulator block in vector registers. INTLITE_TILE_PANELS
// and INTLITE_TILE_ROWS(panels) say how many accumulators the registers hold.

// Four bytes of activations are one step: a whole group of weights, or half of one where
// activations have 16 bits.
constexpr size_t kGroupSteps = kActivationBytes;
constexpr size_t kStepBytes = kGroupBytes / kGroupSteps;

struct BlockScope {};
constexpr size_t kRowUnit = 1;
constexpr bool kSparseRowsPay = true;

// acc[r][p] = the sum over all groups, for kRows rows and kPanels panels in registers.
template <int kRows, int kPanels>
void accumulate_tile(const uint8_t* a, size_t a_stride, const PackedMatrix& w, const int8_t* panel,
                     size_t group_stride, int32_t* acc) {
  I32 sum[kRows][kPanels];
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) INTLITE_UNROLL
  for (int p = 0; p < kPanels; ++p) sum[r][p] = set1(0);
  // Steps of one group lie side by side, then comes the next group: two strides in turns, in a
  // loop that is not unrolled, since more steps at once need more registers.
  const size_t steps = w.groups * kGroupSteps;
  size_t stride = kGroupSteps == 1 ? group_stride : kStepBytes;
  for (size_t s = 0; s < steps; ++s, a += kGroupDepth) {
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
    panel += stride;
    if constexpr (kGroupSteps == 2) stride = group_stride - stride;
  }
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) INTLITE_UNROLL
  for (int p = 0; p < kPanels; ++p)
    store(acc + static_cast<size_t>(r) * kBlockColumns + static_cast<size_t>(p) * kPanelColumns,
          sum[r][p]);
}

#if INTLITE_HAS_HALVES
// The same for the first eight columns of a panel.
template <int kRows>
void accumulate_half_tile(const uint8_t* a, size_t a_stride, const PackedMatrix& w,
                          const int8_t* panel, size_t group_stride, int32_t* acc) {
  HalfI32 sum[kRows];
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) sum[r] = zero_half();
  const size_t steps = w.groups * kGroupSteps;
  size_t stride = kGroupSteps == 1 ? group_stride : kStepBytes;
  for (size_t s = 0; s < steps; ++s, a += kGroupDepth) {
    const auto b = load_half_weights(panel);
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r)
      sum[r] = dot4(sum[r], broadcast4(a + static_cast<size_t>(r) * a_stride), b);
    panel += stride;
    if constexpr (kGroupSteps == 2) stride = group_stride - stride;
  }
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) store_half(acc + static_cast<size_t>(r) * kBlockColumns, sum[r]);
}

template <int kRows>
void accumulate_half_rows(const uint8_t* a, size_t a_stride, size_t rows, const PackedMatrix& w,
                          const int8_t* panel, size_t group_stride, int32_t* acc) {
  size_t r = 0;
  for (; r + kRows <= rows; r += kRows)
    accumulate_half_tile<kRows>(a + r * a_stride, a_stride, w, panel, group_stride,
                                acc + r * kBlockColumns);
  if constexpr (kRows > 1) {
    if (r < rows)
      accumulate_half_rows<kRows / 2>(a + r * a_stride, a_stride, rows - r, w, panel, group_stride,
                                      acc + r * kBlockColumns);
  }
}
#endif

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
#if INTLITE_HAS_HALVES
  // Of the matrix's last panel, often only half is there.
  const size_t columns = w.columns - first_panel * kPanelColumns;
  if (columns - (panels - 1) * kPanelColumns <= kPanelColumns / 2 &&
      columns <= panels * kPanelColumns) {
    --panels;
    accumulate_half_rows<8>(a, a_stride, rows, w, panel + panels * kGroupBytes, group_stride,
                            acc + panels * kPanelColumns);
  }
#endif
  size_t p = 0;
  for (; p + kWide <= panels; p += kWide) rows_of(std::integral_constant<int, kWide>{}, p);
  if constexpr (kWide > 2) {
    for (; p + 2 <= panels; p += 2) rows_of(std::integral_constant<int, 2>{}, p);
  }
  for (; p < panels; ++p) rows_of(std::integral_constant<int, 1>{}, p);
}
