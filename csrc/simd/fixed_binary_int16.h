// fixed_binary_int16.h: sums and products of two int16 operands, computed in fixed point.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

// A function of int32: x >> before << left, times the multiplier (rounding_doubling_high_mul), less
// 1 where high & away is negative, >> right, half up. What is shifted out is lost.
struct FixedInt16Factor {
  int32_t before, left, multiplier, right, away;
};

struct FixedInt16Parameters {
  bool is_product;                       // of stored values; else the sum of the sides
  FixedInt16Factor left, right, output;  // sides, and what they make
  bool negated;                          // the right side
  int32_t min, max;                      // of the result, within int16
};

// A run of elements; an operand that repeats is one value.
struct FixedInt16Args {
  const FixedInt16Parameters* parameters;
  const uint8_t *left, *right;
  bool left_repeats, right_repeats;
  size_t size;
  uint8_t* output;
};

}  // namespace intlite
