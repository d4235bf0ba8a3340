// softmax.h: SOFTMAX of rows of float32, computed as XNNPACK does.
#pragma once

#include <cstddef>

namespace intlite {

struct SoftmaxRowsArgs {
  const float* input;
  size_t rows, depth;
  bool sixteen;  // sums are of vectors of 16 lanes, as AVX-512 has them, instead of 8
  float* output;
};

}  // namespace intlite
