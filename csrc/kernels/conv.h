// conv.h: CONV_2D on int8 or uint8: the GEMM on lines of the image, or on gathered patches.
//
// Takes int8 or uint8 images and weights, each of its own; biases and sums of int32, modulo 2^32;
// gives int8 or uint8. Numbers of channels have the ranges of fully_connected.h. Heights, widths,
// strides, dilations and padding are below 2^31, filters, strides and dilations at least 1; images
// have at most 2^48 elements together; both numbers of channels are whole numbers of groups.
#pragma once

#include "../simd/dispatch.h"
#include "matrix_split.h"

namespace intlite {

class Conv2D final : public Kernel {
 public:
  // One set of packed weights a group: depth filter_height * filter_width *
  // input_channels / groups, columns output_channels / groups.
  Conv2D(const WindowGeometry& geometry, const std::vector<PackArgs>& groups,
         const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;
  size_t rows() const override { return geometry_.images * geometry_.output_height; }
  void compute_rows(const uint8_t* const* inputs, uint8_t* output, size_t first, size_t end,
                    uint8_t* scratch) const noexcept override;
  // The same of one image that was quantized by its own extremes; the outputs are float32.
  void compute_image(const uint8_t* image, const QuantizedRow& quantized, uint8_t* output,
                     size_t first, size_t end, uint8_t* scratch) const noexcept {
    run_rows(image, output, first, end, &quantized, scratch);
  }

 private:
  WindowGeometry geometry_;
  size_t group_channels_, patch_bytes_;
  uint8_t input_flip_, padding_;
  // `output` is where the first of the rows, or pixels, goes; `quantized` is the one image's, or
  // null.
  void run_rows(const uint8_t* input, uint8_t* output, size_t first, size_t end,
                const QuantizedRow* quantized, uint8_t* scratch) const noexcept;
  void run_lines(const uint8_t* input, uint8_t* output, const MatrixSplit& mine,
                 const QuantizedRow* quantized, uint8_t* scratch) const noexcept;
  void run_patches(const uint8_t* input, uint8_t* output, size_t first_pixel, size_t end_pixel,
                   const QuantizedRow* quantized, uint8_t* scratch) const noexcept;
  // What lies around the image, as it is stored.
  uint8_t padding_of(const QuantizedRow* quantized) const {
    return quantized == nullptr ? padding_ : static_cast<uint8_t>(quantized->zero_point);
  }
  size_t pixel_bytes() const {
    return geometry_.output_channels * groups_.front().epilogue.value_bytes();
  }

  enum class Way { kPointwise, kLines, kPatches };
  Way way_;  // pointwise: 1x1, stride 1, one group: patches are the image itself
  ConvolvePlan plan_;
  std::vector<PackedWeights> groups_;
  void (*gather_)(const PatchArgs&);
  void (*convolve_)(const ConvolveArgs&);
  void (*gemm_)(const GemmArgs&);
};

}  // namespace intlite
