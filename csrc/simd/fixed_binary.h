// fixed_binary.h: operators of two 8-bit operands, computed in fixed point, and those that compare
// stored values.
#pragma once

#include "epilogue.h"

namespace intlite {

// A function of a stored value x: high = x * upper + ((x * lower + bias) >> shift) + offset, less 1
// where high & away is negative, plus half, >> right, and ^ flip.
struct FixedSide {
  int32_t upper, lower, bias, shift, offset;
  int32_t away, half, right, flip;

  bool is_affine() const { return right == 0 && flip == 0; }  // high alone
};

enum class FixedBinaryBody : int {
  kSum,        // x * left.upper + right + offset, rescaled
  kAffineSum,  // the same, of a right side that is affine
  kProduct,    // (x + left_offset) * (y + right_offset), rescaled
  kSquare,     // (left - right)^2, rescaled
  kPrelu,      // left + offset where x + left_offset is not negative, else the product, rescaled
  kLess,       // left < right
  kEqual,
  kMaximum,  // of stored values
  kMinimum,
};

// Rescaled: of an int32 x the low half of (x * multiplier + nudge) >> 31, less 1 where x & away is
// negative, >> shift. The nudge has the roundings and the output's zero point; nothing overflows.
struct FixedBinaryParameters {
  FixedBinaryBody body;
  bool is_unsigned;  // the operands
  FixedSide left, right;
  int32_t offset, left_offset, right_offset;
  int32_t multiplier, away, shift;
  int64_t nudge;
  bool negated;      // what a comparison says
  int32_t min, max;  // of the result, from -128 or from 0 up
};

// A run of elements; an operand that repeats is one value.
struct FixedBinaryArgs {
  const FixedBinaryParameters* parameters;
  const uint8_t *left, *right;
  bool left_repeats, right_repeats;
  size_t size;
  uint8_t* output;
};

}  // namespace intlite
