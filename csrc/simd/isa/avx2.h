// avx2.h: the 16-lane vector as two AVX2 registers. See portable.h for the contract. What
// multiplies activations is avx2_words.h or avx_vnni.h.

static_assert(!Isa::kActivationsSigned,
              "vpdpbusd takes unsigned ones, and their 16-bit products do");

struct I32 {
  __m256i lo, hi;
};
// Half of a vector is a register of its own: a panel of eight columns need not be whole.
using HalfI32 = __m256i;
inline int32_t first_lane(HalfI32 x) { return _mm_cvtsi128_si32(_mm256_castsi256_si128(x)); }
inline HalfI32 first_half(I32 x) { return x.lo; }
inline I32 join(HalfI32 a, HalfI32 b) { return {a, b}; }
inline I32 join(int32_t a, int32_t b) { return {_mm256_set1_epi32(a), _mm256_set1_epi32(b)}; }

struct F32 {
  __m256 lo, hi;
};

inline __m256i load256(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline void store256(void* p, __m256i x) { _mm256_storeu_si256(static_cast<__m256i*>(p), x); }

inline I32 set1(int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
inline I32 load(const int32_t* p) { return {load256(p), load256(p + 8)}; }
inline I32 load_half_twice(const int32_t* p) { return {load256(p), load256(p)}; }
inline void store(int32_t* p, I32 x) {
  store256(p, x.lo);
  store256(p + 8, x.hi);
}
inline I32 operator+(I32 a, I32 b) {
  return {_mm256_add_epi32(a.lo, b.lo), _mm256_add_epi32(a.hi, b.hi)};
}
inline I32 operator&(I32 a, I32 b) {
  return {_mm256_and_si256(a.lo, b.lo), _mm256_and_si256(a.hi, b.hi)};
}
inline I32 operator^(I32 a, I32 b) {
  return {_mm256_xor_si256(a.lo, b.lo), _mm256_xor_si256(a.hi, b.hi)};
}
inline I32 operator*(I32 a, I32 b) {
  return {_mm256_mullo_epi32(a.lo, b.lo), _mm256_mullo_epi32(a.hi, b.hi)};
}
inline I32 negate(I32 a) {
  const __m256i zero = _mm256_setzero_si256();
  return {_mm256_sub_epi32(zero, a.lo), _mm256_sub_epi32(zero, a.hi)};
}
inline I32 min(I32 a, I32 b) {
  return {_mm256_min_epi32(a.lo, b.lo), _mm256_min_epi32(a.hi, b.hi)};
}
inline I32 max(I32 a, I32 b) {
  return {_mm256_max_epi32(a.lo, b.lo), _mm256_max_epi32(a.hi, b.hi)};
}
inline I32 shift_left(I32 a, I32 n) {
  return {_mm256_sllv_epi32(a.lo, n.lo), _mm256_sllv_epi32(a.hi, n.hi)};
}
inline I32 shift_right(I32 a, I32 n) {
  return {_mm256_srav_epi32(a.lo, n.lo), _mm256_srav_epi32(a.hi, n.hi)};
}
inline I32 shift_right_logical(I32 a, I32 n) {
  return {_mm256_srlv_epi32(a.lo, n.lo), _mm256_srlv_epi32(a.hi, n.hi)};
}
inline __m256i doubling_high_mul(__m256i a, __m256i b, __m256i nudge) {
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(a, b), nudge);
  const __m256i odd =
      _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), nudge);
  return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
}
// The low halves of (a * b + added) >> 31, for b >= 0.
inline I32 doubling_high_mul(I32 a, I32 b, int64_t added) {
  const __m256i nudge = _mm256_set1_epi64x(added);
  return {doubling_high_mul(a.lo, b.lo, nudge), doubling_high_mul(a.hi, b.hi, nudge)};
}
inline I32 rounding_doubling_high_mul(I32 a, I32 b) {
  return doubling_high_mul(a, b, int64_t{1} << 30);
}

