// softmax.cc: row by row, with gemmlowp's fixed point or LiteRT's float32.
#include "softmax.h"

#include <algorithm>
#include <cmath>

#include "../numerics/fixed_point.h"

namespace intlite {
namespace {

// Sums of exponentials are Q12.19: 12 integer bits hold 4096 terms of at most 1.
constexpr int kSumIntegerBits = 12;

int count_leading_zeros(uint32_t x) {
  int n = 0;
  for (; n < 32 && (x & 0x80000000u) == 0; ++n) x <<= 1;
  return n;
}

int32_t saturate(int64_t x) {
  return static_cast<int32_t>(std::clamp<int64_t>(x, INT32_MIN, INT32_MAX));
}

// gemmlowp's one_over_one_plus_x_for_x_in_0_1 on Q0.31: three Newton steps from a line.
int32_t one_over_one_plus(int32_t a) {
  constexpr int32_t k48Over17 = 1515870810, kNeg32Over17 = -1010580540;
  const int64_t sum = int64_t{a} + INT32_MAX;
  const int32_t half = static_cast<int32_t>(sum >= 0 ? (sum + 1) / 2 : (sum - 1) / 2);
  const auto mul = saturating_rounding_doubling_high_mul;
  int32_t x = wrapping_add(k48Over17, mul(half, kNeg32Over17));
  for (int i = 0; i < 3; ++i) {
    const int32_t residual = wrap_int32((int64_t{1} << 29) - mul(half, x));
    x = wrapping_add(x, saturate(int64_t{mul(x, residual)} * 4));
  }
  return saturate(int64_t{x} * 2);
}

}  // namespace

void Softmax::row_fixed(const uint8_t* x, uint8_t* y, int top) const {
  int32_t sum = 0;
  for (size_t i = 0; i < args_.depth; ++i) {
    const size_t distance = static_cast<size_t>(top - code(x[i]));
    if (distance < args_.distances)
      sum = wrapping_add(sum, rounding_divide_by_pot(args_.fixed[distance], kSumIntegerBits));
  }
  const int headroom = count_leading_zeros(static_cast<uint32_t>(sum));
  const uint32_t shifted = headroom > 31 ? 0 : static_cast<uint32_t>(sum) << headroom;
  const int32_t reciprocal = one_over_one_plus(wrap_int32(int64_t{shifted} - (int64_t{1} << 31)));
  const int exponent = kSumIntegerBits - headroom + 31 - 8;
  const int32_t low = args_.is_unsigned ? 0 : -128;
  for (size_t i = 0; i < args_.depth; ++i) {
    const size_t distance = static_cast<size_t>(top - code(x[i]));
    int32_t stored = low;
    if (distance < args_.distances) {
      const int32_t product =
          saturating_rounding_doubling_high_mul(reciprocal, args_.fixed[distance]);
      stored = std::clamp(rounding_divide_by_pot(product, std::clamp(exponent, 0, 31)) + low, low,
                          low + 255);
    }
    y[i] = static_cast<uint8_t>(stored);
  }
}

void Softmax::row_real(const uint8_t* x, uint8_t* y, int top) const {
  float sum = 0.0f;
  for (size_t i = 0; i < args_.depth; ++i) sum += args_.real[static_cast<size_t>(top - code(x[i]))];
  const float inverse = 1.0f / (sum * args_.scale);
  for (size_t i = 0; i < args_.depth; ++i) {
    const float p = args_.real[static_cast<size_t>(top - code(x[i]))] * inverse;
    if (args_.is_unsigned) {
      y[i] = static_cast<uint8_t>(
          std::clamp(truncate_to_int32(static_cast<double>(p + 0.5f)), 0, 255));
    } else {
      const int32_t rounded = truncate_to_int32(static_cast<double>(std::round(p)));
      y[i] = static_cast<uint8_t>(std::clamp(wrapping_add(rounded, args_.zero_point), -128, 127));
    }
  }
}

void Softmax::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                  uint8_t*) const noexcept {
  if (args_.depth == 0) return;
  for (size_t row = 0; row < samples * args_.rows; ++row) {
    const uint8_t* x = inputs[0] + row * args_.depth;
    uint8_t* y = outputs[0] + row * args_.depth;
    int top = code(x[0]);
    for (size_t i = 1; i < args_.depth; ++i) top = std::max(top, code(x[i]));
    if (args_.fixed_point)
      row_fixed(x, y, top);
    else
      row_real(x, y, top);
  }
}

}  // namespace intlite
