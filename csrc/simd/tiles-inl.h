// tiles-inl.h: the GEMM's accumulator block on AMX tiles. Included in place of the
// register tiles, after a `Tiles` that has the tile operations.
//
// A packed panel of 16 groups is one tile of weights as it stands; 16 rows of 64
// activations are the other operand. Depth past the end meets zero weights.

using BlockScope = Tiles;
constexpr size_t kRowUnit = 16;  // whole tiles: rows past the end are computed and dropped

template <bool kLower, bool kRight>
void accumulate_quad(const uint8_t* a, size_t a_stride, const PackedWeights& w,
                     const int8_t* panel, int32_t* acc) {
  Tiles::zero();
  const size_t steps = w.panel_stride / (16 * kGroupBytes);
  for (size_t k = 0; k < steps; ++k, a += 64, panel += 16 * kGroupBytes)
    Tiles::step<kLower, kRight>(a, a + 16 * a_stride, a_stride, panel, panel + w.panel_stride);
  Tiles::store<kLower, kRight>(acc, acc + 16 * kBlockColumns, kBlockColumns * sizeof(int32_t));
}

inline void accumulate_block(const uint8_t* a, size_t a_stride, size_t rows,
                             const PackedWeights& w, size_t first_panel, size_t panels,
                             int32_t* acc) {
  const bool lower = rows > 16;
  for (size_t p = 0; p < panels; p += 2) {
    const int8_t* panel = w.data.get() + (first_panel + p) * w.panel_stride;
    int32_t* out = acc + p * kPanelColumns;
    const bool right = p + 1 < panels;
    if (lower && right)
      accumulate_quad<true, true>(a, a_stride, w, panel, out);
    else if (lower)
      accumulate_quad<true, false>(a, a_stride, w, panel, out);
    else if (right)
      accumulate_quad<false, true>(a, a_stride, w, panel, out);
    else
      accumulate_quad<false, false>(a, a_stride, w, panel, out);
  }
}
