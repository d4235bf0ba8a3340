// reciprocal.h: 1 / (1 + x) in gemmlowp's fixed point.
#pragma once

#include <algorithm>

#include "fixed_point.h"

namespace intlite {

constexpr int32_t saturate_int32(int64_t x) {
  return static_cast<int32_t>(std::clamp<int64_t>(x, INT32_MIN, INT32_MAX));
}

// gemmlowp's one_over_one_plus_x_for_x_in_0_1 on Q0.31: three Newton steps from a line.
inline int32_t one_over_one_plus(int32_t a) {
  constexpr int32_t k48Over17 = 1515870810, kNeg32Over17 = -1010580540;
  const int64_t sum = int64_t{a} + INT32_MAX;
  const int32_t half = static_cast<int32_t>(sum >= 0 ? (sum + 1) / 2 : (sum - 1) / 2);
  const auto mul = saturating_rounding_doubling_high_mul;
  int32_t x = wrapping_add(k48Over17, mul(half, kNeg32Over17));
  for (int i = 0; i < 3; ++i) {
    const int32_t residual = wrap_int32((int64_t{1} << 29) - mul(half, x));
    x = wrapping_add(x, saturate_int32(int64_t{mul(x, residual)} * 4));
  }
  return saturate_int32(int64_t{x} * 2);
}

}  // namespace intlite
