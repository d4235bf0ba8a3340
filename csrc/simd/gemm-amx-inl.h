// gemm-amx-inl.h: blocks of the GEMM on AMX tiles, in two passes: accumulators into memory that
// stays in L1, and from there by finish_rows. `Tiles` has the tile operations.
//
// 16 groups of a packed panel are one tile of weights as they stand; 16 rows of 64
// activations are the other operand. Depth past the end meets zero weights.

// Gathered patches are faster.
constexpr void (*convolve)(const ConvolveArgs&) = nullptr;

using BlockScope = Tiles;
constexpr size_t kDepthUnit = kDepthPadding;
constexpr size_t kPanelsTogether = kBlockPanels;
constexpr size_t kRowUnit = 16;  // whole tiles: rows past the end are computed and dropped
constexpr size_t kRowsOfBlock = kBlockRows;
constexpr bool kSparseRowsPay = false;  // tiles multiply zeros faster than rows skip them

template <bool kLower, bool kRight>
void accumulate_quad(const uint8_t* a, size_t a_stride, const PackedMatrix& w, const int8_t* panel,
                     size_t group_stride, int32_t* acc) {
  Tiles::zero();
  for (size_t g = 0; g < w.padded_groups; g += 16, a += 64, panel += 16 * group_stride)
    Tiles::step<kLower, kRight>(a, a + 16 * a_stride, a_stride, panel, panel + kGroupBytes,
                                group_stride);
  Tiles::store<kLower, kRight>(acc, acc + 16 * kBlockColumns, kBlockColumns * sizeof(int32_t));
}

inline void accumulate_block(const uint8_t* a, size_t a_stride, size_t rows, const PackedMatrix& w,
                             size_t first_panel, size_t panels, int32_t* acc) {
  const bool lower = rows > 16;
  const size_t group_stride = w.group_stride(first_panel);
  for (size_t p = 0; p < panels; p += 2) {
    const int8_t* panel = w.panel(first_panel + p);
    int32_t* out = acc + p * kPanelColumns;
    const bool right = p + 1 < panels;
    if (lower && right)
      accumulate_quad<true, true>(a, a_stride, w, panel, group_stride, out);
    else if (lower)
      accumulate_quad<true, false>(a, a_stride, w, panel, group_stride, out);
    else if (right)
      accumulate_quad<false, true>(a, a_stride, w, panel, group_stride, out);
    else
      accumulate_quad<false, false>(a, a_stride, w, panel, group_stride, out);
  }
}

inline void multiply_block(const MatrixBlock& block, const PackedMatrix& w, size_t first_panel,
                           size_t panels, int32_t* acc) {
  const size_t column = first_panel * kPanelColumns;
  const size_t columns = std::min(panels * kPanelColumns, w.columns - column);
  accumulate_block(block.a, block.stride, block.rows, w, first_panel, panels, acc);
  finish_rows({.epilogue = *w.epilogue,
               .bias = w.bias,
               .acc = acc,
               .acc_stride = kBlockColumns,
               .terms = block.terms,
               .rows = block.rows,
               .first = column,
               .channels = columns,
               .output = block.output + column * w.epilogue->value_bytes(),
               .output_stride = block.output_stride,
               .quantized = block.quantized});
}

inline void sum_block(const MatrixBlock& block, const PackedMatrix& w, int32_t* terms) {
  for (size_t r = 0; r < block.rows; ++r)
    terms[r] = wrap_int32(-int64_t{w.weights_zero_point} *
                          sum_activations(block.a + r * block.stride, w.depth));
}
