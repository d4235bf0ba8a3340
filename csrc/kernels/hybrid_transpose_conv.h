// hybrid_transpose_conv.h: TRANSPOSE_CONV of float32 images by int8 weights, each image quantized
// by its own extremes.
//
// Takes and gives float32, any. Sizes are those of transpose_conv.h.
#pragma once

#include "image_quantizer.h"
#include "transpose_conv.h"

namespace intlite {

// Sums of integers, then float32 factors, as XNNPACK has it.
class HybridTransposeConv2D final : public Kernel {
 public:
  HybridTransposeConv2D(const WindowGeometry& geometry, const PackArgs& weights,
                        RowRounding rounding, const KernelTable& kernels)
      : Kernel({geometry.input_bytes() * sizeof(float)}, {geometry.output_bytes() * sizeof(float)}),
        images_(geometry.images),
        pixels_(geometry.input_pixels()),
        weights_(weights.depth * weights.columns),
        output_image_(geometry.output_pixels() * geometry.output_channels * sizeof(float)),
        quantizer_(geometry.input_pixels() * geometry.input_channels, rounding, kernels),
        convolution_(geometry, weights, kernels) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t scratch_bytes() const override {
    return quantizer_.bytes() + convolution_.scratch_bytes();
  }
  size_t parts(size_t samples) const override {
    return quantizer_.parts(convolution_.parts(samples), pixels_, weights_);
  }
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override {
    const float* image = reinterpret_cast<const float*>(inputs[0]);
    for (size_t i = 0; i < samples * images_; ++i, image += quantizer_.values()) {
      const QuantizedRow row = quantizer_.measure(image);
      quantizer_.quantize(image, 0, quantizer_.values(), row, scratch);
      convolution_.run_image(part, scratch, &row, outputs[0] + i * output_image_,
                             scratch + quantizer_.bytes());
    }
  }

 private:
  size_t images_, pixels_, weights_, output_image_;
  ImageQuantizer quantizer_;
  TransposeConv2D convolution_;
};

// LiteRT's own kernel: no sums of integers, each product is multiplied by its factors and added as
// float32, pixel by pixel and channel by channel of the input.
class ScatteredTransposeConv2D final : public Kernel {
 public:
  // Weights are [outputs][height][width][inputs], int8.
  ScatteredTransposeConv2D(const WindowGeometry& geometry, const uint8_t* weights,
                           const RealEpilogueArgs& epilogue, RowRounding rounding,
                           const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override { return quantizer_.bytes(); }

 private:
  void scatter(const uint8_t* image, const QuantizedRow& row, float* output) const;

  WindowGeometry geometry_;
  ImageQuantizer quantizer_;
  std::vector<float> weights_;  // [height][width][inputs][outputs]
  std::vector<float> scales_, bias_;
  RealStage stage_;
  bool is_unsigned_;  // the quantized values
};

}  // namespace intlite
