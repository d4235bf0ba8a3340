// avx2_words.h: products of 16-bit activations. Used on top of avx2.h.
//
// vpmaddubsw would saturate (255 * -128 twice exceeds int16), so vpmaddwd multiplies 16-bit
// lanes: two activations of 16 bits are four bytes, and weights lie in pairs to match.
constexpr size_t kActivationBytes = 2;
struct Activations {
  __m256i v;
};
struct Weights {
  __m256i lo, hi;
};
struct Pair {
  __m256i lo, hi;
};
inline __m256i widen(const int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline Activations broadcast4(const uint8_t* p) { return {broadcast_word(p)}; }
inline Weights load_weights(const int8_t* p) { return {widen(p), widen(p + 16)}; }
inline I32 dot4(I32 acc, Activations a, Weights w) {
  return {_mm256_add_epi32(acc.lo, _mm256_madd_epi16(a.v, w.lo)),
          _mm256_add_epi32(acc.hi, _mm256_madd_epi16(a.v, w.hi))};
}
// The first eight columns alone.
inline __m256i load_half_weights(const int8_t* p) { return widen(p); }
inline __m256i dot4(__m256i acc, Activations a, __m256i w) {
  return _mm256_add_epi32(acc, _mm256_madd_epi16(a.v, w));
}
// Two filter rows a lane.
using Taps = Pair;
using Pixels = Pair;
inline Taps load_taps(const int8_t* p) { return {load256(p), load256(p + 32)}; }
inline Pixels load_pixels(const uint8_t* p) { return {load256(p), load256(p + 32)}; }
inline I32 dot4(I32 acc, Pixels a, Taps w) {
  return {_mm256_add_epi32(acc.lo, _mm256_madd_epi16(a.lo, w.lo)),
          _mm256_add_epi32(acc.hi, _mm256_madd_epi16(a.hi, w.hi))};
}

// May read, and leave out, 31 bytes behind the last one.
inline int32_t sum_activations(const uint8_t* p, size_t count) {
  const size_t bytes = count * kActivationBytes;
  __m256i sum = _mm256_setzero_si256();
  for (size_t i = 0; i < bytes; i += 32) {
    const __m256i x = load_masked(p + i, bytes - i);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, _mm256_set1_epi16(1)));
  }
  return add_lanes(sum);
}

inline void interleave(uint8_t* to, const uint8_t* const (&row)[2], uint8_t flip) {
  const __m128i mask = _mm_set1_epi8(static_cast<char>(flip));
  const __m128i a = _mm_xor_si128(load128(row[0]), mask), b = _mm_xor_si128(load128(row[1]), mask);
  store256(to, _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b)));
  store256(to + 32, _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b)));
}

inline void pack_activations16(uint8_t* to, const uint8_t* from, uint8_t flip) {
  const __m128i mask = _mm_set1_epi8(static_cast<char>(flip));
  store256(to, _mm256_cvtepu8_epi16(_mm_xor_si128(load128(from), mask)));
}
inline void pack_activations64(uint8_t* to, const uint8_t* from, uint8_t flip) {
  for (size_t i = 0; i < 64; i += 16) pack_activations16(to + 2 * i, from + i, flip);
}

inline I32 dot2(I32 acc, WordPairs a, WordPairs w) {
  return {_mm256_add_epi32(acc.lo, _mm256_madd_epi16(a.lo, w.lo)),
          _mm256_add_epi32(acc.hi, _mm256_madd_epi16(a.hi, w.hi))};
}
inline I32 add_word_products(I32 acc, I32 x, I32 w) {
  return {_mm256_add_epi32(acc.lo, _mm256_madd_epi16(x.lo, w.lo)),
          _mm256_add_epi32(acc.hi, _mm256_madd_epi16(x.hi, w.hi))};
}
