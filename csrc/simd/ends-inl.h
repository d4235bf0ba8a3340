// ends-inl.h: what tiles end with, from accumulators that began with the bias to bytes; numbers
// are prepared for many accumulators of the same channels. Included after requantize-inl.h.

// Unsigned values run as signed ones moved by 128; what saturates here is the lower end only.
inline ByteStage byte_stage(const OutputStage& out, int32_t zero_point) {
  const bool is_signed = out.min < 0;
  const int32_t moved = is_signed ? 0 : 128;
  return make_byte_stage(zero_point - moved, out.min - moved, out.flip ^ (is_signed ? 0 : 0x80));
}

// XNNPACK's float product. What float min leaves is at most `max`.
class Fp32End {
 public:
  Fp32End(const Epilogue& e, size_t channel, bool half = false) : Fp32End(e) {
    set_channel(e, channel, half);
  }
  explicit Fp32End(const Epilogue& e)
      : stage(byte_stage(e.output, e.output.zero_point)),
        scale_(set1(0.0f)),
        high_(set1(static_cast<float>(e.output.max - e.output.zero_point))) {}

  INTLITE_INLINE void set_channel(const Epilogue& e, size_t channel, bool half = false) {
    const float* scales = e.fp32.data() + channel;
    scale_ = half ? load_half_twice(scales) : load(scales);
  }

  INTLITE_INLINE I32 operator()(I32 sum) const {
    return to_int_half_even(min(to_float(sum) * scale_, high_));
  }

  ByteStage stage;

 private:
  F32 scale_, high_;
};

// Of what rescales to integers. The zero point is added in int32, where it may wrap.
template <class Rescale>
class IntegerEnd {
 public:
  IntegerEnd(const Epilogue& e, size_t channel, bool half = false) : IntegerEnd(e) {
    set_channel(e, channel, half);
  }
  explicit IntegerEnd(const Epilogue& e)
      : stage(byte_stage(e.output, 0)),
        zero_point_(set1(e.output.zero_point)),
        max_(set1(e.output.max)) {}

  INTLITE_INLINE void set_channel(const Epilogue& e, size_t channel, bool half = false) {
    rescale_ = Rescale(e, channel, half);
  }

  INTLITE_INLINE I32 operator()(I32 sum) const { return min(rescale_(sum) + zero_point_, max_); }

  ByteStage stage;

 private:
  Rescale rescale_;
  I32 zero_point_, max_;
};
using FixedEnd = IntegerEnd<FixedRescale>;
using DoubleEnd = IntegerEnd<DoubleRescale>;

// As many as are packed together.
template <class End>
INTLITE_INLINE void finish_staged(const I32* sums, const End& end,
                                  Bytes16 (&bytes)[kStagedVectors]) {
  I32 x[kStagedVectors];
  INTLITE_UNROLL
  for (int k = 0; k < kStagedVectors; ++k) x[k] = end(sums[k]);
  to_bytes16(x, end.stage, bytes);
}
