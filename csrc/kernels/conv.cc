// conv.cc: im2col by tiles of output pixels.
#include "conv.h"

namespace intlite {
namespace {

// Multiplications that are worth a thread.
constexpr size_t kPartWork = 500'000;

}  // namespace

Conv2D::Conv2D(const ConvGeometry& geometry, const std::vector<PackArgs>& groups,
               const KernelTable& kernels)
    : Kernel({geometry.images * geometry.input_pixels() * geometry.input_channels},
             {geometry.images * geometry.output_pixels() * geometry.output_channels}),
      geometry_(geometry),
      group_channels_(geometry.input_channels / groups.size()),
      patch_bytes_(round_up(geometry.filter_height * geometry.filter_width * group_channels_,
                            kDepthPadding)),
      input_flip_(groups.front().input_unsigned ? 0 : 0x80),
      padding_(static_cast<uint8_t>(groups.front().input_zero_point)),
      gather_(kernels.gather_patches),
      gemm_(kernels.gemm) {
  for (const PackArgs& args : groups) groups_.push_back(pack_weights(args));
  const ConvGeometry& g = geometry_;
  pointwise_ = g.filter_height == 1 && g.filter_width == 1 && g.stride_height == 1 &&
               g.stride_width == 1 && g.pad_top == 0 && g.pad_left == 0 && groups_.size() == 1;
}

size_t Conv2D::scratch_bytes() const {
  const size_t patches = patch_tile(geometry_, patch_bytes_) * patch_bytes_ + kPatchSlack;
  return (pointwise_ ? 0 : patches) + gemm_scratch_size(groups_.front().depth);
}

size_t Conv2D::parts(size_t samples) const {
  const ConvGeometry& g = geometry_;
  const size_t depth = g.filter_height * g.filter_width * group_channels_;
  return 1 + samples * g.images * g.output_pixels() * g.output_channels * depth / kPartWork;
}

void Conv2D::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Conv2D::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      Part part, uint8_t* scratch) const noexcept {
  const ConvGeometry& g = geometry_;
  const size_t images = samples * g.images;
  if (pointwise_) {
    const size_t all = images * g.output_pixels(), depth = g.input_channels;
    const size_t first = part.begin(all, kBlockRows), rows = part.end(all, kBlockRows) - first;
    if (rows != 0)
      gemm_({groups_[0].matrix(), inputs[0] + first * depth, rows, depth, (all - first) * depth,
             input_flip_, outputs[0] + first * g.output_channels, g.output_channels, scratch});
    return;
  }
  const size_t tile = patch_tile(geometry_, patch_bytes_);
  uint8_t* gemm_scratch = scratch + tile * patch_bytes_ + kPatchSlack;
  const size_t begin = part.begin(g.output_pixels(), kBlockRows);
  const size_t end = part.end(g.output_pixels(), kBlockRows);
  for (size_t image = 0; image < images; ++image) {
    const uint8_t* input = inputs[0] + image * g.input_pixels() * g.input_channels;
    uint8_t* output = outputs[0] + image * g.output_pixels() * g.output_channels;
    for (size_t group = 0; group < groups_.size(); ++group) {
      const PackedWeights& weights = groups_[group];
      for (size_t first = begin; first < end; first += tile) {
        const size_t pixels = std::min(tile, end - first);
        gather_({&g, input, group * group_channels_, group_channels_, first, pixels, padding_,
                 input_flip_, scratch, patch_bytes_});
        gemm_({weights.matrix(), scratch, pixels, patch_bytes_, tile * patch_bytes_, 0,
               output + first * g.output_channels + group * weights.columns, g.output_channels,
               gemm_scratch});
      }
    }
  }
}

}  // namespace intlite
