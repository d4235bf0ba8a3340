// peak-inl.h: how fast fused multiply-adds are, on registers alone.

uint64_t float_peak(uint64_t iterations) {
  constexpr int kChains = Isa::kPeakChains;
  float factors[(kChains + 1) * 2];
  for (size_t i = 0; i < std::size(factors); ++i) factors[i] = 1.0f / static_cast<float>(i + 1);
  const F32 w = set1(0.5f);
  F32 sum[kChains];
  INTLITE_UNROLL
  for (int c = 0; c < kChains; ++c) sum[c] = set1(static_cast<float>(c));
  for (uint64_t i = 0; i < iterations; ++i) {
    const float* a = factors + i % 2;
    INTLITE_UNROLL
    for (int c = 0; c < kChains; ++c) sum[c] = fused(set1(a[c]), w, sum[c]);
  }
  float last[16];
  float all = 0;
  INTLITE_UNROLL
  for (int c = 0; c < kChains; ++c) {
    store(last, sum[c]);
    for (float x : last) all += x;
  }
  [[maybe_unused]] const volatile float used = all;
  return iterations * kChains * 16;
}
