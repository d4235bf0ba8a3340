// conv.h: CONV_2D and FULLY_CONNECTED on float32, of one group of input channels or of several.
//
// Takes and gives float32. A filter, and a bias, are constants or inputs of each run. Input
// channels are a whole number of groups, output channels too; WindowGeometry counts values. Tensors
// have at most 2^48 elements, and so have a patch and all that are multiplied.
#pragma once

#include "../../simd/dispatch.h"
#include "../matrix_split.h"

namespace intlite {

struct FloatConvArgs {
  WindowGeometry geometry;
  size_t group_channels;  // that a filter sees
  const float* weights;   // [output channels][height][width][group_channels]; null: an input
  const float* bias;      // null: an input, or none
  bool has_bias;
  FloatSums sums;
  FloatClamp clamp;

  size_t groups() const {
    return group_channels == 0 ? 1 : geometry.input_channels / group_channels;
  }
  size_t depth() const { return geometry.filter_height * geometry.filter_width * group_channels; }
};

class FloatConv2D final : public Kernel {
 public:
  FloatConv2D(const FloatConvArgs& args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  struct Memory;  // the parts of the scratch

  size_t pack_size() const { return groups_ * matrix_.data_size(); }
  size_t bias_size() const { return groups_ * matrix_.bias_size(); }
  // Columns of some panels, of all groups.
  void pack(const float* weights, float* data, size_t first_panel, size_t end_panel) const;
  void pad_bias(const float* bias, float* padded) const;
  void run_pixels(const float* input, float* output, const Memory& memory,
                  const MatrixSplit& mine) const;
  void multiply(size_t group, const float* input, size_t stride, size_t rows, float* output,
                const Memory& memory, const MatrixSplit& mine) const;

  FloatConvArgs args_;  // weights and bias are null
  bool weights_are_input_, bias_is_input_;
  bool is_pointwise_;  // pixels of the image are rows of the product
  size_t groups_, patch_pixels_;
  FloatMatrix matrix_;               // of a group; owns nothing yet
  AlignedArray<float> data_, bias_;  // of all groups
  const PlainKernels& kernels_;
};

}  // namespace intlite