inline F32 set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
inline F32 load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
inline F32 load_half_twice(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p)}; }
inline void store(float* p, F32 x) {
  _mm256_storeu_ps(p, x.lo);
  _mm256_storeu_ps(p + 8, x.hi);
}
inline F32 operator+(F32 a, F32 b) {
  return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)};
}
inline F32 operator*(F32 a, F32 b) {
  return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)};
}
inline F32 operator/(F32 a, F32 b) {
  return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)};
}
inline F32 min(F32 a, F32 b) { return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)}; }
inline F32 max(F32 a, F32 b) { return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
inline F32 to_float(I32 a) { return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)}; }
inline __m256i to_int_half_even(__m256 a) {
  return _mm256_cvtps_epi32(a);  // by the rounding that StandardFloats sets
}
inline I32 to_int_half_even(F32 a) { return {to_int_half_even(a.lo), to_int_half_even(a.hi)}; }
inline __m256i to_int_half_away(__m256 a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  const __m256 whole = _mm256_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m256 rest = _mm256_andnot_ps(sign, _mm256_sub_ps(a, whole));
  const __m256 away = _mm256_cmp_ps(rest, _mm256_set1_ps(0.5f), _CMP_GE_OQ);
  const __m256 one = _mm256_or_ps(_mm256_set1_ps(1.0f), _mm256_and_ps(a, sign));
  return _mm256_cvttps_epi32(_mm256_add_ps(whole, _mm256_and_ps(away, one)));
}
inline I32 to_int_half_away(F32 a) { return {to_int_half_away(a.lo), to_int_half_away(a.hi)}; }
inline __m128i scale_f64_half_away(__m128i acc, const double* scale) {
  const __m256d sign = _mm256_set1_pd(-0.0);
  const __m256d x = _mm256_mul_pd(_mm256_cvtepi32_pd(acc), _mm256_loadu_pd(scale));
  const __m256d whole = _mm256_round_pd(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m256d rest = _mm256_andnot_pd(sign, _mm256_sub_pd(x, whole));
  const __m256d away = _mm256_cmp_pd(rest, _mm256_set1_pd(0.5), _CMP_GE_OQ);
  const __m256d one = _mm256_or_pd(_mm256_set1_pd(1.0), _mm256_and_pd(x, sign));
  return _mm256_cvttpd_epi32(_mm256_add_pd(whole, _mm256_and_pd(away, one)));
}
inline __m256i scale_f64_half_away(__m256i acc, const double* scale) {
  return _mm256_set_m128i(scale_f64_half_away(_mm256_extracti128_si256(acc, 1), scale + 4),
                          scale_f64_half_away(_mm256_castsi256_si128(acc), scale));
}
inline I32 scale_f64_half_away(I32 acc, const double* scale) {
  return {scale_f64_half_away(acc.lo, scale), scale_f64_half_away(acc.hi, scale + 8)};
}

// 16 words of the low halves, in order.
inline __m256i low_words(I32 x) {
  const __m256i mask = _mm256_set1_epi32(0xFFFF);
  const __m256i packed =
      _mm256_packus_epi32(_mm256_and_si256(x.lo, mask), _mm256_and_si256(x.hi, mask));
  return _mm256_permute4x64_epi64(packed, 0xD8);
}
inline void store_low_bytes(uint8_t* p, I32 x) {
  const __m256i words = _mm256_and_si256(low_words(x), _mm256_set1_epi16(0xFF));
  _mm_storeu_si128(
      reinterpret_cast<__m128i*>(p),
      _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}
inline void store_low_words(int16_t* p, I32 x) { store256(p, low_words(x)); }
struct Bytes {
  __m256i v[2];
};
template <bool kUnsigned>
inline __m256i to_bytes(I32 a, I32 b, __m256i zero, __m256i lowest) {
  const __m256i words_a = _mm256_adds_epi16(_mm256_packs_epi32(a.lo, a.hi), zero);
  const __m256i words_b = _mm256_adds_epi16(_mm256_packs_epi32(b.lo, b.hi), zero);
  const __m256i bytes = kUnsigned ? _mm256_max_epu8(_mm256_packus_epi16(words_a, words_b), lowest)
                                  : _mm256_max_epi8(_mm256_packs_epi16(words_a, words_b), lowest);
  // Packing works by 128 bits.
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
template <bool kUnsigned>
inline Bytes to_bytes(const I32 (&x)[4], int32_t zero_point, int32_t low, int32_t flip) {
  const __m256i zero = _mm256_set1_epi16(static_cast<int16_t>(zero_point));
  const __m256i lowest = _mm256_set1_epi8(static_cast<char>(low));
  const __m256i mask = _mm256_set1_epi8(static_cast<char>(flip));
  return {{_mm256_xor_si256(to_bytes<kUnsigned>(x[0], x[1], zero, lowest), mask),
           _mm256_xor_si256(to_bytes<kUnsigned>(x[2], x[3], zero, lowest), mask)}};
}
template <int kFirst, int kVectors>
inline void store_bytes(uint8_t* p, const Bytes& b, size_t n) {
  INTLITE_UNROLL
  for (int k = kFirst; k < kFirst + kVectors; ++k, p += 16) {
    const __m128i x =
        k % 2 == 0 ? _mm256_castsi256_si128(b.v[k / 2]) : _mm256_extracti128_si256(b.v[k / 2], 1);
    if (n >= 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), x);
      n -= 16;
    } else {
      alignas(16) uint8_t last[16];
      _mm_store_si128(reinterpret_cast<__m128i*>(last), x);
      std::memcpy(p, last, n);
      return;
    }
  }
}

inline I32 load_widen(const int8_t* p) {
  const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm256_cvtepi8_epi32(x), _mm256_cvtepi8_epi32(_mm_srli_si128(x, 8))};
}
inline I32 load_widen(const uint8_t* p) {
  const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm256_cvtepu8_epi32(x), _mm256_cvtepu8_epi32(_mm_srli_si128(x, 8))};
}
inline I32 load_widen(const int16_t* p) {
  const __m256i x = load256(p);
  return {_mm256_cvtepi16_epi32(_mm256_castsi256_si128(x)),
          _mm256_cvtepi16_epi32(_mm256_extracti128_si256(x, 1))};
}

