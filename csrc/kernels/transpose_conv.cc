// transpose_conv.cc: phases packed at load; run one by one, their pixels interleaved.
#include "transpose_conv.h"

#include <algorithm>
#include <cstring>

namespace intlite {

TransposeConv2D::TransposeConv2D(const ConvGeometry& geometry, const PackArgs& args,
                                 const KernelTable& kernels)
    : Kernel({geometry.images * geometry.input_pixels() * geometry.input_channels},
             {geometry.images * geometry.output_pixels() * geometry.output_channels}),
      geometry_(geometry),
      input_flip_(args.input_unsigned ? 0 : 0x80),
      padding_(static_cast<uint8_t>(args.input_zero_point)),
      has_gaps_(geometry.filter_height < geometry.stride_height ||
                geometry.filter_width < geometry.stride_width),
      gather_(kernels.gather_patches),
      convolve_(kernels.convolve),
      gemm_(kernels.gemm) {
  PackArgs none = args;
  none.depth = 0;
  nothing_ = pack_weights(none, kernels.layout);
  for (size_t y = 0; y < std::min(geometry.filter_height, geometry.stride_height); ++y)
    for (size_t x = 0; x < std::min(geometry.filter_width, geometry.stride_width); ++x)
      add_phase(y, x, args, kernels);
}

TransposeConv2D::Line TransposeConv2D::line(size_t remainder, size_t filter, size_t stride,
                                            size_t pad, size_t output) {
  Line l{};
  l.taps = (filter - remainder + stride - 1) / stride;
  l.first = (remainder + stride - pad % stride) % stride;
  l.count = l.first < output ? (output - l.first + stride - 1) / stride : 0;
  // Output number i reads inputs (first + pad) / stride + i and the taps - 1 before it.
  l.pad = l.taps - 1 - (l.first + pad) / stride;
  return l;
}

void TransposeConv2D::add_phase(size_t remainder_y, size_t remainder_x, const PackArgs& args,
                                const KernelTable& kernels) {
  const ConvGeometry& g = geometry_;
  const Line rows = line(remainder_y, g.filter_height, g.stride_height, g.pad_top, g.output_height);
  const Line columns =
      line(remainder_x, g.filter_width, g.stride_width, g.pad_left, g.output_width);
  if (rows.count == 0 || columns.count == 0) return;
  PackArgs phase = args;
  phase.depth = rows.taps * columns.taps * g.input_channels;
  std::vector<uint8_t> taps(args.columns * phase.depth);
  uint8_t* tap = taps.data();
  for (size_t n = 0; n < args.columns; ++n) {
    for (size_t i = rows.taps; i-- > 0;) {
      for (size_t j = columns.taps; j-- > 0; tap += g.input_channels) {
        const size_t y = remainder_y + i * g.stride_height, x = remainder_x + j * g.stride_width;
        const size_t at = ((n * g.filter_height + y) * g.filter_width + x) * g.input_channels;
        std::memcpy(tap, args.weights + at, g.input_channels);
      }
    }
  }
  phase.weights = taps.data();
  const ConvGeometry window{g.images,
                            g.input_height,
                            g.input_width,
                            g.input_channels,
                            rows.count,
                            columns.count,
                            args.columns,
                            rows.taps,
                            columns.taps,
                            1,
                            1,
                            1,
                            1,
                            rows.pad,
                            columns.pad};
  phases_.emplace_back();
  Phase& made = phases_.back();
  made.window = window;
  made.first_row = rows.first;
  made.first_column = columns.first;
  made.patch_bytes = round_up(phase.depth, kDepthPadding);
  made.by_lines =
      convolve_ != nullptr && plan_convolve(window, g.input_channels, args.columns,
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
         round_up(tile * geometry_.output_channels, 64);
}

size_t TransposeConv2D::scratch_bytes() const {
  size_t most = round_up(geometry_.output_channels, 64) + gemm_scratch_size(0);
  for (const Phase& phase : phases_) most = std::max(most, scratch_bytes(phase));
  return most;
}

void TransposeConv2D::fill(uint8_t* output, uint8_t* scratch) const {
  const size_t channels = geometry_.output_channels;
  gemm_({nothing_.matrix(), scratch, 1, 0, 0, 0, scratch, channels,
         scratch + round_up(channels, 64)});
  for (size_t pixel = 0; pixel < geometry_.output_pixels(); ++pixel)
    std::memcpy(output + pixel * channels, scratch, channels);
}

// Straight to where the phase's pixels are in the output.
void TransposeConv2D::run_lines(const Phase& phase, Part part, const uint8_t* image,
                                uint8_t* output, uint8_t* scratch) const {
  const ConvGeometry& g = geometry_;
  const size_t first = part.begin(phase.window.output_height);
  const size_t end = part.end(phase.window.output_height);
  if (first == end) return;
  const size_t pixel = g.output_channels, row = g.output_width * pixel;
  convolve_(
      {&phase.plan, &phase.weights, 1, image, first, end,
       output + (phase.first_row + first * g.stride_height) * row + phase.first_column * pixel,
       g.stride_width * pixel, g.stride_height * row, padding_, input_flip_, scratch, 0,
       phase.weights.matrix().panels()});
}

void TransposeConv2D::run_patches(const Phase& phase, Part part, const uint8_t* image,
                                  uint8_t* output, uint8_t* scratch) const {
  const ConvGeometry &g = geometry_, &w = phase.window;
  const size_t channels = g.output_channels, bytes = phase.patch_bytes;
  const size_t tile = patch_tile(bytes);
  uint8_t* pixels = scratch + tile * bytes + kPatchSlack;
  uint8_t* gemm_scratch = pixels + round_up(tile * channels, 64);
  const size_t end = part.end(w.output_pixels(), kBlockRows);
  for (size_t first = part.begin(w.output_pixels(), kBlockRows); first < end; first += tile) {
    const size_t count = std::min(tile, end - first);
    gather_({&w, image, 0, g.input_channels, first, count, padding_, input_flip_, scratch, bytes});
    gemm_({phase.weights.matrix(), scratch, count, bytes, tile * bytes, 0, pixels, channels,
           gemm_scratch});
    for (size_t i = 0; i < count; ++i) {
      const size_t pixel = first + i;
      const size_t y = phase.first_row + pixel / w.output_width * g.stride_height;
      const size_t x = phase.first_column + pixel % w.output_width * g.stride_width;
      std::memcpy(output + (y * g.output_width + x) * channels, pixels + i * channels, channels);
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
  const ConvGeometry& g = geometry_;
  for (size_t image = 0; image < samples * g.images; ++image) {
    uint8_t* output = outputs[0] + image * g.output_pixels() * g.output_channels;
    if (has_gaps_) fill(output, scratch);
    const uint8_t* input = inputs[0] + image * g.input_pixels() * g.input_channels;
    for (const Phase& phase : phases_) {
      if (phase.by_lines)
        run_lines(phase, part, input, output, scratch);
      else
        run_patches(phase, part, input, output, scratch);
    }
  }
}

}  // namespace intlite
