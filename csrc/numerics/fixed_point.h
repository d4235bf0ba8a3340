// fixed_point.h: the fixed-point roundings of TFLite's runtimes, one scalar function each.
//
// No other file rounds. The vector code in simd/ is tested equal to these, and
// these are tested against unbounded integers over their whole domain.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace intlite {

// The low 32 bits of x, as two's complement: what int32 arithmetic that wraps leaves.
constexpr int32_t wrap_int32(int64_t x) {
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(x)));
}

constexpr int32_t wrapping_add(int32_t a, int32_t b) {
  return wrap_int32(static_cast<int64_t>(a) + b);
}

// gemmlowp's SaturatingRoundingDoublingHighMul, NEON's SQRDMULH: a * b / 2^31,
// rounded half up; the one overflow, INT32_MIN squared, saturates. gemmlowp
// writes it with a nudge that depends on the sign and a truncating division;
// that is floor((a * b + 2^30) / 2^31).
constexpr int32_t saturating_rounding_doubling_high_mul(int32_t a, int32_t b) {
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
  if (a == kMin && b == kMin) return std::numeric_limits<int32_t>::max();
  return wrap_int32((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
}

// gemmlowp's RoundingDivideByPOT: x / 2^exponent, rounded half away from zero,
// for exponent in [0, 31].
constexpr int32_t rounding_divide_by_pot(int32_t x, int exponent) {
  const int64_t mask = (int64_t{1} << exponent) - 1;
  const int64_t remainder = x & mask;
  const int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return static_cast<int32_t>((int64_t{x} >> exponent) + (remainder > threshold ? 1 : 0));
}

// NEON's SRSHL by a negative amount: x / 2^exponent, rounded half up, for
// exponent in [0, 31].
constexpr int32_t rounding_shift_right_half_up(int32_t x, int exponent) {
  if (exponent == 0) return x;
  return static_cast<int32_t>((int64_t{x} + (int64_t{1} << (exponent - 1))) >> exponent);
}

// MultiplyByQuantizedMultiplier as TFLite's reference kernels and TFLite Micro
// compute it (double rounding). shift > 0 is left. The left shift wraps, and by
// 32 or more acts as x86's shift does, modulo 32.
constexpr int32_t multiply_by_quantized_multiplier_gemmlowp(int32_t x, int32_t multiplier,
                                                            int shift) {
  const int left = shift > 0 ? shift & 31 : 0;
  const int right = shift > 0 ? 0 : -shift;
  const int32_t shifted = wrap_int32(int64_t{x} * (int64_t{1} << left));
  return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(shifted, multiplier), right);
}

// The same in ruy's x86 kernels: half up twice, and a left shift by 32 or more
// leaves nothing.
constexpr int32_t multiply_by_quantized_multiplier_ruy(int32_t x, int32_t multiplier, int shift) {
  const int left = shift > 0 ? shift : 0;
  const int right = shift > 0 ? 0 : -shift;
  const int32_t shifted = left >= 32 ? 0 : wrap_int32(int64_t{x} * (int64_t{1} << left));
  return rounding_shift_right_half_up(saturating_rounding_doubling_high_mul(shifted, multiplier),
                                      right);
}

// The build of TFLite with TFLITE_SINGLE_ROUNDING: one 64-bit shift, half up.
// The total shift is 31 - shift, so shift must be in [-31, 30].
constexpr int32_t multiply_by_quantized_multiplier_single(int32_t x, int32_t multiplier,
                                                          int shift) {
  const int total = 31 - shift;
  return wrap_int32((static_cast<int64_t>(x) * multiplier + (int64_t{1} << (total - 1))) >> total);
}

// A Q31 multiplier as one of 15 bits.
constexpr int32_t reduced_multiplier(int32_t multiplier) {
  return static_cast<int32_t>(std::min((int64_t{multiplier} + (1 << 15)) >> 16, int64_t{32767}));
}

// TFLite's overload for accumulators of 64 bits, of which it expects 48: by the reduced multiplier,
// half up once. Modulo 2^64; shift is in [-31, 14].
constexpr int32_t multiply_by_reduced_multiplier(int64_t x, int32_t reduced, int shift) {
  const int total = 15 - shift;
  const uint64_t product = static_cast<uint64_t>(x) * static_cast<uint64_t>(int64_t{reduced});
  return wrap_int32(static_cast<int64_t>(product + (uint64_t{1} << (total - 1))) >> total);
}

// C's round(), in a form that compilers turn into vector code.
inline double round_half_away(double x) {
  const double whole = std::trunc(x);
  return std::fabs(x - whole) >= 0.5 ? whole + std::copysign(1.0, x) : whole;
}

// A double to int32 as x86's cvttsd2si does: towards zero, and INT32_MIN for
// NaN and everything out of range. C++ leaves that conversion undefined; the
// runtimes that we match are compiled to this instruction.
inline int32_t truncate_to_int32(double x) {
  if (!(x > -2147483649.0 && x < 2147483648.0)) return std::numeric_limits<int32_t>::min();
  return static_cast<int32_t>(x);
}

// A float to int32 as x86's cvtps2dq does: half to even, INT32_MIN out of range.
inline int32_t round_even_to_int32(float x) {
  return truncate_to_int32(static_cast<double>(std::nearbyintf(x)));
}

struct QuantizedMultiplier {
  int32_t multiplier;  // Q31 in [2^30, 2^31), or 0; negative for a negative factor
  int shift;           // factor = multiplier * 2^(shift - 31)
};

// TFLite's QuantizeMultiplier: the nearest Q31 significand, half away from zero.
// Factors below 2^-32 become 0. `factor` must be finite.
inline QuantizedMultiplier quantize_multiplier(double factor) {
  if (factor == 0.0) return {0, 0};
  int shift = 0;
  const double significand = std::frexp(factor, &shift);
  int64_t q31 = static_cast<int64_t>(std::round(significand * 2147483648.0));
  if (q31 == (int64_t{1} << 31)) {
    q31 /= 2;
    ++shift;
  }
  if (shift < -31) return {0, 0};
  return {static_cast<int32_t>(q31), shift};
}

}  // namespace intlite
