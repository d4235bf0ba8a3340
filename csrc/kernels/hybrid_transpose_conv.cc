// hybrid_transpose_conv.cc: float32 sums in the order of LiteRT's kernel.
#include "hybrid_transpose_conv.h"

#include <algorithm>

namespace intlite {

ScatteredTransposeConv2D::ScatteredTransposeConv2D(const WindowGeometry& g, const uint8_t* weights,
                                                   const RealEpilogueArgs& epilogue,
                                                   RowRounding rounding, const KernelTable& kernels)
    : Kernel({g.input_bytes() * sizeof(float)}, {g.output_bytes() * sizeof(float)}),
      geometry_(g),
      quantizer_(g.input_pixels() * g.input_channels, rounding, kernels),
      scales_(epilogue.scales, epilogue.scales + g.output_channels),
      bias_(epilogue.bias, epilogue.bias + g.output_channels),
      stage_(epilogue.stage),
      is_unsigned_(!kernels.layout.activations_signed) {
  const size_t taps = g.filter_height * g.filter_width * g.input_channels;
  weights_.resize(taps * g.output_channels);
  for (size_t n = 0; n < g.output_channels; ++n)
    for (size_t k = 0; k < taps; ++k)
      weights_[k * g.output_channels + n] =
          static_cast<float>(static_cast<int8_t>(weights[n * taps + k]));
}

void ScatteredTransposeConv2D::run(const uint8_t* const* inputs, uint8_t* const* outputs,
                                   size_t samples, uint8_t* scratch) const noexcept {
  const WindowGeometry& g = geometry_;
  const float* image = reinterpret_cast<const float*>(inputs[0]);
  float* output = reinterpret_cast<float*>(outputs[0]);
  const size_t values = g.output_pixels() * g.output_channels;
  for (size_t i = 0; i < samples * g.images; ++i, output += values) {
    const float* from = image + i * quantizer_.values();
    const QuantizedRow row = quantizer_.measure(from);
    quantizer_.quantize(from, 0, quantizer_.values(), row, scratch);
    std::fill_n(output, values, 0.0f);
    scatter(scratch, row, output);
    for (size_t k = 0; k < values; ++k) {
      const float y = output[k] + bias_[k % g.output_channels];
      output[k] = y < stage_.min ? stage_.min : y > stage_.max ? stage_.max : y;
    }
  }
}

void ScatteredTransposeConv2D::scatter(const uint8_t* image, const QuantizedRow& row,
                                       float* output) const {
  const WindowGeometry& g = geometry_;
  const size_t outputs = g.output_channels;
  const float* scales = scales_.data();
  for (size_t y = 0; y < g.input_height; ++y) {
    for (size_t x = 0; x < g.input_width; ++x) {
      for (size_t c = 0; c < g.input_channels; ++c, ++image) {
        const int32_t stored = is_unsigned_ ? *image : static_cast<int8_t>(*image);
        const float value = static_cast<float>(stored - row.zero_point);
        for (size_t i = 0; i < g.filter_height; ++i) {
          // Rows before the output wrap around to huge ones.
          const size_t to_y = y * g.stride_height + i - g.pad_top;
          if (to_y >= g.output_height) continue;
          for (size_t j = 0; j < g.filter_width; ++j) {
            const size_t to_x = x * g.stride_width + j - g.pad_left;
            if (to_x >= g.output_width) continue;
            float* to = output + (to_y * g.output_width + to_x) * outputs;
            const float* tap =
                weights_.data() + ((i * g.filter_width + j) * g.input_channels + c) * outputs;
            for (size_t n = 0; n < outputs; ++n) to[n] += value * tap[n] * scales[n] * row.scale;
          }
        }
      }
    }
  }
}

}  // namespace intlite
