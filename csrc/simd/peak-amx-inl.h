// peak-amx-inl.h: as peak-registers-inl.h, where the GEMM is made of tile products.

uint64_t peak(uint64_t iterations) {
  [[maybe_unused]] const Tiles tiles;
  Tiles::zero();
  uint64_t products = 0;
  for (uint64_t i = 0; i < iterations; ++i) products += Tiles::multiply();
  return products * (16 * 16 * 64);
}
