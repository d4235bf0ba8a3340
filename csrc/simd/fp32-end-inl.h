// fp32-end-inl.h: the end of float products, its numbers prepared for many accumulators of the
// same channels.

// XNNPACK's float product. What float min leaves is at most `max`, so what saturates below is
// the lower end only; unsigned values run as signed ones moved by 128.
struct Fp32End {
  explicit Fp32End(const OutputStage& out)
      : scale(set1(0.0f)),
        high(set1(static_cast<float>(out.max - out.zero_point))),
        stage(make_byte_stage(out.zero_point - (out.min < 0 ? 0 : 128),
                              out.min - (out.min < 0 ? 0 : 128),
                              out.flip ^ (out.min < 0 ? 0 : 0x80))) {}

  INTLITE_INLINE void set_scale(const float* scales, bool half = false) {
    scale = half ? load_half_twice(scales) : load(scales);
  }

  F32 scale, high;
  ByteStage stage;
};

INTLITE_INLINE I32 rescale(I32 sum, const Fp32End& end) {
  return to_int_half_even(min(to_float(sum) * end.scale, end.high));
}

// As many as are packed together.
INTLITE_INLINE void finish_staged(const I32* sums, const Fp32End& end,
                                  Bytes16 (&bytes)[kStagedVectors]) {
  I32 x[kStagedVectors];
  INTLITE_UNROLL
  for (int k = 0; k < kStagedVectors; ++k) x[k] = rescale(sums[k], end);
  to_bytes16(x, end.stage, bytes);
}
