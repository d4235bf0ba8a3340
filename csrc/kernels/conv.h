// conv.h: CONV_2D on int8 or uint8: patches gathered tile by tile, then the GEMM.
#pragma once

#include "../simd/dispatch.h"
#include "kernel.h"

namespace intlite {

// Of one image, NHWC; filters are OHWI. Padding is the input's zero point.
struct ConvGeometry {
  size_t images;  // a sample
  size_t input_height, input_width, input_channels;
  size_t output_height, output_width, output_channels;
  size_t filter_height, filter_width;
  size_t stride_height, stride_width;
  size_t dilation_height, dilation_width;
  size_t pad_top, pad_left;

  size_t input_pixels() const { return input_height * input_width; }
  size_t output_pixels() const { return output_height * output_width; }
};

class Conv2D final : public Kernel {
 public:
  // One set of packed weights a group: depth filter_height * filter_width *
  // input_channels / groups, columns output_channels / groups.
  Conv2D(const ConvGeometry& geometry, const std::vector<PackArgs>& groups,
         const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;

 private:
  // Output pixels whose patches are gathered at once: they stay in L1 or L2.
  size_t tile_pixels() const;
  void gather(const uint8_t* image, size_t first_pixel, size_t pixels, size_t first_channel,
              uint8_t* patches) const;

  ConvGeometry geometry_;
  size_t group_channels_, depth_;
  uint8_t input_flip_, padding_;
  bool pointwise_;  // 1x1, stride 1, one group: patches are the image itself
  std::vector<PackedWeights> groups_;
  void (*gemm_)(const GemmArgs&);
};

}  // namespace intlite
