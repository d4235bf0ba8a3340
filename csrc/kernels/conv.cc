// conv.cc: which way a convolution goes, chosen when it is made.
#include "conv.h"

namespace intlite {

Conv2D::Conv2D(const WindowGeometry& geometry, const std::vector<PackArgs>& groups,
               const KernelTable& kernels)
    : Kernel({geometry.input_bytes()}, {geometry.output_bytes()}),
      geometry_(geometry),
      group_channels_(geometry.input_channels / groups.size()),
      patch_bytes_(round_up(geometry.filter_height * geometry.filter_width * group_channels_,
                            kDepthPadding)),
      input_flip_(activation_transform(kernels.layout, groups.front().input_unsigned,
                                       groups.front().input_zero_point)
                      .flip),
      padding_(static_cast<uint8_t>(groups.front().input_zero_point)),
      gather_(kernels.gather_patches),
      convolve_(kernels.convolve),
      gemm_(kernels.gemm) {
  const WindowGeometry& g = geometry_;
  way_ = Way::kPatches;
  if (g.filter_height == 1 && g.filter_width == 1 && g.stride_height == 1 && g.stride_width == 1 &&
      g.pad_top == 0 && g.pad_left == 0 && g.output_height == g.input_height &&
      g.output_width == g.input_width && groups.size() == 1)
    way_ = Way::kPointwise;
  else if (convolve_ != nullptr && plan_convolve(g, group_channels_, groups.front().columns,
                                                 kernels.layout.in_pairs ? 2 : 1, &plan_))
    way_ = Way::kLines;
  for (const PackArgs& args : groups) {
    if (way_ != Way::kLines || plan_.padded_values == plan_.segment_values) {
      groups_.push_back(pack_weights(args, kernels.layout));
      continue;
    }
    const std::vector<uint8_t> padded =
        convolve_weights(plan_, args.weights, args.columns, args.weights_unsigned ? 0x80 : 0);
    PackArgs by_lines = args;
    by_lines.weights = padded.data();
    by_lines.depth = plan_.depth();
    groups_.push_back(pack_weights(by_lines, kernels.layout, plan_.depth() - args.depth));
  }
}

size_t Conv2D::scratch_bytes() const {
  if (way_ == Way::kLines) return ConvolveScratch(plan_, nowhere()).size;
  const size_t patches = patch_tile(patch_bytes_) * patch_bytes_ + kPatchSlack;
  return (way_ == Way::kPointwise ? 0 : patches) + gemm_scratch_size(groups_.front().depth);
}

size_t Conv2D::parts(size_t samples) const {
  const WindowGeometry& g = geometry_;
  const size_t depth = g.filter_height * g.filter_width * group_channels_;
  return 1 + samples * g.images * g.output_pixels() * g.output_channels * depth / kProductsOfPart;
}

void Conv2D::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Conv2D::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      Part part, uint8_t* scratch) const noexcept {
  const WindowGeometry& g = geometry_;
  const size_t images = samples * g.images, pixels = images * g.output_pixels();
  const PackedMatrix w = groups_[0].matrix();
  if (way_ == Way::kLines) {
    const size_t line = g.stride_height * g.input_width * g.input_channels;
    const MatrixSplit mine = split_matrix(part, images * g.output_height, 1, line, w);
    run_lines(inputs[0], outputs[0] + mine.first_row * g.output_width * g.output_channels, mine,
              nullptr, scratch);
    return;
  }
  if (way_ == Way::kPatches) {
    const size_t first = part.begin(pixels, kBlockRows);
    run_patches(inputs[0], outputs[0] + first * g.output_channels, first,
                part.end(pixels, kBlockRows), nullptr, scratch);
    return;
  }
  multiply_part(gemm_, w, part, pixels, inputs[0], input_flip_, outputs[0], scratch);
}

void Conv2D::compute_rows(const uint8_t* const* inputs, uint8_t* output, size_t first, size_t end,
                          uint8_t* scratch) const noexcept {
  run_rows(inputs[0], output, first, end, nullptr, scratch);
}

void Conv2D::run_rows(const uint8_t* input, uint8_t* output, size_t first, size_t end,
                      const QuantizedRow* quantized, uint8_t* scratch) const noexcept {
  const PackedMatrix w = groups_[0].matrix();
  const size_t first_pixel = first * geometry_.output_width;
  const size_t end_pixel = end * geometry_.output_width;
  if (way_ == Way::kLines)
    run_lines(input, output, {first, end, 0, w.panels()}, quantized, scratch);
  else if (way_ == Way::kPatches)
    run_patches(input, output, first_pixel, end_pixel, quantized, scratch);
  else
    multiply_part(gemm_, w, {}, end_pixel - first_pixel, input + first_pixel * w.depth, input_flip_,
                  output, scratch, {quantized, true});
}

void Conv2D::run_lines(const uint8_t* input, uint8_t* output, const MatrixSplit& mine,
                       const QuantizedRow* quantized, uint8_t* scratch) const noexcept {
  if (mine.is_empty()) return;
  convolve_({.plan = &plan_,
             .groups = groups_.data(),
             .group_count = groups_.size(),
             .input = input,
             .first_row = mine.first_row,
             .end_row = mine.end_row,
             .output = output,
             .pixel_bytes = pixel_bytes(),
             .row_bytes = geometry_.output_width * pixel_bytes(),
             .padding = padding_of(quantized),
             .flip = input_flip_,
             .scratch = scratch,
             .first_panel = mine.first_panel,
             .end_panel = mine.end_panel,
             .quantized = quantized});
}

void Conv2D::run_patches(const uint8_t* input, uint8_t* output, size_t first_pixel,
                         size_t end_pixel, const QuantizedRow* quantized,
                         uint8_t* scratch) const noexcept {
  const WindowGeometry& g = geometry_;
  const size_t tile = patch_tile(patch_bytes_), pixels = g.output_pixels();
  uint8_t* gemm_scratch = scratch + tile * patch_bytes_ + kPatchSlack;
  for (size_t group = 0; group < groups_.size(); ++group) {
    const PackedWeights& weights = groups_[group];
    for (size_t first = first_pixel; first < end_pixel; first += tile) {
      const size_t count = std::min(tile, end_pixel - first);
      // The rows of small images fill a tile together.
      for (size_t done = 0; done < count;) {
        const size_t image = (first + done) / pixels, pixel = (first + done) % pixels;
        const size_t some = std::min(count - done, pixels - pixel);
        gather_({.geometry = &g,
                 .image = input + image * g.input_pixels() * g.input_channels,
                 .first_channel = group * group_channels_,
                 .channels = group_channels_,
                 .first_pixel = pixel,
                 .pixels = some,
                 .padding = padding_of(quantized),
                 .flip = input_flip_,
                 .patches = scratch + done * patch_bytes_,
                 .stride = patch_bytes_});
        done += some;
      }
      gemm_({.weights = weights.matrix(),
             .input = scratch,
             .rows = count,
             .input_stride = patch_bytes_,
             .readable = tile * patch_bytes_,
             .input_flip = 0,
             .output = output + (first - first_pixel) * pixel_bytes() +
                       group * weights.columns * weights.epilogue.value_bytes(),
             .output_stride = pixel_bytes(),
             .scratch = gemm_scratch,
             .quantized = {quantized, true}});
    }
  }
}

}  // namespace intlite
