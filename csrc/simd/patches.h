// patches.h: what a convolution's filter sees at each output pixel, as rows for the GEMM.
#pragma once

#include "gemm.h"

namespace intlite {

// Of one image, NHWC; filters are OHWI. Padding is the input's zero point.
struct ConvGeometry {
  size_t images;  // a sample
  size_t input_height, input_width, input_channels;
  size_t output_height, output_width, output_channels;
  size_t filter_height, filter_width;
  size_t stride_height, stride_width;
  size_t dilation_height, dilation_width;
  size_t pad_top, pad_left;  // modulo 2^64: windows can begin inside of the image too

  size_t input_pixels() const { return input_height * input_width; }
  size_t output_pixels() const { return output_height * output_width; }
};

// Output pixels whose patches are gathered at once: they stay in L1, or in L2 if they are long,
// where more of them share the weights.
inline size_t patch_tile(size_t patch_bytes) {
  constexpr size_t kPatchBytes = 24 * 1024;
  const size_t fit = kPatchBytes / std::max<size_t>(patch_bytes, 1) / kBlockRows;
  return std::max(fit, row_blocks(patch_bytes)) * kBlockRows;
}

// Bytes behind the patches that may be written.
constexpr size_t kPatchSlack = 64;

struct PatchArgs {
  const ConvGeometry* geometry;
  const uint8_t* image;
  size_t first_channel, channels;  // of a group
  size_t first_pixel, pixels;      // output pixels
  uint8_t padding, flip;           // patches are the input's bytes ^ flip
  uint8_t* patches;
  size_t stride;  // from patch to patch, a multiple of 64
};

}  // namespace intlite
