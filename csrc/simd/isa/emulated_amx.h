// emulated_amx.h: the tile operations of amx.h in plain C++, so that the tile GEMM can be tested
// where the hardware is missing; of signed activations, as tdpbssd's are, so that both kinds of
// weight layouts are tested everywhere.

class Tiles {
 public:
  static void zero() { std::memset(accumulators(), 0, 4 * 256 * sizeof(int32_t)); }
  template <bool kLower, bool kRight>
  static void step(const uint8_t* upper, const uint8_t* lower, size_t a_stride, const int8_t* left,
                   const int8_t* right, size_t w_stride) {
    multiply(accumulators(), upper, a_stride, left, w_stride);
    if constexpr (kRight) multiply(accumulators() + 256, upper, a_stride, right, w_stride);
    if constexpr (kLower) {
      multiply(accumulators() + 512, lower, a_stride, left, w_stride);
      if constexpr (kRight) multiply(accumulators() + 768, lower, a_stride, right, w_stride);
    }
  }
  // As amx.h, of whatever lies there.
  static uint64_t multiply() {
    static const uint8_t a[16 * 64] = {1};
    static const int8_t w[16 * 64] = {1};
    for (size_t tile = 0; tile < 4; ++tile) multiply(accumulators() + 256 * tile, a, 64, w, 64);
    return 4;
  }
  template <bool kLower, bool kRight>
  static void store(int32_t* upper, int32_t* lower, size_t stride_bytes) {
    copy(upper, 0, stride_bytes);
    if constexpr (kRight) copy(upper + 16, 256, stride_bytes);
    if constexpr (kLower) {
      copy(lower, 512, stride_bytes);
      if constexpr (kRight) copy(lower + 16, 768, stride_bytes);
    }
  }

 private:
  static int32_t* accumulators() {
    static thread_local int32_t tiles[4 * 256];
    return tiles;
  }
  static void multiply(int32_t* tile, const uint8_t* a, size_t a_stride, const int8_t* w,
                       size_t w_stride) {
    for (size_t row = 0; row < 16; ++row)
      for (size_t group = 0; group < 16; ++group)
        store_row(tile + 16 * row, a + row * a_stride + 4 * group, w + w_stride * group);
  }
  static void store_row(int32_t* acc, const uint8_t* a, const int8_t* w) {
    intlite::INTLITE_ISA::store(acc, dot4(load(acc), broadcast4(a), load_weights(w)));
  }
  static void copy(int32_t* to, size_t tile, size_t stride_bytes) {
    for (size_t row = 0; row < 16; ++row)
      std::memcpy(to + row * stride_bytes / sizeof(int32_t), accumulators() + tile + 16 * row, 64);
  }
};
