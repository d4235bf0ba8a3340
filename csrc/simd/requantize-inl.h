// requantize-inl.h: numerics/requantize.h on 16 lanes. Included once per instruction set.

// v / 2^n, half up; n = 0 leaves v, since a logical shift by -1 counts as 32 or more.
inline I32 rounding_shift_right_half_up(I32 v, I32 n) {
  const I32 half = shift_right_logical(v, n + set1(-1)) & set1(1);
  return shift_right(v, n) + half;
}

// Half away from zero: for negative v a tie must go down, so v is lowered by one
// first. A high product is never INT32_MIN, so that cannot overflow.
inline I32 rounding_divide_by_pot(I32 v, I32 n) {
  const I32 lower = shift_right(v & negate(n), set1(31));
  return rounding_shift_right_half_up(v + lower, n);
}

template <Rounding R>
inline I32 rescale(I32 acc, const PackedWeights& w, size_t column) {
  if constexpr (R == Rounding::kFp32) {
    const OutputStage& out = w.output;
    const F32 product = to_float(acc) * load(w.fp32.data() + column);
    const F32 low = set1(static_cast<float>(out.min - out.zero_point));
    const F32 high = set1(static_cast<float>(out.max - out.zero_point));
    return to_int_half_even(max(min(product, high), low));
  } else if constexpr (R == Rounding::kDouble) {
    return scale_f64_half_away(acc, w.fp64.data() + column);
  } else {
    const I32 shifted = shift_left(acc, load(w.left_shift.data() + column));
    const I32 high = rounding_doubling_high_mul(shifted, load(w.multiplier.data() + column));
    const I32 right = load(w.right_shift.data() + column);
    if constexpr (R == Rounding::kRuy) return rounding_shift_right_half_up(high, right);
    return rounding_divide_by_pot(high, right);
  }
}

inline I32 finish(I32 rescaled, const OutputStage& out) {
  const I32 stored = rescaled + set1(out.zero_point);
  return min(max(stored, set1(out.min)), set1(out.max)) ^ set1(out.flip);
}
