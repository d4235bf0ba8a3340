// window_geometry.h: filters that slide over images: what convolutions and pools are given.
#pragma once

#include "padded_line.h"

namespace intlite {

// Images are NHWC. Sizes below 2^31, filters, strides and dilations of at least 1, and padding that
// counts modulo 2^64, since windows can begin inside of the image too.
struct WindowGeometry {
  size_t images;  // a sample
  size_t input_height, input_width, input_channels;
  size_t output_height, output_width, output_channels;
  size_t filter_height, filter_width;
  size_t stride_height, stride_width;
  size_t dilation_height = 1, dilation_width = 1;
  size_t pad_top, pad_left;

  size_t input_pixels() const { return input_height * input_width; }
  size_t output_pixels() const { return output_height * output_width; }
  size_t input_bytes() const { return images * input_pixels() * input_channels; }
  size_t output_bytes() const { return images * output_pixels() * output_channels; }
  // Columns of the padded image that any output reads, and which of them are the image's.
  size_t padded_width() const {
    return output_width == 0
               ? 0
               : (output_width - 1) * stride_width + (filter_width - 1) * dilation_width + 1;
  }
  PaddedLine line() const { return {pad_left, input_width, padded_width()}; }
};

}  // namespace intlite
