// registers-inl.h: the GEMM's accumulator block in vector registers. INTLITE_TILE_PANELS
// and INTLITE_TILE_ROWS(panels) say how many accumulators the registers hold.

struct BlockScope {};
constexpr size_t kRowUnit = 1;

// acc[r][p] = the sum over all groups, for kRows rows and kPanels panels in registers.
template <int kRows, int kPanels>
void accumulate_tile(const uint8_t* a, size_t a_stride, const PackedWeights& w,
                     const int8_t* panel, int32_t* acc) {
  I32 sum[kRows][kPanels];
  for (int r = 0; r < kRows; ++r)
    for (int p = 0; p < kPanels; ++p) sum[r][p] = set1(0);
  const size_t groups = w.groups;
  const size_t panel_stride = w.panel_stride;
  for (size_t g = 0; g < groups; ++g) {
    Weights b[kPanels];
    for (int p = 0; p < kPanels; ++p)
      b[p] = load_weights(panel + static_cast<size_t>(p) * panel_stride + g * kGroupBytes);
    for (int r = 0; r < kRows; ++r) {
      const Activations x = broadcast4(a + static_cast<size_t>(r) * a_stride + g * kGroupDepth);
      for (int p = 0; p < kPanels; ++p) sum[r][p] = dot4(sum[r][p], x, b[p]);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int p = 0; p < kPanels; ++p)
      store(acc + static_cast<size_t>(r) * kBlockColumns + static_cast<size_t>(p) * kPanelColumns,
            sum[r][p]);
}

template <int kRows, int kPanels>
void accumulate_rows(const uint8_t* a, size_t a_stride, size_t rows, const PackedWeights& w,
                     const int8_t* panel, int32_t* acc) {
  size_t r = 0;
  for (; r + kRows <= rows; r += kRows)
    accumulate_tile<kRows, kPanels>(a + r * a_stride, a_stride, w, panel, acc + r * kBlockColumns);
  if constexpr (kRows > 1) {
    if (r < rows)
      accumulate_rows<kRows / 2, kPanels>(a + r * a_stride, a_stride, rows - r, w, panel,
                                          acc + r * kBlockColumns);
  }
}

// acc[r][0 .. 16 * panels) for rows <= kBlockRows, panels <= kBlockPanels.
void accumulate_block(const uint8_t* a, size_t a_stride, size_t rows, const PackedWeights& w,
                      size_t first_panel, size_t panels, int32_t* acc) {
  constexpr int kWide = INTLITE_TILE_PANELS;
  const int8_t* panel = w.data.get() + first_panel * w.panel_stride;
  size_t p = 0;
  for (; p + kWide <= panels; p += kWide)
    accumulate_rows<INTLITE_TILE_ROWS(kWide), kWide>(a, a_stride, rows, w,
                                                     panel + p * w.panel_stride,
                                                     acc + p * kPanelColumns);
  if constexpr (kWide > 2) {
    for (; p + 2 <= panels; p += 2)
      accumulate_rows<INTLITE_TILE_ROWS(2), 2>(a, a_stride, rows, w, panel + p * w.panel_stride,
                                               acc + p * kPanelColumns);
  }
  for (; p < panels; ++p)
    accumulate_rows<INTLITE_TILE_ROWS(1), 1>(a, a_stride, rows, w, panel + p * w.panel_stride,
                                             acc + p * kPanelColumns);
}
