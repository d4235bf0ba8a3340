// transpose_conv.h: TRANSPOSE_CONV on float32: a convolution for each output phase, as
// ../transpose_conv.h explains.
//
// Takes and gives the types and sizes of conv.h, of one group, without dilation and with at least
// one input channel.
#pragma once

#include "../../simd/dispatch.h"
#include "../kernel.h"

namespace intlite {

struct FloatTransposeConvArgs {
  WindowGeometry geometry;  // stride and padding are those of the output
  bool taps_descend;        // the last taps of the filter are added first
  const float* weights;     // [output channels][height][width][input channels]; null: an input
  const float* bias;        // null: an input, or none
  bool has_bias;
  FloatSums sums;
  FloatClamp clamp;
};

class FloatTransposeConv2D final : public Kernel {
 public:
  FloatTransposeConv2D(const FloatTransposeConvArgs& args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  struct Phase {
    WindowGeometry window;
    size_t first_row, first_column;
    size_t first_tap_y, first_tap_x;
    FloatMatrix matrix;  // owns nothing
    size_t offset;       // of its weights among those of all phases
  };
  struct Memory;  // the parts of the scratch

  size_t bias_size() const;
  void add_phase(size_t remainder_y, size_t remainder_x);
  void pad_bias(const float* bias, float* padded) const;
  // `ordered` has room for the filter of a phase.
  void pack(const float* weights, float* data, float* ordered) const;
  void multiply(FloatMatrix matrix, size_t rows, const Memory& memory, const float* bias) const;
  void run_phase(const Phase& phase, Part part, const float* image, float* output,
                 const Memory& memory, const float* data, const float* bias) const;
  void fill(float* output, const Memory& memory, const float* bias) const;

  FloatTransposeConvArgs args_;  // weights and bias are null
  bool weights_are_input_, bias_is_input_, has_gaps_;
  std::vector<Phase> phases_;
  size_t pack_size_, most_depth_, patch_pixels_ = 0;
  AlignedArray<float> data_, bias_;
  const PlainKernels& kernels_;
};

}  // namespace intlite
