// depthwise_conv.h: DEPTHWISE_CONV_2D on int8 or uint8.
//
// Takes and gives the types and sizes of conv.h. Output channels are a multiple of the input's, of
// which there is at least one.
#pragma once

#include "../simd/dispatch.h"
#include "kernel.h"

namespace intlite {

class DepthwiseConv2D final : public Kernel {
 public:
  // The weights are [height * width][output channels]: as the model has them, not a column each.
  DepthwiseConv2D(const WindowGeometry& geometry, const PackArgs& weights,
                  const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;
  size_t rows() const override { return images_ * weights_.geometry.output_height; }
  void compute_rows(const uint8_t* const* inputs, uint8_t* output, size_t first, size_t end,
                    uint8_t* scratch) const noexcept override;
  // The same of one image that was quantized by its own extremes; the outputs are float32.
  void compute_image(const uint8_t* image, const QuantizedRow& quantized, uint8_t* output,
                     size_t first, size_t end, uint8_t* scratch) const noexcept;

 private:
  size_t channel_blocks() const;

  size_t images_;
  DepthwiseWeights weights_;
  void (*depthwise_)(const DepthwiseArgs&);
};

}  // namespace intlite