inline __m256i broadcast_word(const uint8_t* p) {
  int32_t word;
  std::memcpy(&word, p, 4);
  return _mm256_set1_epi32(word);
}

// Bytes of ones, then of zeros: a mask for the last of a row is read from within.
alignas(32) constexpr int8_t kMask[64] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                          -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                          -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
inline __m256i load_masked(const uint8_t* p, size_t bytes) {
  const __m256i mask = load256(kMask + 32 - std::min<size_t>(bytes, 32));
  return _mm256_and_si256(load256(p), mask);
}
inline int32_t add_lanes(__m256i x) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1)));
}

inline __m128i load128(const uint8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

// For each mask of 8 lanes, the lanes that it has, first ones first: what AVX-512
// does by vpcompressd.
struct CompressTable {
  uint64_t lanes[256];
  constexpr CompressTable() : lanes() {
    for (unsigned mask = 0; mask < 256; ++mask)
      for (unsigned lane = 0, n = 0; lane < 8; ++lane)
        if ((mask >> lane & 1u) != 0) lanes[mask] |= uint64_t{lane} << (8 * n++);
  }
};
constexpr CompressTable kCompress;

// Which of 8 groups are not zero. Rows are readable up to a multiple of 64 bytes;
// groups past the end are masked off.
inline unsigned nonzero_mask(const uint8_t* row, size_t g, size_t groups) {
  const __m256i equal = _mm256_cmpeq_epi32(load256(row + 4 * g), _mm256_setzero_si256());
  const unsigned nonzero =
      ~static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(equal))) & 0xFFu;
  return groups - g < 8 ? nonzero & ((1u << (groups - g)) - 1) : nonzero;
}
inline size_t nonzero_groups(const uint8_t* row, size_t groups, uint32_t* index) {
  size_t n = 0;
  for (size_t g = 0; g < groups; g += 8) {
    const unsigned mask = nonzero_mask(row, g, groups);
    const __m256i lanes =
        _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<int64_t>(kCompress.lanes[mask])));
    store256(index + n, _mm256_add_epi32(lanes, _mm256_set1_epi32(static_cast<int>(g))));
    n += static_cast<size_t>(_mm_popcnt_u32(mask));
  }
  return n;
}
inline size_t count_nonzero_groups(const uint8_t* row, size_t groups) {
  size_t n = 0;
  for (size_t g = 0; g < groups; g += 8)
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
  alignas(16) uint8_t bytes[16];
  store_bytes16(bytes, b);
  store_some(p, bytes, n);
}
inline Bytes16 second_half(Bytes16 b) { return {_mm_unpackhi_epi64(b.v, b.v)}; }
inline void store_halves(uint8_t* first, uint8_t* second, Bytes16 b) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(first), b.v);
  _mm_storeh_pd(reinterpret_cast<double*>(second), _mm_castsi128_pd(b.v));
}
template <bool kUnsigned>
inline Bytes16 max_bytes16(Bytes16 a, Bytes16 b) {
  return {kUnsigned ? _mm_max_epu8(a.v, b.v) : _mm_max_epi8(a.v, b.v)};
}
template <bool kUnsigned>
inline Bytes16 min_bytes16(Bytes16 a, Bytes16 b) {
  return {kUnsigned ? _mm_min_epu8(a.v, b.v) : _mm_min_epi8(a.v, b.v)};
}
struct ByteLimits {
  __m256i zero_point, low, flip;
};
inline ByteLimits make_byte_limits(int32_t zero_point, int32_t low, int32_t flip) {
  return {_mm256_set1_epi16(static_cast<int16_t>(zero_point)),
          _mm256_set1_epi8(static_cast<char>(low)), _mm256_set1_epi8(static_cast<char>(flip))};
}
constexpr int kStagedVectors = 2;
inline void to_bytes16(const I32 (&x)[kStagedVectors], const ByteLimits& limits,
                       Bytes16 (&y)[kStagedVectors]) {
  const __m256i bytes =
      _mm256_xor_si256(to_bytes<false>(x[0], x[1], limits.zero_point, limits.low), limits.flip);
  y[0] = {_mm256_castsi256_si128(bytes)};
  y[1] = {_mm256_extracti128_si256(bytes, 1)};
}
inline void copy_flipped16(uint8_t* to, const uint8_t* from, uint8_t flip) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm_xor_si128(load128(from), _mm_set1_epi8(static_cast<char>(flip))));
}
inline void copy_flipped64(uint8_t* to, const uint8_t* from, uint8_t flip) {
  const __m256i mask = _mm256_set1_epi8(static_cast<char>(flip));
  store256(to, _mm256_xor_si256(load256(from), mask));
  store256(to + 32, _mm256_xor_si256(load256(from + 32), mask));
}

