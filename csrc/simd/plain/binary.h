// binary.h: rows of operators of two plain numbers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

enum class BinaryFunction { kAdd, kSub, kMul, kDiv, kMaximum, kMinimum };

// A run of elements; an operand that repeats is one value.
struct BinaryRowArgs {
  const uint8_t *left, *right;
  bool left_repeats, right_repeats;
  size_t size;
  uint8_t* output;
  float low, high;  // bounds of the output, of floats
};
using BinaryRow = void (*)(const BinaryRowArgs&);

}  // namespace intlite
