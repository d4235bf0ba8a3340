// conv.cc: im2col by tiles of output pixels.
#include "conv.h"

#include <algorithm>
#include <cstring>

namespace intlite {
namespace {

constexpr size_t kPatchBytes = 128 * 1024;

}  // namespace

Conv2D::Conv2D(const ConvGeometry& geometry, const std::vector<PackArgs>& groups,
               const KernelTable& kernels)
    : Kernel({geometry.images * geometry.input_pixels() * geometry.input_channels},
             {geometry.images * geometry.output_pixels() * geometry.output_channels}),
      geometry_(geometry),
      group_channels_(geometry.input_channels / groups.size()),
      depth_(geometry.filter_height * geometry.filter_width * group_channels_),
      input_flip_(groups.front().input_unsigned ? 0 : 0x80),
      padding_(static_cast<uint8_t>(groups.front().input_zero_point)),
      gemm_(kernels.gemm) {
  for (const PackArgs& args : groups) groups_.push_back(pack_weights(args));
  const ConvGeometry& g = geometry_;
  pointwise_ = g.filter_height == 1 && g.filter_width == 1 && g.stride_height == 1 &&
               g.stride_width == 1 && g.pad_top == 0 && g.pad_left == 0 && groups_.size() == 1;
}

size_t Conv2D::tile_pixels() const {
  const size_t fit = kPatchBytes / std::max<size_t>(depth_, 1) / kBlockRows * kBlockRows;
  const size_t pixels = round_up(geometry_.output_pixels(), kBlockRows);
  return std::min(std::max(fit, kBlockRows), pixels);
}

size_t Conv2D::scratch_bytes() const {
  const size_t patches = pointwise_ ? 0 : round_up(tile_pixels() * depth_, 64);
  return patches + gemm_scratch_size(groups_.front());
}

void Conv2D::gather(const uint8_t* image, size_t first_pixel, size_t pixels, size_t first_channel,
                    uint8_t* patches) const {
  const ConvGeometry& g = geometry_;
  const size_t channels = group_channels_;
  for (size_t pixel = first_pixel; pixel < first_pixel + pixels; ++pixel) {
    const size_t top = pixel / g.output_width * g.stride_height;
    const size_t left = pixel % g.output_width * g.stride_width;
    for (size_t i = 0; i < g.filter_height; ++i) {
      // Positions before the image wrap around to huge ones: one comparison finds both sides.
      const size_t y = top + i * g.dilation_height - g.pad_top;
      uint8_t* row = patches;
      patches += g.filter_width * channels;
      if (y >= g.input_height) {
        std::memset(row, padding_, g.filter_width * channels);
        continue;
      }
      const uint8_t* line = image + y * g.input_width * g.input_channels + first_channel;
      const size_t x0 = left - g.pad_left;
      if (g.dilation_width == 1 && channels == g.input_channels && x0 < g.input_width &&
          x0 + g.filter_width <= g.input_width) {
        std::memcpy(row, line + x0 * g.input_channels, g.filter_width * channels);
        continue;
      }
      for (size_t j = 0; j < g.filter_width; ++j, row += channels) {
        const size_t x = x0 + j * g.dilation_width;
        if (x < g.input_width)
          std::memcpy(row, line + x * g.input_channels, channels);
        else
          std::memset(row, padding_, channels);
      }
    }
  }
}

void Conv2D::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t* scratch) const noexcept {
  const ConvGeometry& g = geometry_;
  const size_t images = samples * g.images;
  if (pointwise_) {
    const size_t rows = images * g.output_pixels();
    if (rows != 0)
      gemm_({&groups_[0], inputs[0], rows, input_flip_, outputs[0], g.output_channels, scratch});
    return;
  }
  const size_t tile = tile_pixels();
  uint8_t* gemm_scratch = scratch + round_up(tile * depth_, 64);
  for (size_t image = 0; image < images; ++image) {
    const uint8_t* input = inputs[0] + image * g.input_pixels() * g.input_channels;
    uint8_t* output = outputs[0] + image * g.output_pixels() * g.output_channels;
    for (size_t group = 0; group < groups_.size(); ++group) {
      const PackedWeights& weights = groups_[group];
      for (size_t first = 0; first < g.output_pixels(); first += tile) {
        const size_t pixels = std::min(tile, g.output_pixels() - first);
        gather(input, first, pixels, group * group_channels_, scratch);
        gemm_({&weights, scratch, pixels, input_flip_,
               output + first * g.output_channels + group * weights.columns, g.output_channels,
               gemm_scratch});
      }
    }
  }
}

}  // namespace intlite