// 16 sub-tables, each but a half's first one xor its predecessor: as x falls by 16 a step,
// vpshufb gives 0 once it is negative, and what was collected is the entry of its own.
struct Table {
  __m256i v[16];
};
inline Table load_table(const uint8_t* p) {
  Table table;
  INTLITE_UNROLL
  for (size_t k = 0; k < 16; ++k) {
    const __m128i x = load128(p + 16 * k);
    table.v[k] =
        _mm256_broadcastsi128_si256(k % 8 == 0 ? x : _mm_xor_si128(x, load128(p + 16 * (k - 1))));
  }
  return table;
}
inline void lookup64(uint8_t* to, const uint8_t* from, const Table& table) {
  const __m256i step = _mm256_set1_epi8(16), top = _mm256_set1_epi8(-128);
  __m256i low[2], high[2], y[2];
  INTLITE_UNROLL
  for (size_t i = 0; i < 2; ++i) {
    low[i] = load256(from + 32 * i);
    high[i] = _mm256_xor_si256(low[i], top);
    y[i] = _mm256_setzero_si256();
  }
  INTLITE_UNROLL
  for (size_t k = 0; k < 8; ++k) {
    INTLITE_UNROLL
    for (size_t i = 0; i < 2; ++i) {
      const __m256i a = _mm256_shuffle_epi8(table.v[k], low[i]);
      const __m256i b = _mm256_shuffle_epi8(table.v[8 + k], high[i]);
      y[i] = _mm256_xor_si256(y[i], _mm256_xor_si256(a, b));
      low[i] = _mm256_subs_epi8(low[i], step);
      high[i] = _mm256_subs_epi8(high[i], step);
    }
  }
  store256(to, y[0]);
  store256(to + 32, y[1]);
}

// ------------------------------------------------------------------ 16-bit values

