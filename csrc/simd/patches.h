// patches.h: what a convolution's filter sees at each output pixel, as rows for the GEMM.
#pragma once

#include "gemm.h"
#include "window_geometry.h"

namespace intlite {

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
  const WindowGeometry* geometry;
  const uint8_t* image;
  size_t first_channel, channels;  // of a group
  size_t first_pixel, pixels;      // output pixels
  uint8_t padding, flip;           // patches are the input's bytes ^ flip
  uint8_t* patches;
  size_t stride;  // from patch to patch, a multiple of 64
};

}  // namespace intlite
