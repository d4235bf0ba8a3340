// peak-registers-inl.h: how fast the dot product is that the GEMM is made of: weights and sums stay
// in registers, so that nothing but the multiplications limits it. Isa::kPeakChains accumulators
// are independent of each other, as many as hide the latency and fit the registers.

constexpr int kPeakChains = Isa::kPeakChains;

uint64_t peak(uint64_t iterations) {
  alignas(64) int8_t bytes[kGroupBytes];
  for (size_t i = 0; i < kGroupBytes; ++i) bytes[i] = static_cast<int8_t>(3 * i + 1);
  // Each product has activations of its own, or compilers would multiply once for all.
  uint8_t activations[(kPeakChains + 1) * 4];
  for (size_t i = 0; i < sizeof(activations); ++i) activations[i] = static_cast<uint8_t>(i);
  const Weights w = load_weights(bytes);
  I32 sum[kPeakChains];
  INTLITE_UNROLL
  for (int c = 0; c < kPeakChains; ++c) sum[c] = set1(c);
  for (uint64_t i = 0; i < iterations; ++i) {
    const uint8_t* a = activations + i % 2 * 4;
    INTLITE_UNROLL
    for (int c = 0; c < kPeakChains; ++c) sum[c] = dot4(sum[c], broadcast4(a + c * 4), w);
  }
  int32_t last[kLanes];
  uint32_t all = 0;
  INTLITE_UNROLL
  for (int c = 0; c < kPeakChains; ++c) {
    store(last, sum[c]);
    for (size_t i = 0; i < kLanes; ++i) all += static_cast<uint32_t>(last[i]);
  }
  [[maybe_unused]] const volatile uint32_t used = all;
  return iterations * kPeakChains * kStepBytes;
}
