// probabilities.h: the end of a float32 softmax.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

// output = exponentials * inverse, half away from zero, + zero_point, as int8.
struct ProbabilityArgs {
  const float* exponentials;
  size_t size;
  float inverse;
  int32_t zero_point;
  uint8_t* output;
};

}  // namespace intlite