struct WordPairs {
  __m256i lo, hi;
};
inline WordPairs load_pairs(const int16_t* p) { return {load256(p), load256(p + 16)}; }
inline WordPairs load_pairs(const int8_t* p) {
  return {_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
          _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16)))};
}
inline WordPairs broadcast_pair(const uint8_t* p) {
  const __m256i pair = broadcast_word(p);
  return {pair, pair};
}
// Shifts of 64 bits are logical ones only: what is shifted is moved into the positive.
struct HalfUp {
  __m256i even[2], odd[2];            // counts
  __m256i even_half[2], odd_half[2];  // halves of what is shifted out, and 2^62
  I32 moved;                          // 2^62, shifted
};
inline HalfUp make_half_up(I32 n) {
  HalfUp by;
  const __m256i counts[2] = {n.lo, n.hi};
  const __m256i one = _mm256_set1_epi64x(1), above = _mm256_set1_epi64x(int64_t{1} << 62);
  INTLITE_UNROLL
  for (int i = 0; i < 2; ++i) {
    by.even[i] = _mm256_and_si256(counts[i], _mm256_set1_epi64x(0xFFFFFFFF));
    by.odd[i] = _mm256_srli_epi64(counts[i], 32);
    by.even_half[i] =
        _mm256_add_epi64(above, _mm256_sllv_epi64(one, _mm256_sub_epi64(by.even[i], one)));
    by.odd_half[i] =
        _mm256_add_epi64(above, _mm256_sllv_epi64(one, _mm256_sub_epi64(by.odd[i], one)));
  }
  by.moved = shift_left(set1(1), set1(62) + negate(n));
  return by;
}
inline __m256i multiply_half_up(__m256i a, __m256i b, const HalfUp& by, int i) {
  const __m256i even = _mm256_mul_epi32(a, b);
  const __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
  const __m256i low = _mm256_srlv_epi64(_mm256_add_epi64(even, by.even_half[i]), by.even[i]);
  const __m256i high = _mm256_srlv_epi64(_mm256_add_epi64(odd, by.odd_half[i]), by.odd[i]);
  return _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xAA);
}
inline I32 multiply_half_up(I32 a, I32 b, const HalfUp& by) {
  const I32 moved = {multiply_half_up(a.lo, b.lo, by, 0), multiply_half_up(a.hi, b.hi, by, 1)};
  return moved + negate(by.moved);
}

// ------------------------------------------------------------------ plain numbers

