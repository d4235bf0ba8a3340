// avx512.h: the 16-lane vector on AVX-512 (F, BW, DQ, VL, VNNI). See portable.h for the contract.

static_assert(!Isa::kActivationsSigned, "vpdpbusd takes unsigned ones");

struct I32 {
  __m512i v;
};
// Half of a vector is a register of its own: a panel of eight columns need not be whole.
using HalfI32 = __m256i;
inline int32_t first_lane(HalfI32 x) { return _mm_cvtsi128_si32(_mm256_castsi256_si128(x)); }
inline HalfI32 first_half(I32 x) { return _mm512_castsi512_si256(x.v); }
inline I32 join(HalfI32 a, HalfI32 b) {
  return {_mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1)};
}
inline I32 join(int32_t a, int32_t b) { return join(_mm256_set1_epi32(a), _mm256_set1_epi32(b)); }

struct F32 {
  __m512 v;
};

inline I32 set1(int32_t x) { return {_mm512_set1_epi32(x)}; }
inline I32 load(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
inline I32 load_half_twice(const int32_t* p) {
  return {_mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
inline void store(int32_t* p, I32 x) { _mm512_storeu_si512(p, x.v); }
inline I32 operator+(I32 a, I32 b) { return {_mm512_add_epi32(a.v, b.v)}; }
inline I32 operator&(I32 a, I32 b) { return {_mm512_and_si512(a.v, b.v)}; }
inline I32 operator^(I32 a, I32 b) { return {_mm512_xor_si512(a.v, b.v)}; }
inline I32 operator*(I32 a, I32 b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
inline I32 negate(I32 a) { return {_mm512_sub_epi32(_mm512_setzero_si512(), a.v)}; }
inline I32 min(I32 a, I32 b) { return {_mm512_min_epi32(a.v, b.v)}; }
inline I32 max(I32 a, I32 b) { return {_mm512_max_epi32(a.v, b.v)}; }
inline I32 shift_left(I32 a, I32 n) { return {_mm512_sllv_epi32(a.v, n.v)}; }
inline I32 shift_right(I32 a, I32 n) { return {_mm512_srav_epi32(a.v, n.v)}; }
inline I32 shift_right_logical(I32 a, I32 n) { return {_mm512_srlv_epi32(a.v, n.v)}; }
// The low halves of (a * b + added) >> 31, for b >= 0.
inline I32 doubling_high_mul(I32 a, I32 b, int64_t added) {
  const __m512i nudge = _mm512_set1_epi64(added);
  const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(a.v, b.v), nudge);
  const __m512i odd = _mm512_add_epi64(
      _mm512_mul_epi32(_mm512_srli_epi64(a.v, 32), _mm512_srli_epi64(b.v, 32)), nudge);
  // Only bits 31..62 are kept, so a logical shift serves.
  return {_mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1))};
}
inline I32 rounding_doubling_high_mul(I32 a, I32 b) {
  return doubling_high_mul(a, b, int64_t{1} << 30);
}

inline F32 set1(float x) { return {_mm512_set1_ps(x)}; }
inline F32 load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline F32 load_half_twice(const float* p) { return {_mm512_broadcast_f32x8(_mm256_loadu_ps(p))}; }
inline void store(float* p, F32 x) { _mm512_storeu_ps(p, x.v); }
inline F32 operator+(F32 a, F32 b) { return {_mm512_add_ps(a.v, b.v)}; }
inline F32 operator*(F32 a, F32 b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline F32 operator/(F32 a, F32 b) { return {_mm512_div_ps(a.v, b.v)}; }
inline F32 min(F32 a, F32 b) { return {_mm512_min_ps(a.v, b.v)}; }
inline F32 max(F32 a, F32 b) { return {_mm512_max_ps(a.v, b.v)}; }
inline F32 to_float(I32 a) { return {_mm512_cvtepi32_ps(a.v)}; }
inline I32 to_int_half_even(F32 a) {
  return {_mm512_cvt_roundps_epi32(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
inline I32 to_int_half_away(F32 a) {
  const __m512 whole = _mm512_roundscale_ps(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m512 rest = _mm512_abs_ps(_mm512_sub_ps(a.v, whole));
  const __mmask16 away = _mm512_cmp_ps_mask(rest, _mm512_set1_ps(0.5f), _CMP_GE_OQ);
  const __m512 one = _mm512_or_ps(_mm512_set1_ps(1.0f), _mm512_and_ps(a.v, _mm512_set1_ps(-0.0f)));
  return {_mm512_cvttps_epi32(_mm512_mask_add_ps(whole, away, whole, one))};
}
inline __m256i scale_f64_half_away(__m256i acc, const double* scale) {
  const __m512d x = _mm512_mul_pd(_mm512_cvtepi32_pd(acc), _mm512_loadu_pd(scale));
  const __m512d whole = _mm512_roundscale_pd(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m512d rest = _mm512_abs_pd(_mm512_sub_pd(x, whole));
  const __mmask8 away = _mm512_cmp_pd_mask(rest, _mm512_set1_pd(0.5), _CMP_GE_OQ);
  const __m512d one = _mm512_or_pd(_mm512_set1_pd(1.0), _mm512_and_pd(x, _mm512_set1_pd(-0.0)));
  return _mm512_cvttpd_epi32(_mm512_mask_add_pd(whole, away, whole, one));
}
inline I32 scale_f64_half_away(I32 acc, const double* scale) {
  const __m256i low = scale_f64_half_away(_mm512_castsi512_si256(acc.v), scale);
  const __m256i high = scale_f64_half_away(_mm512_extracti64x4_epi64(acc.v, 1), scale + 8);
  return {_mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1)};
}

inline void store_low_bytes(uint8_t* p, I32 x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x.v));
}
inline void store_low_words(int16_t* p, I32 x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(x.v));
}
struct Bytes {
  __m512i v;
};
template <bool kUnsigned>
inline Bytes to_bytes(const I32 (&x)[4], __m512i zero, __m512i lowest, __m512i flip) {
  const __m512i ab = _mm512_adds_epi16(_mm512_packs_epi32(x[0].v, x[1].v), zero);
  const __m512i cd = _mm512_adds_epi16(_mm512_packs_epi32(x[2].v, x[3].v), zero);
  const __m512i bytes = kUnsigned ? _mm512_max_epu8(_mm512_packus_epi16(ab, cd), lowest)
                                  : _mm512_max_epi8(_mm512_packs_epi16(ab, cd), lowest);
  // Packing works by 128 bits: lane by lane, four values of each vector.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i in_order = _mm512_permutexvar_epi32(order, bytes);
  return {_mm512_xor_si512(in_order, flip)};
}
template <bool kUnsigned>
inline Bytes to_bytes(const I32 (&x)[4], int32_t zero_point, int32_t low, int32_t flip) {
  return to_bytes<kUnsigned>(x, _mm512_set1_epi16(static_cast<int16_t>(zero_point)),
                             _mm512_set1_epi8(static_cast<char>(low)),
                             _mm512_set1_epi8(static_cast<char>(flip)));
}
template <int kFirst, int kVectors>
inline void store_bytes(uint8_t* p, Bytes b, size_t n) {
  const __m512i x = kFirst == 0 ? b.v : _mm512_alignr_epi32(b.v, b.v, 4 * kFirst);
  if (n == 16 && kVectors == 1) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_castsi512_si128(x));
  } else if (n == 64) {
    _mm512_storeu_si512(p, x);
  } else {
    _mm512_mask_storeu_epi8(p, (uint64_t{1} << n) - 1, x);
  }
}

inline I32 load_widen(const int8_t* p) {
  return {_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
inline I32 load_widen(const uint8_t* p) {
  return {_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
inline I32 load_widen(const int16_t* p) {
  return {_mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}

constexpr size_t kActivationBytes = 1;
struct Activations {
  __m512i v;
};
struct Weights {
  __m512i v;
};
inline Activations broadcast4(const uint8_t* p) {
  int32_t word;
  std::memcpy(&word, p, 4);
  return {_mm512_set1_epi32(word)};
}
inline Weights load_weights(const int8_t* p) { return {_mm512_loadu_si512(p)}; }
inline I32 dot4(I32 acc, Activations a, Weights w) {
  return {_mm512_dpbusd_epi32(acc.v, a.v, w.v)};
}
// The first eight columns alone.
inline __m256i load_half_weights(const int8_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
inline __m256i dot4(__m256i acc, Activations a, __m256i w) {
  return _mm256_dpbusd_epi32(acc, _mm512_castsi512_si256(a.v), w);
}

inline int32_t sum_activations(const uint8_t* p, size_t count) {
  __m512i sum = _mm512_setzero_si512();
  for (size_t i = 0; i < count; i += 64) {
    const __mmask64 valid = count - i < 64 ? (uint64_t{1} << (count - i)) - 1 : ~uint64_t{0};
    const __m512i x = _mm512_maskz_loadu_epi8(valid, p + i);
    sum = _mm512_add_epi64(sum, _mm512_sad_epu8(x, _mm512_setzero_si512()));
  }
  return static_cast<int32_t>(_mm512_reduce_add_epi64(sum));
}

struct Pixels {
  __m512i v;
};
inline Pixels load_pixels(const uint8_t* p) { return {_mm512_loadu_si512(p)}; }
using Taps = Weights;
inline Taps load_taps(const int8_t* p) { return load_weights(p); }
inline I32 dot4(I32 acc, Pixels a, Taps w) { return {_mm512_dpbusd_epi32(acc.v, a.v, w.v)}; }
inline __m128i load128(const uint8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
inline Pixels set1_pixels(uint8_t x) { return {_mm512_set1_epi8(static_cast<char>(x))}; }
// Each tap for the pixel of the next row; the first ones are of the line before.
inline Taps a_row_lower(Taps w) { return {_mm512_slli_epi32(w.v, 8)}; }
inline Taps a_row_lower(Taps w, Taps before) {
  return {_mm512_or_si512(a_row_lower(w).v, _mm512_srli_epi32(before.v, 24))};
}
INTLITE_INLINE Pixels interleave(const uint8_t* const (&row)[4], uint8_t flip) {
  __m512i x = _mm512_castsi128_si512(load128(row[0]));
  x = _mm512_inserti32x4(x, load128(row[1]), 1);
  x = _mm512_inserti32x4(x, load128(row[2]), 2);
  x = _mm512_inserti32x4(x, load128(row[3]), 3);
  // First four bytes of each row into one lane, then byte by byte.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i bytes =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  x = _mm512_shuffle_epi8(_mm512_permutexvar_epi32(order, x), bytes);
  return {_mm512_xor_si512(x, _mm512_set1_epi8(static_cast<char>(flip)))};
}
inline void interleave(uint8_t* to, const uint8_t* const (&row)[4], uint8_t flip) {
  _mm512_storeu_si512(to, interleave(row, flip).v);
}

inline __mmask16 nonzero_mask(const uint8_t* row, size_t g, size_t groups) {
  const size_t left = groups - g;
  const __mmask16 valid = static_cast<__mmask16>(left < 16 ? (1u << left) - 1 : 0xFFFFu);
  const __m512i words = _mm512_maskz_loadu_epi32(valid, row + 4 * g);
  return _mm512_test_epi32_mask(words, words);
}
inline size_t nonzero_groups(const uint8_t* row, size_t groups, uint32_t* index) {
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  size_t n = 0;
  for (size_t g = 0; g < groups; g += 16) {
    const __mmask16 nonzero = nonzero_mask(row, g, groups);
    const __m512i at = _mm512_add_epi32(lane, _mm512_set1_epi32(static_cast<int>(g)));
    // Compressed in the register, then stored whole: the memory form is microcoded on some CPUs.
    _mm512_storeu_si512(index + n, _mm512_maskz_compress_epi32(nonzero, at));
    n += static_cast<size_t>(_mm_popcnt_u32(nonzero));
  }
  return n;
}
inline size_t count_nonzero_groups(const uint8_t* row, size_t groups) {
  size_t n = 0;
  for (size_t g = 0; g < groups; g += 16)
    n += static_cast<size_t>(_mm_popcnt_u32(nonzero_mask(row, g, groups)));
  return n;
}
struct Bytes16 {
  __m128i v;
};
inline Bytes16 load_bytes16(const uint8_t* p) { return {load128(p)}; }
inline void store_bytes16(uint8_t* p, Bytes16 b) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), b.v);
}
inline void store_first(uint8_t* p, Bytes16 b, size_t n) {
  _mm_mask_storeu_epi8(p, static_cast<__mmask16>((1u << n) - 1), b.v);
}
inline Bytes16 second_half(Bytes16 b) { return {_mm_unpackhi_epi64(b.v, b.v)}; }
inline void store_halves(uint8_t* first, uint8_t* second, Bytes16 b) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(first), b.v);
  _mm_storeh_pd(reinterpret_cast<double*>(second), _mm_castsi128_pd(b.v));
}
struct ByteLimits {
  __m512i zero_point, low, flip;
};
inline ByteLimits make_byte_limits(int32_t zero_point, int32_t low, int32_t flip) {
  return {_mm512_set1_epi16(static_cast<int16_t>(zero_point)),
          _mm512_set1_epi8(static_cast<char>(low)), _mm512_set1_epi8(static_cast<char>(flip))};
}
constexpr int kStagedVectors = 4;
inline void to_bytes16(const I32 (&x)[kStagedVectors], const ByteLimits& limits,
                       Bytes16 (&y)[kStagedVectors]) {
  const __m512i bytes = to_bytes<false>(x, limits.zero_point, limits.low, limits.flip).v;
  y[0] = {_mm512_castsi512_si128(bytes)};
  y[1] = {_mm512_extracti32x4_epi32(bytes, 1)};
  y[2] = {_mm512_extracti32x4_epi32(bytes, 2)};
  y[3] = {_mm512_extracti32x4_epi32(bytes, 3)};
}
template <bool kUnsigned>
inline Bytes16 max_bytes16(Bytes16 a, Bytes16 b) {
  return {kUnsigned ? _mm_max_epu8(a.v, b.v) : _mm_max_epi8(a.v, b.v)};
}
template <bool kUnsigned>
inline Bytes16 min_bytes16(Bytes16 a, Bytes16 b) {
  return {kUnsigned ? _mm_min_epu8(a.v, b.v) : _mm_min_epi8(a.v, b.v)};
}
inline void copy_flipped16(uint8_t* to, const uint8_t* from, uint8_t flip) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm_xor_si128(load128(from), _mm_set1_epi8(static_cast<char>(flip))));
}
inline void copy_flipped64(uint8_t* to, const uint8_t* from, uint8_t flip) {
  _mm512_storeu_si512(
      to, _mm512_xor_si512(_mm512_loadu_si512(from), _mm512_set1_epi8(static_cast<char>(flip))));
}
inline void pack_activations16(uint8_t* to, const uint8_t* from, uint8_t flip) {
  copy_flipped16(to, from, flip);
}
inline void pack_activations64(uint8_t* to, const uint8_t* from, uint8_t flip) {
  copy_flipped64(to, from, flip);
}

// Pairs of neighbouring entries, 64 of which vpermi2w can choose from.
struct Table {
  __m512i v[4];
};
inline Table load_table(const uint8_t* p) {
  return {{_mm512_loadu_si512(p), _mm512_loadu_si512(p + 64), _mm512_loadu_si512(p + 128),
           _mm512_loadu_si512(p + 192)}};
}
inline __m512i pairs_of(__m512i half_x, __mmask32 is_high, const Table& table) {
  const __m512i low = _mm512_permutex2var_epi16(table.v[0], half_x, table.v[1]);
  const __m512i high = _mm512_permutex2var_epi16(table.v[2], half_x, table.v[3]);
  return _mm512_mask_blend_epi16(is_high, low, high);
}
inline void lookup64(uint8_t* to, const uint8_t* from, const Table& table) {
  constexpr __mmask64 kOddBytes = 0xAAAAAAAAAAAAAAAA;
  const __m512i x = _mm512_loadu_si512(from);
  const __mmask32 is_high = _mm512_test_epi16_mask(x, _mm512_set1_epi16(0x80));
  // For the bytes at even places, and for those at odd ones.
  const __m512i even = pairs_of(_mm512_srli_epi16(x, 1), is_high, table);
  const __m512i odd = pairs_of(_mm512_srli_epi16(x, 9), _mm512_movepi16_mask(x), table);
  const __m512i firsts = _mm512_mask_blend_epi8(kOddBytes, even, _mm512_slli_epi16(odd, 8));
  const __m512i seconds = _mm512_mask_blend_epi8(kOddBytes, _mm512_srli_epi16(even, 8), odd);
  const __mmask64 is_second = _mm512_test_epi8_mask(x, _mm512_set1_epi8(1));
  _mm512_storeu_si512(to, _mm512_mask_blend_epi8(is_second, firsts, seconds));
}

// ------------------------------------------------------------------ 16-bit values

struct WordPairs {
  __m512i v;
};
inline WordPairs load_pairs(const int16_t* p) { return {_mm512_loadu_si512(p)}; }
inline WordPairs load_pairs(const int8_t* p) {
  return {_mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
inline WordPairs broadcast_pair(const uint8_t* p) {
  int32_t word;
  std::memcpy(&word, p, 4);
  return {_mm512_set1_epi32(word)};
}
inline I32 dot2(I32 acc, WordPairs a, WordPairs w) {
  return {_mm512_dpwssd_epi32(acc.v, a.v, w.v)};
}
inline I32 add_word_products(I32 acc, I32 x, I32 w) {
  return {_mm512_dpwssd_epi32(acc.v, x.v, w.v)};
}
struct HalfUp {
  __m512i even, odd;            // counts
  __m512i even_half, odd_half;  // halves of what is shifted out
};
inline HalfUp make_half_up(I32 n) {
  const __m512i even = _mm512_and_si512(n.v, _mm512_set1_epi64(0xFFFFFFFF));
  const __m512i odd = _mm512_srli_epi64(n.v, 32), one = _mm512_set1_epi64(1);
  return {even, odd, _mm512_sllv_epi64(one, _mm512_sub_epi64(even, one)),
          _mm512_sllv_epi64(one, _mm512_sub_epi64(odd, one))};
}
inline I32 multiply_half_up(I32 a, I32 b, const HalfUp& by) {
  const __m512i even = _mm512_mul_epi32(a.v, b.v);
  const __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(a.v, 32), _mm512_srli_epi64(b.v, 32));
  const __m512i low = _mm512_srav_epi64(_mm512_add_epi64(even, by.even_half), by.even);
  const __m512i high = _mm512_srav_epi64(_mm512_add_epi64(odd, by.odd_half), by.odd);
  return {_mm512_mask_blend_epi32(0xAAAA, low, _mm512_slli_epi64(high, 32))};
}

// ------------------------------------------------------------------ plain numbers

inline I32 operator-(I32 a, I32 b) { return {_mm512_sub_epi32(a.v, b.v)}; }
inline I32 operator|(I32 a, I32 b) { return {_mm512_or_si512(a.v, b.v)}; }
inline F32 operator-(F32 a, F32 b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline F32 fused(F32 a, F32 b, F32 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline F32 square_root(F32 a) { return {_mm512_sqrt_ps(a.v)}; }
inline I32 bits(F32 a) { return {_mm512_castps_si512(a.v)}; }
inline F32 floats(I32 a) { return {_mm512_castsi512_ps(a.v)}; }
template <int kMode>
inline F32 round_by(F32 a) {
  return {_mm512_roundscale_ps(a.v, kMode | _MM_FROUND_NO_EXC)};
}
inline F32 round_half_even(F32 a) { return round_by<_MM_FROUND_TO_NEAREST_INT>(a); }
inline F32 floor(F32 a) { return round_by<_MM_FROUND_TO_NEG_INF>(a); }
inline F32 ceil(F32 a) { return round_by<_MM_FROUND_TO_POS_INF>(a); }
inline F32 trunc(F32 a) { return round_by<_MM_FROUND_TO_ZERO>(a); }
inline I32 to_int_toward_zero(F32 a) { return {_mm512_cvttps_epi32(a.v)}; }
struct Mask {
  __mmask16 v;
};
inline Mask less(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask less_equal(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
inline Mask equal(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
inline Mask is_nan(F32 a) { return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)}; }
inline Mask less(I32 a, I32 b) { return {_mm512_cmplt_epi32_mask(a.v, b.v)}; }
inline Mask equal(I32 a, I32 b) { return {_mm512_cmpeq_epi32_mask(a.v, b.v)}; }
inline Mask operator&(Mask a, Mask b) { return {_kand_mask16(a.v, b.v)}; }
inline Mask operator|(Mask a, Mask b) { return {_kor_mask16(a.v, b.v)}; }
inline F32 select(Mask m, F32 a, F32 b) { return {_mm512_mask_blend_ps(m.v, b.v, a.v)}; }
inline I32 select(Mask m, I32 a, I32 b) { return {_mm512_mask_blend_epi32(m.v, b.v, a.v)}; }
inline __mmask16 first_lanes(size_t n) { return static_cast<__mmask16>((1u << n) - 1); }
inline F32 load_first(const float* p, size_t n) {
  return {_mm512_maskz_loadu_ps(first_lanes(n), p)};
}
inline void store_first(float* p, F32 x, size_t n) {
  _mm512_mask_storeu_ps(p, first_lanes(n), x.v);
}
inline I32 load_first(const int32_t* p, size_t n) {
  return {_mm512_maskz_loadu_epi32(first_lanes(n), p)};
}
inline void store_first(int32_t* p, I32 x, size_t n) {
  _mm512_mask_storeu_epi32(p, first_lanes(n), x.v);
}
inline float least_lane(F32 a) { return _mm512_reduce_min_ps(a.v); }
inline float greatest_lane(F32 a) { return _mm512_reduce_max_ps(a.v); }
inline F32 lookup32(const float* table, I32 index) {
  return {_mm512_permutex2var_ps(_mm512_loadu_ps(table), index.v, _mm512_loadu_ps(table + 16))};
}
inline F32 lookup4(const float* table, I32 index) {
  return {_mm512_permutevar_ps(_mm512_broadcast_f32x4(_mm_loadu_ps(table)), index.v)};
}
