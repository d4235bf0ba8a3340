// depthwise_int16.h: depthwise convolutions of int16 images by weights of 8 bits.
#pragma once

#include "gemm_int16.h"
#include "window_geometry.h"

namespace intlite {

// Along one dimension, an output's taps that meet the image, and where the first one does.
struct TapSpan {
  size_t first, end;
  size_t at;
};

struct DepthwiseInt16Weights {
  WindowGeometry geometry;
  size_t multiplier;  // outputs of an input channel
  size_t padded_channels;
  std::vector<TapSpan> rows, columns;  // of each row, and column, of the output
  std::vector<uint32_t> sources;       // of each output its input channel, where multiplier != 1
  // [taps][padded channels] of 16 bits with zeros above.
  AlignedArray<int32_t> filter;
  Epilogue epilogue;  // int32 holds all sums with their bias, or they may wrap
};

struct DepthwiseInt16Args {
  const DepthwiseInt16Weights* weights;
  const uint8_t* image;
  uint8_t* output;  // of the first row
  size_t first_row, end_row;
};

}  // namespace intlite