inline I32 operator-(I32 a, I32 b) {
  return {_mm256_sub_epi32(a.lo, b.lo), _mm256_sub_epi32(a.hi, b.hi)};
}
inline I32 operator|(I32 a, I32 b) {
  return {_mm256_or_si256(a.lo, b.lo), _mm256_or_si256(a.hi, b.hi)};
}
inline F32 operator-(F32 a, F32 b) {
  return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)};
}
inline F32 fused(F32 a, F32 b, F32 c) {
  return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
inline F32 square_root(F32 a) { return {_mm256_sqrt_ps(a.lo), _mm256_sqrt_ps(a.hi)}; }
inline I32 bits(F32 a) { return {_mm256_castps_si256(a.lo), _mm256_castps_si256(a.hi)}; }
inline F32 floats(I32 a) { return {_mm256_castsi256_ps(a.lo), _mm256_castsi256_ps(a.hi)}; }
template <int kMode>
inline F32 round_by(F32 a) {
  return {_mm256_round_ps(a.lo, kMode | _MM_FROUND_NO_EXC),
          _mm256_round_ps(a.hi, kMode | _MM_FROUND_NO_EXC)};
}
inline F32 round_half_even(F32 a) { return round_by<_MM_FROUND_TO_NEAREST_INT>(a); }
inline F32 floor(F32 a) { return round_by<_MM_FROUND_TO_NEG_INF>(a); }
inline F32 ceil(F32 a) { return round_by<_MM_FROUND_TO_POS_INF>(a); }
inline F32 trunc(F32 a) { return round_by<_MM_FROUND_TO_ZERO>(a); }
inline I32 to_int_toward_zero(F32 a) {
  return {_mm256_cvttps_epi32(a.lo), _mm256_cvttps_epi32(a.hi)};
}
struct Mask {
  __m256 lo, hi;
};
template <int kPredicate>
inline Mask compare(F32 a, F32 b) {
  return {_mm256_cmp_ps(a.lo, b.lo, kPredicate), _mm256_cmp_ps(a.hi, b.hi, kPredicate)};
}
inline Mask less(F32 a, F32 b) { return compare<_CMP_LT_OQ>(a, b); }
inline Mask less_equal(F32 a, F32 b) { return compare<_CMP_LE_OQ>(a, b); }
inline Mask equal(F32 a, F32 b) { return compare<_CMP_EQ_OQ>(a, b); }
inline Mask is_nan(F32 a) { return compare<_CMP_UNORD_Q>(a, a); }
inline Mask less(I32 a, I32 b) {
  return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(b.lo, a.lo)),
          _mm256_castsi256_ps(_mm256_cmpgt_epi32(b.hi, a.hi))};
}
inline Mask equal(I32 a, I32 b) {
  return {_mm256_castsi256_ps(_mm256_cmpeq_epi32(a.lo, b.lo)),
          _mm256_castsi256_ps(_mm256_cmpeq_epi32(a.hi, b.hi))};
}
inline Mask operator&(Mask a, Mask b) {
  return {_mm256_and_ps(a.lo, b.lo), _mm256_and_ps(a.hi, b.hi)};
}
inline Mask operator|(Mask a, Mask b) {
  return {_mm256_or_ps(a.lo, b.lo), _mm256_or_ps(a.hi, b.hi)};
}
inline F32 select(Mask m, F32 a, F32 b) {
  return {_mm256_blendv_ps(b.lo, a.lo, m.lo), _mm256_blendv_ps(b.hi, a.hi, m.hi)};
}
inline I32 select(Mask m, I32 a, I32 b) { return bits(select(m, floats(a), floats(b))); }
// Lanes of a mask for the first n.
inline I32 first_lanes(size_t n) {
  const __m256i count = _mm256_set1_epi32(static_cast<int>(n));
  return {_mm256_cmpgt_epi32(count, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
          _mm256_cmpgt_epi32(count, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15))};
}
inline F32 load_first(const float* p, size_t n) {
  const I32 m = first_lanes(n);
  return {_mm256_maskload_ps(p, m.lo), _mm256_maskload_ps(p + 8, m.hi)};
}
inline void store_first(float* p, F32 x, size_t n) {
  const I32 m = first_lanes(n);
  _mm256_maskstore_ps(p, m.lo, x.lo);
  _mm256_maskstore_ps(p + 8, m.hi, x.hi);
}
inline I32 load_first(const int32_t* p, size_t n) {
  const I32 m = first_lanes(n);
  return {_mm256_maskload_epi32(p, m.lo), _mm256_maskload_epi32(p + 8, m.hi)};
}
inline void store_first(int32_t* p, I32 x, size_t n) {
  const I32 m = first_lanes(n);
  _mm256_maskstore_epi32(p, m.lo, x.lo);
  _mm256_maskstore_epi32(p + 8, m.hi, x.hi);
}
template <bool kLeast>
inline __m256 least_or_greatest(__m256 a, __m256 b) {
  return kLeast ? _mm256_min_ps(a, b) : _mm256_max_ps(a, b);
}
template <bool kLeast>
inline float reduce_lanes(F32 a) {
  __m256 x = least_or_greatest<kLeast>(a.lo, a.hi);
  x = least_or_greatest<kLeast>(x, _mm256_permute2f128_ps(x, x, 1));
  x = least_or_greatest<kLeast>(x, _mm256_shuffle_ps(x, x, 0x4E));
  return _mm256_cvtss_f32(least_or_greatest<kLeast>(x, _mm256_shuffle_ps(x, x, 0xB1)));
}
inline float least_lane(F32 a) { return reduce_lanes<true>(a); }
inline float greatest_lane(F32 a) { return reduce_lanes<false>(a); }
inline F32 lookup32(const float* table, I32 index) {
  const __m256i low = _mm256_set1_epi32(31);
  return {_mm256_i32gather_ps(table, _mm256_and_si256(index.lo, low), 4),
          _mm256_i32gather_ps(table, _mm256_and_si256(index.hi, low), 4)};
}
inline F32 lookup4(const float* table, I32 index) {
  const __m256 entries = _mm256_broadcast_ps(reinterpret_cast<const __m128*>(table));
  return {_mm256_permutevar_ps(entries, index.lo), _mm256_permutevar_ps(entries, index.hi)};
}
