// portable.h: the 16-lane vector in plain C++, the emulation of the widest instruction set.
//
// Included inside a namespace of its own by each translation unit of simd/, like
// its siblings avx2.h and avx512.h, which offer the same names; so no include
// guard. It runs every kernel body where the hardware lacks wider registers.

struct I32 {
  int32_t v[16];
};
struct F32 {
  float v[16];
};
// Half of a vector: a panel of eight columns need not be whole.
struct HalfI32 {
  int32_t v[8];
};

template <class F>
inline I32 map(F f) {
  I32 r;
  for (int i = 0; i < 16; ++i) r.v[i] = f(i);
  return r;
}
template <class F>
inline F32 map_f32(F f) {
  F32 r;
  for (int i = 0; i < 16; ++i) r.v[i] = f(i);
  return r;
}
inline int32_t as_int32(uint32_t x) { return static_cast<int32_t>(x); }

inline I32 set1(int32_t x) {
  return map([&](int) { return x; });
}
inline I32 load(const int32_t* p) {
  return map([&](int i) { return p[i]; });
}
inline int32_t first_lane(HalfI32 x) { return x.v[0]; }
inline HalfI32 first_half(I32 x) {
  HalfI32 h;
  for (int i = 0; i < 8; ++i) h.v[i] = x.v[i];
  return h;
}
inline I32 join(HalfI32 a, HalfI32 b) {
  return map([&](int i) { return i < 8 ? a.v[i] : b.v[i - 8]; });
}
inline I32 join(int32_t a, int32_t b) {
  return map([&](int i) { return i < 8 ? a : b; });
}
inline I32 load_half_twice(const int32_t* p) {
  return map([&](int i) { return p[i % 8]; });
}
inline void store(int32_t* p, I32 x) {
  for (int i = 0; i < 16; ++i) p[i] = x.v[i];
}
inline I32 operator+(I32 a, I32 b) {
  return map([&](int i) { return wrapping_add(a.v[i], b.v[i]); });
}
inline I32 operator&(I32 a, I32 b) {
  return map([&](int i) { return a.v[i] & b.v[i]; });
}
inline I32 operator^(I32 a, I32 b) {
  return map([&](int i) { return a.v[i] ^ b.v[i]; });
}
inline I32 operator*(I32 a, I32 b) {
  return map([&](int i) {
    return as_int32(static_cast<uint32_t>(a.v[i]) * static_cast<uint32_t>(b.v[i]));
  });
}
inline I32 negate(I32 a) {
  return map([&](int i) { return as_int32(0u - static_cast<uint32_t>(a.v[i])); });
}
inline I32 min(I32 a, I32 b) {
  return map([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
}
inline I32 max(I32 a, I32 b) {
  return map([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
}
// Shifts by a lane's own count; a count of 32 or more (as unsigned) leaves 0, or the sign.
inline I32 shift_left(I32 a, I32 n) {
  return map([&](int i) {
    return static_cast<uint32_t>(n.v[i]) > 31 ? 0
                                              : as_int32(static_cast<uint32_t>(a.v[i]) << n.v[i]);
  });
}
inline I32 shift_right(I32 a, I32 n) {
  return map([&](int i) { return a.v[i] >> (static_cast<uint32_t>(n.v[i]) > 31 ? 31 : n.v[i]); });
}
inline I32 shift_right_logical(I32 a, I32 n) {
  return map([&](int i) {
    return static_cast<uint32_t>(n.v[i]) > 31 ? 0
                                              : as_int32(static_cast<uint32_t>(a.v[i]) >> n.v[i]);
  });
}
// The low halves of (a * b + added) >> 31, for b >= 0.
inline I32 doubling_high_mul(I32 a, I32 b, int64_t added) {
  return map([&](int i) { return wrap_int32((int64_t{a.v[i]} * b.v[i] + added) >> 31); });
}
// SaturatingRoundingDoublingHighMul for b >= 0, where nothing saturates.
inline I32 rounding_doubling_high_mul(I32 a, I32 b) {
  return map([&](int i) { return saturating_rounding_doubling_high_mul(a.v[i], b.v[i]); });
}

inline F32 set1(float x) {
  return map_f32([&](int) { return x; });
}
inline F32 load(const float* p) {
  return map_f32([&](int i) { return p[i]; });
}
inline F32 load_half_twice(const float* p) {
  return map_f32([&](int i) { return p[i % 8]; });
}
inline void store(float* p, F32 x) {
  for (int i = 0; i < 16; ++i) p[i] = x.v[i];
}
inline F32 operator+(F32 a, F32 b) {
  return map_f32([&](int i) { return a.v[i] + b.v[i]; });
}
inline F32 operator*(F32 a, F32 b) {
  return map_f32([&](int i) { return a.v[i] * b.v[i]; });
}
inline F32 operator/(F32 a, F32 b) {
  return map_f32([&](int i) { return a.v[i] / b.v[i]; });
}
// x86's minps and maxps: the second operand where either is NaN.
inline F32 min(F32 a, F32 b) {
  return map_f32([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
}
inline F32 max(F32 a, F32 b) {
  return map_f32([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
}
inline F32 to_float(I32 a) {
  return map_f32([&](int i) { return static_cast<float>(a.v[i]); });
}
// Conversions give INT32_MIN for NaN and what int32 cannot hold, as cvtps2dq does.
inline I32 to_int_half_even(F32 a) {
  return map([&](int i) { return round_even_to_int32(a.v[i]); });
}
inline I32 to_int_half_away(F32 a) {
  return map([&](int i) { return truncate_to_int32(static_cast<double>(std::round(a.v[i]))); });
}
// double(acc) * scale, half away from zero.
inline I32 scale_f64_half_away(I32 acc, const double* scale) {
  return map([&](int i) {
    return truncate_to_int32(std::round(static_cast<double>(acc.v[i]) * scale[i]));
  });
}

inline void store_low_bytes(uint8_t* p, I32 x) {
  for (int i = 0; i < 16; ++i) p[i] = static_cast<uint8_t>(x.v[i]);
}
inline void store_low_words(int16_t* p, I32 x) {
  for (int i = 0; i < 16; ++i) p[i] = static_cast<int16_t>(x.v[i]);
}

// 64 stored values: those of four vectors, one behind the other.
struct Bytes {
  uint8_t v[64];
};
// Each value plus zero_point, saturated at 16 bits, then at 8, raised to `low`, and ^ flip.
template <bool kUnsigned>
inline Bytes to_bytes(const I32 (&x)[4], int32_t zero_point, int32_t low, int32_t flip) {
  const auto saturate = [](int32_t value, int32_t from, int32_t to) {
    return value < from ? from : value > to ? to : value;
  };
  Bytes b;
  for (int i = 0; i < 64; ++i) {
    const int32_t word = saturate(x[i / 16].v[i % 16], INT16_MIN, INT16_MAX) + zero_point;
    const int32_t byte = kUnsigned ? saturate(word, 0, 255) : saturate(word, -128, 127);
    b.v[i] = static_cast<uint8_t>((byte < low ? low : byte) ^ flip);
  }
  return b;
}
// Stores n <= 16 * kVectors bytes of the vectors from kFirst on.
template <int kFirst, int kVectors>
inline void store_bytes(uint8_t* p, const Bytes& b, size_t n) {
  std::memcpy(p, b.v + 16 * kFirst, n);
}
inline I32 load_widen(const int8_t* p) {
  return map([&](int i) { return p[i]; });
}
inline I32 load_widen(const uint8_t* p) {
  return map([&](int i) { return p[i]; });
}
inline I32 load_widen(const int16_t* p) {
  return map([&](int i) { return p[i]; });
}

// Four depth steps of 16 columns: what one vpdpbusd, or four sdot, do, and their operands.
constexpr size_t kActivationBytes = 1;
// x86 multiplies unsigned activations by signed weights, ARM signed ones by signed.
using Value = std::conditional_t<Isa::kActivationsSigned, int8_t, uint8_t>;
inline Value value_of(uint8_t activation) { return static_cast<Value>(activation); }
struct Activations {
  Value v[4];
};
struct Weights {
  const int8_t* p;
};
inline Activations broadcast4(const uint8_t* p) {
  return {{value_of(p[0]), value_of(p[1]), value_of(p[2]), value_of(p[3])}};
}
inline Weights load_weights(const int8_t* p) { return {p}; }
inline I32 dot4(I32 acc, Activations a, Weights w) {
  return map([&](int i) {
    const int8_t* c = w.p + 4 * i;
    return wrapping_add(acc.v[i], a.v[0] * c[0] + a.v[1] * c[1] + a.v[2] * c[2] + a.v[3] * c[3]);
  });
}
// The first eight columns alone.
struct HalfWeights {
  const int8_t* p;
};
inline HalfWeights load_half_weights(const int8_t* p) { return {p}; }
inline HalfI32 dot4(HalfI32 acc, Activations a, HalfWeights w) {
  for (int i = 0; i < 8; ++i) {
    const int8_t* c = w.p + 4 * i;
    acc.v[i] =
        wrapping_add(acc.v[i], a.v[0] * c[0] + a.v[1] * c[1] + a.v[2] * c[2] + a.v[3] * c[3]);
  }
  return acc;
}

// Modulo 2^32.
inline int32_t sum_activations(const uint8_t* p, size_t count) {
  uint32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += static_cast<uint32_t>(value_of(p[i]));
  return as_int32(sum);
}

// As dot4, each lane with four activations of its own.
struct Pixels {
  const uint8_t* p;
};
inline Pixels load_pixels(const uint8_t* p) { return {p}; }
using Taps = Weights;
inline Taps load_taps(const int8_t* p) { return load_weights(p); }
inline I32 dot4(I32 acc, Pixels a, Taps w) {
  return map([&](int i) {
    const Value* x = reinterpret_cast<const Value*>(a.p) + 4 * i;
    const int8_t* c = w.p + 4 * i;
    return wrapping_add(acc.v[i], x[0] * c[0] + x[1] * c[1] + x[2] * c[2] + x[3] * c[3]);
  });
}
// What load_pixels reads: 16 bytes of some rows, ^ flip, side by side in kActivationBytes each.
inline void interleave(uint8_t* to, const uint8_t* const (&row)[4], uint8_t flip) {
  for (int i = 0; i < 64; ++i) to[i] = static_cast<uint8_t>(row[i % 4][i / 4] ^ flip);
}

// Writes the indices of the 4-byte groups that are not all zero; returns how many.
inline size_t nonzero_groups(const uint8_t* row, size_t groups, uint32_t* index) {
  size_t n = 0;
  for (size_t g = 0; g < groups; ++g) {
    uint32_t word;
    std::memcpy(&word, row + 4 * g, 4);
    index[n] = static_cast<uint32_t>(g);
    n += word != 0;
  }
  return n;
}
inline size_t count_nonzero_groups(const uint8_t* row, size_t groups) {
  size_t n = 0;
  for (size_t g = 0; g < groups; ++g) {
    uint32_t word;
    std::memcpy(&word, row + 4 * g, 4);
    n += word != 0;
  }
  return n;
}
struct Bytes16 {
  uint8_t v[16];
};
inline Bytes16 load_bytes16(const uint8_t* p) {
  Bytes16 b;
  std::memcpy(b.v, p, 16);
  return b;
}
inline void store_bytes16(uint8_t* p, Bytes16 b) { std::memcpy(p, b.v, 16); }
// The first n.
inline void store_first(uint8_t* p, Bytes16 b, size_t n) { store_some(p, b.v, n); }
inline Bytes16 second_half(Bytes16 b) {
  std::memcpy(b.v, b.v + 8, 8);
  return b;
}
inline void store_halves(uint8_t* first, uint8_t* second, Bytes16 b) {
  std::memcpy(first, b.v, 8);
  std::memcpy(second, b.v + 8, 8);
}
// to_bytes of signed values, its numbers prepared.
struct ByteLimits {
  int32_t zero_point, low, flip;
};
inline ByteLimits make_byte_limits(int32_t zero_point, int32_t low, int32_t flip) {
  return {zero_point, low, flip};
}
// So many vectors at once.
constexpr int kStagedVectors = 2;
inline void to_bytes16(const I32 (&x)[kStagedVectors], const ByteLimits& limits,
                       Bytes16 (&y)[kStagedVectors]) {
  for (int k = 0; k < kStagedVectors; ++k) {
    for (int i = 0; i < 16; ++i) {
      const int32_t word = std::clamp(x[k].v[i], INT16_MIN, INT16_MAX) + limits.zero_point;
      y[k].v[i] = static_cast<uint8_t>(std::clamp(word, limits.low, INT8_MAX) ^ limits.flip);
    }
  }
}
template <bool kUnsigned>
inline Bytes16 max_bytes16(Bytes16 a, Bytes16 b) {
  const uint8_t flip = kUnsigned ? 0 : 0x80;
  for (int i = 0; i < 16; ++i)
    if ((a.v[i] ^ flip) < (b.v[i] ^ flip)) a.v[i] = b.v[i];
  return a;
}
template <bool kUnsigned>
inline Bytes16 min_bytes16(Bytes16 a, Bytes16 b) {
  const uint8_t flip = kUnsigned ? 0 : 0x80;
  for (int i = 0; i < 16; ++i)
    if ((b.v[i] ^ flip) < (a.v[i] ^ flip)) a.v[i] = b.v[i];
  return a;
}
inline void copy_flipped16(uint8_t* to, const uint8_t* from, uint8_t flip) {
  for (int i = 0; i < 16; ++i) to[i] = static_cast<uint8_t>(from[i] ^ flip);
}
inline void copy_flipped64(uint8_t* to, const uint8_t* from, uint8_t flip) {
  for (int i = 0; i < 64; ++i) to[i] = static_cast<uint8_t>(from[i] ^ flip);
}
// Some bytes ^ flip as the GEMM reads them, in kActivationBytes each.
inline void pack_activations16(uint8_t* to, const uint8_t* from, uint8_t flip) {
  copy_flipped16(to, from, flip);
}
inline void pack_activations64(uint8_t* to, const uint8_t* from, uint8_t flip) {
  copy_flipped64(to, from, flip);
}

// A table of 256 bytes, and 64 values through it; `to` may be `from`.
struct Table {
  const uint8_t* p;
};
inline Table load_table(const uint8_t* p) { return {p}; }
inline void lookup64(uint8_t* to, const uint8_t* from, const Table& table) {
  for (int i = 0; i < 64; ++i) to[i] = table.p[from[i]];
}

// ------------------------------------------------------------------ 16-bit values

// Two depth steps of 16 columns, of 16 bits each: what one vpdpwssd does, and its operands.
struct WordPairs {
  int16_t v[32];
};
inline WordPairs load_pairs(const int16_t* p) {
  WordPairs r;
  std::copy_n(p, 32, r.v);
  return r;
}
inline WordPairs load_pairs(const int8_t* p) {
  WordPairs r;
  std::copy_n(p, 32, r.v);
  return r;
}
inline WordPairs broadcast_pair(const uint8_t* p) {
  WordPairs r;
  for (int i = 0; i < 16; ++i) std::memcpy(r.v + 2 * i, p, 4);
  return r;
}
// Modulo 2^32.
inline I32 dot2(I32 acc, WordPairs a, WordPairs w) {
  return map([&](int i) {
    const int64_t sum = int64_t{a.v[2 * i]} * w.v[2 * i] + int64_t{a.v[2 * i + 1]} * w.v[2 * i + 1];
    return wrap_int32(acc.v[i] + sum);
  });
}
// acc + x * w of 16-bit values, those of w with zeros above them.
inline I32 add_word_products(I32 acc, I32 x, I32 w) {
  return map([&](int i) {
    return wrapping_add(acc.v[i], x.v[i] * static_cast<int16_t>(static_cast<uint16_t>(w.v[i])));
  });
}
// (a * b + 2^(n - 1)) / 2^n, rounded down, of which the low 32 bits stay; n from 1 to 62, and
// |a * b| below 2^61.
struct HalfUp {
  I32 n;
};
inline HalfUp make_half_up(I32 n) { return {n}; }
inline I32 multiply_half_up(I32 a, I32 b, const HalfUp& by) {
  return map([&](int i) {
    const int n = by.n.v[i];
    return wrap_int32((int64_t{a.v[i]} * b.v[i] + (int64_t{1} << (n - 1))) >> n);
  });
}

// ------------------------------------------------------------------ plain numbers

inline I32 operator-(I32 a, I32 b) { return a + negate(b); }
inline I32 operator|(I32 a, I32 b) {
  return map([&](int i) { return a.v[i] | b.v[i]; });
}
inline F32 operator-(F32 a, F32 b) {
  return map_f32([&](int i) { return a.v[i] - b.v[i]; });
}
// a * b + c, rounded once.
inline F32 fused(F32 a, F32 b, F32 c) {
  return map_f32([&](int i) { return std::fma(a.v[i], b.v[i], c.v[i]); });
}
inline F32 square_root(F32 a) {
  return map_f32([&](int i) { return std::sqrt(a.v[i]); });
}
// The same bits as another type.
inline I32 bits(F32 a) {
  I32 r;
  std::memcpy(&r, &a, sizeof(r));
  return r;
}
inline F32 floats(I32 a) {
  F32 r;
  std::memcpy(&r, &a, sizeof(r));
  return r;
}
// To a whole number; NaN, infinities and the sign of zero stay.
inline F32 round_half_even(F32 a) {
  return map_f32([&](int i) { return std::nearbyint(a.v[i]); });
}
inline F32 floor(F32 a) {
  return map_f32([&](int i) { return std::floor(a.v[i]); });
}
inline F32 ceil(F32 a) {
  return map_f32([&](int i) { return std::ceil(a.v[i]); });
}
inline F32 trunc(F32 a) {
  return map_f32([&](int i) { return std::trunc(a.v[i]); });
}
inline I32 to_int_toward_zero(F32 a) {
  return map([&](int i) { return truncate_to_int32(static_cast<double>(a.v[i])); });
}
// Lanes of which something is true. Comparisons with NaN are false.
struct Mask {
  bool v[16];
};
template <class F>
inline Mask map_mask(F f) {
  Mask r;
  for (int i = 0; i < 16; ++i) r.v[i] = f(i);
  return r;
}
inline Mask less(F32 a, F32 b) {
  return map_mask([&](int i) { return a.v[i] < b.v[i]; });
}
inline Mask less_equal(F32 a, F32 b) {
  return map_mask([&](int i) { return a.v[i] <= b.v[i]; });
}
inline Mask equal(F32 a, F32 b) {
  return map_mask([&](int i) { return a.v[i] == b.v[i]; });
}
inline Mask is_nan(F32 a) {
  return map_mask([&](int i) { return a.v[i] != a.v[i]; });
}
inline Mask less(I32 a, I32 b) {
  return map_mask([&](int i) { return a.v[i] < b.v[i]; });
}
inline Mask equal(I32 a, I32 b) {
  return map_mask([&](int i) { return a.v[i] == b.v[i]; });
}
inline Mask operator&(Mask a, Mask b) {
  return map_mask([&](int i) { return a.v[i] && b.v[i]; });
}
inline Mask operator|(Mask a, Mask b) {
  return map_mask([&](int i) { return a.v[i] || b.v[i]; });
}
// a where the mask is true, b elsewhere.
inline F32 select(Mask m, F32 a, F32 b) {
  return map_f32([&](int i) { return m.v[i] ? a.v[i] : b.v[i]; });
}
inline I32 select(Mask m, I32 a, I32 b) {
  return map([&](int i) { return m.v[i] ? a.v[i] : b.v[i]; });
}
// The first n of 16, 0 <= n <= 16; the others are 0, or left as they are.
inline F32 load_first(const float* p, size_t n) {
  return map_f32([&](int i) { return static_cast<size_t>(i) < n ? p[i] : 0.0f; });
}
inline void store_first(float* p, F32 x, size_t n) { std::copy_n(x.v, n, p); }
inline I32 load_first(const int32_t* p, size_t n) {
  return map([&](int i) { return static_cast<size_t>(i) < n ? p[i] : 0; });
}
inline void store_first(int32_t* p, I32 x, size_t n) { std::copy_n(x.v, n, p); }
// The least, or greatest, of all lanes, none of which is NaN.
inline float least_lane(F32 a) { return *std::min_element(a.v, a.v + 16); }
inline float greatest_lane(F32 a) { return *std::max_element(a.v, a.v + 16); }
// Of a table the entry at the index's low bits: of 32, or of 4.
inline F32 lookup32(const float* table, I32 index) {
  return map_f32([&](int i) { return table[index.v[i] & 31]; });
}
inline F32 lookup4(const float* table, I32 index) {
  return map_f32([&](int i) { return table[index.v[i] & 3]; });
}
