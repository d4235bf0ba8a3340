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
inline I32 rescale(I32 acc, const Epilogue& e, size_t channel) {
  if constexpr (R == Rounding::kFp32) {
    const OutputStage& out = e.output;
    const F32 product = to_float(acc) * load(e.fp32.data() + channel);
    const F32 low = set1(static_cast<float>(out.min - out.zero_point));
    const F32 high = set1(static_cast<float>(out.max - out.zero_point));
    return to_int_half_even(max(min(product, high), low));
  } else if constexpr (R == Rounding::kDouble) {
    return scale_f64_half_away(acc, e.fp64.data() + channel);
  } else {
    const I32 shifted = shift_left(acc, load(e.left_shift.data() + channel));
    const I32 high = rounding_doubling_high_mul(shifted, load(e.multiplier.data() + channel));
    const I32 right = load(e.right_shift.data() + channel);
    if constexpr (R == Rounding::kRuy) return rounding_shift_right_half_up(high, right);
    return rounding_divide_by_pot(high, right);
  }
}

inline I32 finish(I32 rescaled, const OutputStage& out) {
  const I32 stored = rescaled + set1(out.zero_point);
  return min(max(stored, set1(out.min)), set1(out.max)) ^ set1(out.flip);
}

// acc[0 .. channels), plus a term that is one for the whole row, to stored bytes.
template <Rounding R>
void finish_channels(const Epilogue& e, const int32_t* acc, int32_t row_term, size_t first,
                     size_t channels, uint8_t* output) {
  const I32 term = set1(row_term);
  for (size_t c = 0; c < channels; c += kLanes) {
    const I32 sum = load(acc + c) + load(e.bias.data() + first + c) + term;
    const I32 stored = finish(rescale<R>(sum, e, first + c), e.output);
    if (channels - c >= kLanes) {
      store_low_bytes(output + c, stored);
    } else {
      uint8_t last[kLanes];
      store_low_bytes(last, stored);
      std::memcpy(output + c, last, channels - c);
    }
  }
}

using FinishFn = void (*)(const Epilogue&, const int32_t*, int32_t, size_t, size_t, uint8_t*);
constexpr FinishFn kFinish[kRoundingCount] = {
    finish_channels<Rounding::kFp32>, finish_channels<Rounding::kRuy>,
    finish_channels<Rounding::kDouble>, finish_channels<Rounding::kGemmlowp>};

// One row of accumulators of the channels from `first` on. Up to 16 accumulators past
// the end are read.
inline void finish_row(const Epilogue& e, const int32_t* acc, int32_t row_term, size_t first,
                       size_t channels, uint8_t* output) {
  const size_t head = e.tail_channel <= first ? 0 : std::min(channels, e.tail_channel - first);
  if (head != 0) kFinish[static_cast<int>(e.rounding)](e, acc, row_term, first, head, output);
  if (head != channels)
    kFinish[static_cast<int>(e.tail_rounding)](e, acc + head, row_term, first + head,
                                               channels - head, output + head);
}
