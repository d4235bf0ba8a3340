// transpose_conv.h: TRANSPOSE_CONV on int8 or uint8: a convolution for each output phase.
//
// Takes and gives the types and sizes of conv.h, of one group, without dilation and with at least
// one input channel.
#pragma once

#include "../simd/dispatch.h"
#include "matrix_split.h"
#include "transpose_phases.h"

namespace intlite {

class TransposeConv2D final : public Kernel {
 public:
  // Stride and padding are those of the output, dilations are 1. `args` has the whole filter.
  TransposeConv2D(const WindowGeometry& geometry, const PackArgs& args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;
  // A part of one image; `quantized`: by its own extremes, and the outputs are float32. Or null.
  void run_image(Part part, const uint8_t* image, const QuantizedRow* quantized, uint8_t* output,
                 uint8_t* scratch) const noexcept;
  size_t pixel_bytes() const { return geometry_.output_channels * nothing_.epilogue.value_bytes(); }

 private:
  struct Phase {
    WindowGeometry window;
    size_t first_row, first_column;
    bool by_lines;  // else by patches
    ConvolvePlan plan;
    size_t patch_bytes;
    PackedWeights weights;
  };
  void add_phase(const TransposePhase& phase, const PackArgs& args, const KernelTable& kernels);
  size_t scratch_bytes(const Phase& phase) const;
  void run_lines(const Phase& phase, Part part, const uint8_t* image, const QuantizedRow* quantized,
                 uint8_t* output, uint8_t* scratch) const;
  void run_patches(const Phase& phase, Part part, const uint8_t* image,
                   const QuantizedRow* quantized, uint8_t* output, uint8_t* scratch) const;
  void fill(const QuantizedRow* quantized, uint8_t* output, uint8_t* scratch) const;
  uint8_t padding_of(const QuantizedRow* quantized) const {
    return quantized == nullptr ? padding_ : static_cast<uint8_t>(quantized->zero_point);
  }

  WindowGeometry geometry_;
  uint8_t input_flip_, padding_;
  bool has_gaps_;  // strides beyond the filter: pixels that nothing reaches are the bias
  PackedWeights nothing_;
  std::vector<Phase> phases_;
  void (*gather_)(const PatchArgs&);
  void (*convolve_)(const ConvolveArgs&);
  void (*gemm_)(const GemmArgs&);
};

}  // namespace intlite
