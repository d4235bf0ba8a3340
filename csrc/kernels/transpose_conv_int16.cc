// transpose_conv_int16.cc: phases packed at load, and run one by one.
#include "transpose_conv_int16.h"

#include <cstring>

namespace intlite {
namespace {

constexpr size_t kValueBytes = sizeof(int16_t);

}  // namespace

TransposeConvInt16::TransposeConvInt16(const WindowGeometry& g, const PackInt16Args& args,
                                       const KernelTable& kernels)
    : Kernel({g.input_bytes() * kValueBytes}, {g.output_bytes() * kValueBytes}), geometry_(g) {
  for (const TransposePhase& place : transpose_phases(g)) {
    const std::vector<uint8_t> weights =
        phase_weights(g, place, reinterpret_cast<const uint8_t*>(args.weights));
    PackInt16Args phase = args;
    phase.depth = phase.column_stride = place.depth();
    phase.weights = reinterpret_cast<const int8_t*>(weights.data());
    phases_.push_back({place, PatchesInt16(place.window, 0, phase, kernels)});
  }
  if (g.filter_height >= g.stride_height && g.filter_width >= g.stride_width) return;
  PackInt16Args none = args;
  none.depth = none.column_stride = 0;
  const PackedInt16 packed = pack_int16(none);
  nothing_.resize(args.columns * kValueBytes);
  kernels.gemm_int16({.weights = packed.matrix(),
                      .input = nowhere(),
                      .rows = 1,
                      .input_stride = 0,
                      .readable = 0,
                      .output = nothing_.data(),
                      .output_stride = nothing_.size(),
                      .scratch = nullptr});
}

size_t TransposeConvInt16::scratch_bytes() const {
  size_t most = 0;
  for (const Phase& phase : phases_) most = std::max(most, phase.patches.scratch_bytes());
  return most;
}

size_t TransposeConvInt16::parts(size_t samples) const {
  // What nothing reaches is written first, everywhere, then what the phases reach.
  if (!nothing_.empty()) return 1;
  size_t products = 0;
  for (const Phase& phase : phases_)
    products += phase.place.window.output_pixels() * phase.place.depth();
  return 1 + samples * geometry_.images * products * geometry_.output_channels / kProductsOfPart;
}

void TransposeConvInt16::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                             uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

// Row by row, each straight to where its pixels are in the output.
void TransposeConvInt16::run_phase(const Phase& phase, Part part, const uint8_t* image,
                                   uint8_t* output, uint8_t* scratch) const {
  const WindowGeometry &g = geometry_, &w = phase.place.window;
  const size_t pixel = g.output_channels * kValueBytes;
  const size_t end = part.end(w.output_height);
  for (size_t y = part.begin(w.output_height); y < end; ++y) {
    const size_t row = phase.place.first_row + y * g.stride_height;
    phase.patches.run(image, y * w.output_width, (y + 1) * w.output_width,
                      output + (row * g.output_width + phase.place.first_column) * pixel,
                      g.stride_width * pixel, scratch);
  }
}

void TransposeConvInt16::run_part(const uint8_t* const* inputs, uint8_t* const* outputs,
                                  size_t samples, Part part, uint8_t* scratch) const noexcept {
  const WindowGeometry& g = geometry_;
  if (output_bytes()[0] == 0) return;
  const size_t input = g.input_pixels() * g.input_channels * kValueBytes;
  const size_t output = g.output_pixels() * g.output_channels * kValueBytes;
  for (size_t i = 0; i < samples * g.images; ++i) {
    uint8_t* to = outputs[0] + i * output;
    if (!nothing_.empty())
      for (size_t pixel = 0; pixel < g.output_pixels(); ++pixel)
        std::memcpy(to + pixel * nothing_.size(), nothing_.data(), nothing_.size());
    for (const Phase& phase : phases_) run_phase(phase, part, inputs[0] + i * input, to, scratch);
  }
}

}  // namespace intlite
