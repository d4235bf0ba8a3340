// depthwise.h: depthwise convolution: one filter a channel.
#pragma once

#include "epilogue.h"

namespace intlite {

// Of one image, NHWC; the filter is 1HWC.
struct DepthwiseGeometry {
  size_t input_height, input_width, input_channels;
  size_t output_height, output_width;
  size_t filter_height, filter_width;
  size_t stride_height, stride_width;
  size_t dilation_height, dilation_width;
  size_t pad_top, pad_left;
  size_t multiplier;  // output channel c reads input channel c / multiplier

  size_t output_channels() const { return input_channels * multiplier; }
};

struct DepthwiseWeights {
  DepthwiseGeometry geometry;
  size_t padded_channels;
  std::vector<int16_t> filter;  // [height * width][padded_channels], zero point taken off
  int32_t input_zero_point;
  bool input_unsigned;
  Epilogue epilogue;
};

struct DepthwiseArgs {
  const DepthwiseWeights* weights;
  const uint8_t* input;  // one image
  uint8_t* output;       // one image
  uint8_t* scratch;      // depthwise_scratch_size bytes, aligned to 64
};

inline size_t depthwise_scratch_size(const DepthwiseWeights& w) {
  // Accumulators of one pixel, and one input pixel with its channels repeated.
  return (w.padded_channels + kLanes) * sizeof(int32_t) + w.padded_channels;
}

}  // namespace intlite
