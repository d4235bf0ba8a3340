// windows.h: where the filters of convolutions go, drawn from a fuzzer's bytes.
#pragma once

#include "../../../csrc/simd/window_geometry.h"
#include "cases.h"

namespace intlite::fuzz {

inline size_t below_2_31(size_t size) {
  require(size < (size_t{1} << 31));
  return size;
}

// Of any of the convolutions; `channels` are the output's.
struct Window {
  size_t images, height, width, input_channels, output_height, output_width, channels;
  size_t filter_height, filter_width, stride_height, stride_width;
  size_t dilation_height, dilation_width, pad_top, pad_left;

  explicit Window(Bytes& bytes)
      : images(bytes.below(4)),
        height(bytes.dimension()),
        width(bytes.dimension()),
        input_channels(bytes.dimension()),
        output_height(bytes.dimension()),
        output_width(bytes.dimension()),
        channels(bytes.dimension()),
        filter_height(bytes.extent()),
        filter_width(bytes.extent()),
        stride_height(below_2_31(bytes.extent())),
        stride_width(below_2_31(bytes.extent())),
        dilation_height(below_2_31(bytes.extent())),
        dilation_width(below_2_31(bytes.extent())),
        pad_top(below_2_31(bytes.dimension())),
        pad_left(below_2_31(bytes.dimension())) {
    for (const size_t size :
         {height, width, output_height, output_width, filter_height, filter_width})
      below_2_31(size);
    product({images, height, width, input_channels});
    product({images, output_height, output_width, channels});
  }
  WindowGeometry geometry() const {
    return {.images = images,
            .input_height = height,
            .input_width = width,
            .input_channels = input_channels,
            .output_height = output_height,
            .output_width = output_width,
            .output_channels = channels,
            .filter_height = filter_height,
            .filter_width = filter_width,
            .stride_height = stride_height,
            .stride_width = stride_width,
            .dilation_height = dilation_height,
            .dilation_width = dilation_width,
            .pad_top = pad_top,
            .pad_left = pad_left};
  }
};

}  // namespace intlite::fuzz
