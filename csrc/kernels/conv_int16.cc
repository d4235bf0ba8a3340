// conv_int16.cc: patches of bytes, multiplied as int16.
#include "conv_int16.h"

#include "fully_connected_int16.h"

namespace intlite {
namespace {

constexpr size_t kValueBytes = sizeof(int16_t);

std::vector<size_t> sizes_of(size_t values) { return {values * kValueBytes}; }

}  // namespace

PatchesInt16::PatchesInt16(const WindowGeometry& geometry, size_t first_channel,
                           const PackInt16Args& args, const KernelTable& kernels)
    : geometry_(geometry),
      bytes_(geometry),
      first_byte_(first_channel * kValueBytes),
      patch_bytes_(round_up(args.depth * kValueBytes, kDepthPadding)),
      weights_(pack_int16(args)),
      gather_(kernels.gather_patches),
      gemm_(kernels.gemm_int16) {
  bytes_.input_channels *= kValueBytes;
}

size_t PatchesInt16::scratch_bytes() const { return tile() * patch_bytes_ + kPatchSlack; }

void PatchesInt16::run(const uint8_t* image, size_t first_pixel, size_t end_pixel, uint8_t* output,
                       size_t output_stride, uint8_t* scratch) const {
  const size_t taps = bytes_.filter_height * bytes_.filter_width;
  for (size_t first = first_pixel; first < end_pixel; first += tile()) {
    const size_t count = std::min(tile(), end_pixel - first);
    gather_({.geometry = &bytes_,
             .image = image,
             .first_channel = first_byte_,
             .channels = weights_.depth / taps * kValueBytes,
             .first_pixel = first,
             .pixels = count,
             .padding = 0,
             .flip = 0,
             .patches = scratch,
             .stride = patch_bytes_});
    gemm_({.weights = weights_.matrix(),
           .input = scratch,
           .rows = count,
           .input_stride = patch_bytes_,
           .readable = count * patch_bytes_,
           .output = output + (first - first_pixel) * output_stride,
           .output_stride = output_stride,
           .scratch = nullptr});
  }
}

Conv2DInt16::Conv2DInt16(const WindowGeometry& g, const std::vector<PackInt16Args>& groups,
                         const KernelTable& kernels)
    : Kernel(sizes_of(g.input_bytes()), sizes_of(g.output_bytes())),
      geometry_(g),
      is_pointwise_(g.filter_height == 1 && g.filter_width == 1 && g.stride_height == 1 &&
                    g.stride_width == 1 && g.pad_top == 0 && g.pad_left == 0 &&
                    g.output_height == g.input_height && g.output_width == g.input_width &&
                    groups.size() == 1),
      gemm_(kernels.gemm_int16) {
  const size_t channels = g.input_channels / groups.size();
  for (size_t i = 0; i < groups.size(); ++i)
    groups_.emplace_back(g, i * channels, groups[i], kernels);
}

size_t Conv2DInt16::scratch_bytes() const {
  return is_pointwise_ ? groups_[0].weights().matrix().row_bytes() : groups_[0].scratch_bytes();
}

size_t Conv2DInt16::parts(size_t samples) const {
  const WindowGeometry& g = geometry_;
  const size_t depth = groups_[0].weights().depth;
  return 1 + samples * g.images * g.output_pixels() * g.output_channels * depth / kProductsOfPart;
}

void Conv2DInt16::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Conv2DInt16::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t* scratch) const noexcept {
  const WindowGeometry& g = geometry_;
  const size_t pixels = g.output_pixels(), all = samples * g.images * pixels;
  if (is_pointwise_) {
    multiply_int16_part(gemm_, groups_[0].weights().matrix(), part, all, inputs[0], outputs[0],
                        scratch);
    return;
  }
  const size_t end = part.end(all, kPartRows), pixel_bytes = g.output_channels * kValueBytes;
  const size_t image_bytes = g.input_pixels() * g.input_channels * kValueBytes;
  for (size_t first = part.begin(all, kPartRows); first < end;) {
    const size_t image = first / pixels, pixel = first % pixels;
    const size_t some = std::min(end - first, pixels - pixel);
    uint8_t* output = outputs[0] + first * pixel_bytes;
    for (const PatchesInt16& group : groups_) {
      group.run(inputs[0] + image * image_bytes, pixel, pixel + some, output, pixel_bytes, scratch);
      output += group.weights().columns * kValueBytes;
    }
    first += some;
  }
}

}  // namespace intlite
