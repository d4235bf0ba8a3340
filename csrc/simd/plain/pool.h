// pool.h: a window of float32 pixels pooled, channel by channel.
#pragma once

#include <cstddef>

namespace intlite {

enum class PoolFunction {
  kAverage,         // sums row by row, then a quotient
  kAverageOfNines,  // sums column by column, nine at a time, times an inverse: XNNPACK's
  kMaximum,
  kRoot,  // of the mean of squares
  kRootByInverse
};

struct PoolWindow {
  const float* image;
  size_t width, channels;                                             // of the image
  size_t top, bottom, left, right;                                    // the pixels that lie inside
  size_t filter_height, filter_width, skipped_rows, skipped_columns;  // and places outside before
  PoolFunction function;
  float low, high;  // bounds of the output
  float* output;
};

}  // namespace intlite
