// elementwise.h: sums and products of two 8-bit operands, computed as XNNPACK does.
#pragma once

#include "epilogue.h"

namespace intlite {

struct ElementwiseParameters {
  bool is_unsigned;
  // A sum: (left * left_factor + right * right_factor + bias) >> shift, modulo 2^32; the
  // bias has the zero points' share and half a unit.
  int32_t left_factor, right_factor, bias, shift;
  // A product: float((left - left_zero_point) * (right - right_zero_point)) * scale, rounded
  // half to even.
  int32_t left_zero_point, right_zero_point;
  float scale;
  OutputStage output;
};

// A run of elements; an operand that repeats is one value.
struct ElementwiseArgs {
  const ElementwiseParameters* parameters;
  const uint8_t *left, *right;
  bool left_repeats, right_repeats;
  size_t size;
  uint8_t* output;
};

}  // namespace intlite
