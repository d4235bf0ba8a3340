// depthwise.h: float32 convolutions of each channel by itself.
#pragma once

#include <vector>

#include "products.h"

namespace intlite {

struct FloatDepthwiseArgs {
  const WindowGeometry* geometry;  // of as many input channels as output channels
  // A tap is filter_width * row + column; they are added in this order.
  const std::vector<size_t>* taps;
  const float* filter;  // [taps, in that order][channels]
  const float* bias;    // zeros where there is none
  FloatSums sums;
  bool from_bias;  // rounded sums start from the bias, as fused ones do
  FloatClamp clamp;
  const float* image;  // its row `first_input_row` is the first that is there
  size_t first_input_row;
  const float* zeros;  // as many as a row of the image
  float* output;       // of the row first_row
  size_t first_row, end_row;
  const float** lines;  // room for one a tap
};

}  // namespace intlite
