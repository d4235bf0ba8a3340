// stages-inl.h: numerics/requantize.h on 16 lanes: from accumulators, which have the bias, to the
// output's values. Included once per instruction set.
//
// A stage has the numbers of 16 channels (of 8, twice, where `half`), prepared for many
// accumulators, and gives values of at most `max`, of type Value. zero_point_left is what they
// have still to be moved by: a store adds it, and clamps them at the lower end.

// By a high product, shifted right: half up (ruy), or half away from zero (gemmlowp).
class FixedRescale {
 public:
  FixedRescale() : FixedRescale(set1(0), set1(0), set1(0), set1(0)) {}
  INTLITE_INLINE FixedRescale(const Epilogue& e, size_t channel, bool half = false)
      : FixedRescale(some(e.left_shift, channel, half), some(e.multiplier, channel, half),
                     some(e.right_shift, channel, half), some(e.half_away, channel, half)) {}
  INTLITE_INLINE FixedRescale(int32_t left, int32_t multiplier, int32_t right, int32_t half_away)
      : FixedRescale(set1(left), set1(multiplier), set1(right), set1(half_away)) {}
  INTLITE_INLINE I32 operator()(I32 acc) const {
    I32 high = rounding_doubling_high_mul(shift_left(acc, left_), multiplier_);
    // Half away: for negative values a tie must go down, so they are lowered by one first. A high
    // product is never INT32_MIN, so that cannot overflow.
    high = high + shift_right(high & half_away_, set1(31));
    // A shift of 0 leaves the value: a logical shift by -1 counts as 32 or more.
    return shift_right(high, right_) + (shift_right_logical(high, half_) & set1(1));
  }

 private:
  INTLITE_INLINE FixedRescale(I32 left, I32 multiplier, I32 right, I32 half_away)
      : left_(left),
        multiplier_(multiplier),
        right_(right),
        half_(right + set1(-1)),
        half_away_(half_away) {}

  INTLITE_INLINE static I32 some(const std::vector<int32_t>& numbers, size_t channel, bool half) {
    return half ? load_half_twice(numbers.data() + channel) : load(numbers.data() + channel);
  }

  I32 left_, multiplier_, right_, half_, half_away_;
};

// By a multiplier of 15 bits, half up: of sums of 64 bits that 32 hold.
class ReducedRescale {
 public:
  ReducedRescale() : multiplier_(set1(0)), by_(make_half_up(set1(1))) {}
  INTLITE_INLINE ReducedRescale(const Epilogue& e, size_t channel, bool = false)
      : multiplier_(load(e.multiplier.data() + channel)),
        by_(make_half_up(load(e.right_shift.data() + channel))) {}

  INTLITE_INLINE I32 operator()(I32 acc) const { return multiply_half_up(acc, multiplier_, by_); }

 private:
  I32 multiplier_;
  HalfUp by_;
};

// LiteRT's reference product in double.
class DoubleRescale {
 public:
  DoubleRescale() = default;
  DoubleRescale(const Epilogue& e, size_t channel, bool half = false) {
    const size_t columns = half ? kLanes / 2 : kLanes;
    for (size_t i = 0; i < kLanes; ++i) scale_[i] = e.fp64[channel + i % columns];
  }

  INTLITE_INLINE I32 operator()(I32 acc) const { return scale_f64_half_away(acc, scale_); }

 private:
  double scale_[kLanes] = {};
};

// XNNPACK's float product. What float min leaves is at most `max`.
class Fp32Stage {
 public:
  using Value = I32;
  static int32_t zero_point_left(const OutputStage& out) { return out.zero_point; }

  static F32 high(const OutputStage& out) {
    return set1(static_cast<float>(out.max - out.zero_point));
  }
  INTLITE_INLINE static I32 rounded(I32 sum, F32 scale, F32 high) {
    return to_int_half_even(min(to_float(sum) * scale, high));
  }

  explicit Fp32Stage(const OutputStage& out) : scale_(set1(0.0f)), high_(high(out)) {}

  INTLITE_INLINE void set_channel(const Epilogue& e, size_t channel, bool half = false) {
    const float* scales = e.fp32.data() + channel;
    scale_ = half ? load_half_twice(scales) : load(scales);
  }

  INTLITE_INLINE I32 operator()(I32 sum) const { return rounded(sum, scale_, high_); }

 private:
  F32 scale_, high_;
};

// Of what rescales to integers. The zero point is added in int32, where it may wrap.
template <class Rescale>
class IntegerStage {
 public:
  using Value = I32;
  static int32_t zero_point_left(const OutputStage&) { return 0; }

  explicit IntegerStage(const OutputStage& out)
      : zero_point_(set1(out.zero_point)), max_(set1(out.max)) {}

  INTLITE_INLINE void set_channel(const Epilogue& e, size_t channel, bool half = false) {
    rescale_ = Rescale(e, channel, half);
  }

  INTLITE_INLINE I32 operator()(I32 sum) const { return min(rescale_(sum) + zero_point_, max_); }

 private:
  Rescale rescale_;
  I32 zero_point_, max_;
};
using FixedStage = IntegerStage<FixedRescale>;
using DoubleStage = IntegerStage<DoubleRescale>;
using ReducedStage = IntegerStage<ReducedRescale>;

inline bool is_fp32(const Epilogue& e) { return e.rounding == Rounding::kFp32 && !e.is_real; }
inline bool is_double(const Epilogue& e) { return e.rounding == Rounding::kDouble; }
