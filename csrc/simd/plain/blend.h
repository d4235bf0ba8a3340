// blend.h: four float32 pixels that become one.
#pragma once

#include <cstddef>

namespace intlite {

enum class BlendKind {
  kAcrossFirst,  // differences times weights, across, then down: XNNPACK's
  kOneByOne,     // x * wy * wx, column by column
  kWeightsOnce,  // x * (wy * wx), row by row, added to 0.0
  kMeans         // of neighbours, half way or not at all
};

// `columns` outputs beside each other, each between pixels left[i] and right[i] of two rows.
struct BlendRow {
  const float *top, *bottom;
  const int *left, *right;
  const float* across;  // weights of `right`
  float down;           // weight of `bottom`
  size_t columns, channels;
  BlendKind kind;
  float* output;
};

}  // namespace intlite
