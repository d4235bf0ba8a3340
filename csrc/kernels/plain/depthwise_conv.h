// depthwise_conv.h: DEPTHWISE_CONV_2D on float32.
//
// Takes and gives float32. A filter, and a bias, are constants or inputs of each run. Output
// channels are a multiple of the input's, of which there is at least one: channel c reads c /
// multiple. Tensors, and the image with each channel so many times, have at most 2^48 elements.
#pragma once

#include "../../simd/dispatch.h"
#include "../kernel.h"

namespace intlite {

struct FloatDepthwiseConvArgs {
  WindowGeometry geometry;
  bool columns_first;    // taps are added column by column
  const float* weights;  // [height][width][output channels]; null: an input
  const float* bias;     // null: an input, or none
  bool has_bias;
  FloatSums sums;
  bool from_bias;  // rounded sums start from the bias, as fused ones do
  FloatClamp clamp;
};

class FloatDepthwiseConv2D final : public Kernel {
 public:
  FloatDepthwiseConv2D(const FloatDepthwiseConvArgs& args, const KernelTable& kernels);

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

  void order(const float* weights, float* filter) const;
  // Rows of the image, each channel `multiplier_` times.
  void repeat_channels(const float* image, size_t first, size_t end, float* repeated) const;
  void run_rows(const float* image, float* output, size_t first, size_t end, const float* filter,
                const float* bias, const Memory& memory) const;

  WindowGeometry geometry_;  // of the channels of the output
  size_t multiplier_;
  FloatSums sums_;
  bool from_bias_;
  FloatClamp clamp_;
  bool weights_are_input_, bias_is_input_;
  std::vector<size_t> taps_;
  AlignedArray<float> filter_, bias_, zeros_;
  void (*depthwise_)(const FloatDepthwiseArgs&);
};

}  // namespace intlite
