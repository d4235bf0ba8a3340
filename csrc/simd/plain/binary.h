// binary.h: rows of operators of two plain numbers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

enum class BinaryFunction {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMaximum,  // of two of which one is NaN the second
  kMinimum,
  kSquaredDifference,
  kPrelu,  // left where it is at least 0, else left * right
  kEqual,  // comparisons give bool
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  // Element by element: kernels/plain/binary.cc.
  kPower,
  kPowerOfOne,  // one exponent for all: whole ones by repeated multiplication
  kFloorDiv,
  kFloorMod,
  kAtan2
};

inline bool gives_bool(BinaryFunction f) {
  return f >= BinaryFunction::kEqual && f <= BinaryFunction::kGreaterEqual;
}

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
