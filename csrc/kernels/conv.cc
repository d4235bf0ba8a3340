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
  for (const PackArgs& args : groups)
    groups_.push_back(pack_weights(args, kernels.weights_in_pairs));
  const ConvGeometry& g = geometry_;
  pointwise_ = g.filter_height == 1 && g.filter_width == 1 && g.stride_height == 1 &&
               g.stride_width == 1 && g.pad_top == 0 && g.pad_left == 0 && groups_.size() == 1;
}

size_t Conv2D::scratch_bytes() const {
  const size_t patches = patch_tile(patch_bytes_) * patch_bytes_ + kPatchSlack;
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
  const size_t tile = patch_tile(patch_bytes_), pixels = g.output_pixels();
  uint8_t* gemm_scratch = scratch + tile * patch_bytes_ + kPatchSlack;
  const size_t end = part.end(images * pixels, kBlockRows);
  for (size_t group = 0; group < groups_.size(); ++group) {
    const PackedWeights& weights = groups_[group];
    for (size_t first = part.begin(images * pixels, kBlockRows); first < end; first += tile) {
      const size_t count = std::min(tile, end - first);
      // The rows of small images fill a tile together.
      for (size_t done = 0; done < count;) {
        const size_t image = (first + done) / pixels, pixel = (first + done) % pixels;
        const size_t some = std::min(count - done, pixels - pixel);
        gather_({&g, inputs[0] + image * g.input_pixels() * g.input_channels,
                 group * group_channels_, group_channels_, pixel, some, padding_, input_flip_,
                 scratch + done * patch_bytes_, patch_bytes_});
        done += some;
      }
      gemm_({weights.matrix(), scratch, count, patch_bytes_, tile * patch_bytes_, 0,
             outputs[0] + first * g.output_channels + group * weights.columns, g.output_channels,
             gemm_scratch});
    }
  }
}

}  // namespace intlite
