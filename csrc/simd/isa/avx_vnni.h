// avx_vnni.h: products by vpdpbusd of 256-bit registers. Used on top of avx2.h.

constexpr size_t kActivationBytes = 1;
struct Activations {
  __m256i v;
};
struct Weights {
  __m256i lo, hi;
};
inline Activations broadcast4(const uint8_t* p) { return {broadcast_word(p)}; }
inline Weights load_weights(const int8_t* p) { return {load256(p), load256(p + 32)}; }
inline I32 dot4(I32 acc, Activations a, Weights w) {
  return {_mm256_dpbusd_avx_epi32(acc.lo, a.v, w.lo), _mm256_dpbusd_avx_epi32(acc.hi, a.v, w.hi)};
}
// The first eight columns alone.
inline __m256i load_half_weights(const int8_t* p) { return load256(p); }
inline __m256i dot4(__m256i acc, Activations a, __m256i w) {
  return _mm256_dpbusd_avx_epi32(acc, a.v, w);
}
using Taps = Weights;
inline Taps load_taps(const int8_t* p) { return load_weights(p); }
struct Pixels {
  __m256i lo, hi;
};
inline Pixels load_pixels(const uint8_t* p) { return {load256(p), load256(p + 32)}; }
inline I32 dot4(I32 acc, Pixels a, Taps w) {
  return {_mm256_dpbusd_avx_epi32(acc.lo, a.lo, w.lo), _mm256_dpbusd_avx_epi32(acc.hi, a.hi, w.hi)};
}

// May read, and leave out, 31 bytes behind the last one.
inline int32_t sum_activations(const uint8_t* p, size_t count) {
  const size_t bytes = count * kActivationBytes;
  __m256i sum = _mm256_setzero_si256();
  for (size_t i = 0; i < bytes; i += 32) {
    const __m256i x = load_masked(p + i, bytes - i);
    sum = _mm256_dpbusd_avx_epi32(sum, x, _mm256_set1_epi8(1));
  }
  return add_lanes(sum);
}

inline void interleave(uint8_t* to, const uint8_t* const (&row)[4], uint8_t flip) {
  const __m128i r0 = load128(row[0]), r1 = load128(row[1]);
  const __m128i r2 = load128(row[2]), r3 = load128(row[3]);
  const __m128i low01 = _mm_unpacklo_epi8(r0, r1), low23 = _mm_unpacklo_epi8(r2, r3);
  const __m128i high01 = _mm_unpackhi_epi8(r0, r1), high23 = _mm_unpackhi_epi8(r2, r3);
  const __m256i mask = _mm256_set1_epi8(static_cast<char>(flip));
  const __m256i low =
      _mm256_set_m128i(_mm_unpackhi_epi16(low01, low23), _mm_unpacklo_epi16(low01, low23));
  const __m256i high =
      _mm256_set_m128i(_mm_unpackhi_epi16(high01, high23), _mm_unpacklo_epi16(high01, high23));
  store256(to, _mm256_xor_si256(low, mask));
  store256(to + 32, _mm256_xor_si256(high, mask));
}

inline void pack_activations16(uint8_t* to, const uint8_t* from, uint8_t flip) {
  copy_flipped16(to, from, flip);
}
inline void pack_activations64(uint8_t* to, const uint8_t* from, uint8_t flip) {
  copy_flipped64(to, from, flip);
}

inline I32 dot2(I32 acc, WordPairs a, WordPairs w) {
  return {_mm256_dpwssd_avx_epi32(acc.lo, a.lo, w.lo), _mm256_dpwssd_avx_epi32(acc.hi, a.hi, w.hi)};
}
inline I32 add_word_products(I32 acc, I32 x, I32 w) {
  return {_mm256_dpwssd_avx_epi32(acc.lo, x.lo, w.lo), _mm256_dpwssd_avx_epi32(acc.hi, x.hi, w.hi)};
}
