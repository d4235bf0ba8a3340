// transpose_conv.cc: phases packed at load; run one by one, their pixels interleaved.
#include "transpose_conv.h"

#include <algorithm>
#include <cstring>

namespace intlite {

TransposeConv2D::TransposeConv2D(const WindowGeometry& geometry, const PackArgs& args,
                                 const KernelTable& kernels)
    : Kernel({geometry.input_bytes()}, {geometry.output_bytes()}),
      geometry_(geometry),
      input_flip_(
          activation_transform(kernels.layout, args.input_unsigned, args.input_zero_point).flip),
      padding_(static_cast<uint8_t>(args.input_zero_point)),
      has_gaps_(geometry.filter_height < geometry.stride_height ||
                geometry.filter_width < geometry.stride_width),
      gather_(kernels.gather_patches),
      convolve_(kernels.convolve),
      gemm_(kernels.gemm) {
  PackArgs none = args;
  none.depth = 0;
  nothing_ = pack_weights(none, kernels.layout);
  for (const TransposePhase& phase : transpose_phases(geometry)) add_phase(phase, args, kernels);
}

void TransposeConv2D::add_phase(const TransposePhase& of, const PackArgs& args,
                                const KernelTable& kernels) {
  const WindowGeometry& g = geometry_;
  PackArgs phase = args;
  phase.depth = of.depth();
  const std::vector<uint8_t> taps = phase_weights(g, of, args.weights);
  phase.weights = taps.data();
  phases_.emplace_back();
  Phase& made = phases_.back();
  made.window = of.window;
  made.first_row = of.first_row;
  made.first_column = of.first_column;
  made.patch_bytes = round_up(phase.depth, kDepthPadding);
  made.by_lines =
      convolve_ != nullptr && plan_convolve(of.window, g.input_channels, args.columns,
                                            kernels.layout.in_pairs ? 2 : 1, &made.plan);
  if (!made.by_lines) {
    made.weights = pack_weights(phase, kernels.layout);
    return;
  }
  const size_t depth = made.plan.depth(), padding = depth - phase.depth;
  const std::vector<uint8_t> padded =
      convolve_weights(made.plan, phase.weights, args.columns, args.weights_unsigned ? 0x80 : 0);
  phase.weights = padded.data();
  phase.depth = depth;
  made.weights = pack_weights(phase, kernels.layout, padding);
}

// Patches, then the GEMM's working memory, then output pixels before they are spread.
size_t TransposeConv2D::scratch_bytes(const Phase& phase) const {
  if (phase.by_lines) return ConvolveScratch(phase.plan, nowhere()).size;
  const size_t tile = patch_tile(phase.patch_bytes);
  return tile * phase.patch_bytes + kPatchSlack + gemm_scratch_size(phase.weights.depth) +
         round_up(tile * pixel_bytes(), 64);
}

size_t TransposeConv2D::scratch_bytes() const {
  size_t most = round_up(pixel_bytes(), 64) + gemm_scratch_size(0);
  for (const Phase& phase : phases_) most = std::max(most, scratch_bytes(phase));
  return most;
}

void TransposeConv2D::fill(const QuantizedRow* quantized, uint8_t* output, uint8_t* scratch) const {
  const size_t bytes = pixel_bytes();
  gemm_({.weights = nothing_.matrix(),
         .input = scratch,
         .rows = 1,
         .input_stride = 0,
         .readable = 0,
         .input_flip = 0,
         .output = scratch,
         .output_stride = bytes,
         .scratch = scratch + round_up(bytes, 64),
         .quantized = {quantized, true}});
  for (size_t pixel = 0; pixel < geometry_.output_pixels(); ++pixel)
    std::memcpy(output + pixel * bytes, scratch, bytes);
}

// Straight to where the phase's pixels are in the output.
void TransposeConv2D::run_lines(const Phase& phase, Part part, const uint8_t* image,
                                const QuantizedRow* quantized, uint8_t* output,
                                uint8_t* scratch) const {
  const WindowGeometry& g = geometry_;
  const size_t first = part.begin(phase.window.output_height);
  const size_t end = part.end(phase.window.output_height);
  if (first == end) return;
  const size_t pixel = pixel_bytes(), row = g.output_width * pixel;
  convolve_({.plan = &phase.plan,
             .groups = &phase.weights,
             .group_count = 1,
             .input = image,
             .first_row = first,
             .end_row = end,
             .output = output + (phase.first_row + first * g.stride_height) * row +
                       phase.first_column * pixel,
             .pixel_bytes = g.stride_width * pixel,
             .row_bytes = g.stride_height * row,
             .padding = padding_of(quantized),
             .flip = input_flip_,
             .scratch = scratch,
             .first_panel = 0,
             .end_panel = phase.weights.matrix().panels(),
             .quantized = quantized});
}

void TransposeConv2D::run_patches(const Phase& phase, Part part, const uint8_t* image,
                                  const QuantizedRow* quantized, uint8_t* output,
                                  uint8_t* scratch) const {
  const WindowGeometry &g = geometry_, &w = phase.window;
  const size_t pixel_size = pixel_bytes(), bytes = phase.patch_bytes;
  const size_t tile = patch_tile(bytes);
  uint8_t* pixels = scratch + tile * bytes + kPatchSlack;
  uint8_t* gemm_scratch = pixels + round_up(tile * pixel_size, 64);
  const size_t end = part.end(w.output_pixels(), kBlockRows);
  for (size_t first = part.begin(w.output_pixels(), kBlockRows); first < end; first += tile) {
    const size_t count = std::min(tile, end - first);
    gather_({.geometry = &w,
             .image = image,
             .first_channel = 0,
             .channels = g.input_channels,
             .first_pixel = first,
             .pixels = count,
             .padding = padding_of(quantized),
             .flip = input_flip_,
             .patches = scratch,
             .stride = bytes});
    gemm_({.weights = phase.weights.matrix(),
           .input = scratch,
           .rows = count,
           .input_stride = bytes,
           .readable = tile * bytes,
           .input_flip = 0,
           .output = pixels,
           .output_stride = pixel_size,
           .scratch = gemm_scratch,
           .quantized = {quantized, true}});
    for (size_t i = 0; i < count; ++i) {
      const size_t pixel = first + i;
      const size_t y = phase.first_row + pixel / w.output_width * g.stride_height;
      const size_t x = phase.first_column + pixel % w.output_width * g.stride_width;
      std::memcpy(output + (y * g.output_width + x) * pixel_size, pixels + i * pixel_size,
                  pixel_size);
    }
  }
}

size_t TransposeConv2D::parts(size_t samples) const {
  // What nothing reaches is written first, everywhere, then what the phases reach.
  if (has_gaps_) return 1;
  size_t products = 0;
  for (const Phase& phase : phases_)
    products += phase.window.output_pixels() * phase.weights.depth * phase.weights.columns;
  return 1 + samples * geometry_.images * products / kProductsOfPart;
}

void TransposeConv2D::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                          uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void TransposeConv2D::run_part(const uint8_t* const* inputs, uint8_t* const* outputs,
                               size_t samples, Part part, uint8_t* scratch) const noexcept {
  const WindowGeometry& g = geometry_;
  for (size_t image = 0; image < samples * g.images; ++image)
    run_image(part, inputs[0] + image * g.input_pixels() * g.input_channels, nullptr,
              outputs[0] + image * g.output_pixels() * pixel_bytes(), scratch);
}

void TransposeConv2D::run_image(Part part, const uint8_t* image, const QuantizedRow* quantized,
                                uint8_t* output, uint8_t* scratch) const noexcept {
  if (has_gaps_) fill(quantized, output, scratch);
  for (const Phase& phase : phases_) {
    if (phase.by_lines)
      run_lines(phase, part, image, quantized, output, scratch);
    else
      run_patches(phase, part, image, quantized, output, scratch);
  }
}

}  // namespace intlite
