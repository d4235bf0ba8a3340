// reduction.h: rows of float32 that become one, or single numbers.
#pragma once

#include <cstddef>

namespace intlite {

enum class ReductionFunction { kSum, kProduct, kMaximum, kMinimum };

// In which order sums are added up.
enum class SumOrder {
  kInOrder,
  // XNNPACK's, of vectors of 16 lanes or of 8: each block by itself, times a scale, then added.
  kSixteen,
  kEight
};

// Columns of a block are reduced to one number each, which join those that are there.
struct ReductionBlock {
  const float* input;
  size_t rows, stride, columns;
  bool contiguous;  // else: the one row is reduced to one number
  ReductionFunction function;
  SumOrder order;
  float scale;
  float* output;
};

}  // namespace intlite
