// depthwise_conv_int16.h: DEPTHWISE_CONV_2D on int16 images and constant weights of int8.
//
// Takes and gives the types of fully_connected_int16.h and the sizes of depthwise_conv.h; int32
// holds all sums with their bias, or they are modulo 2^32.
#pragma once

#include "../simd/dispatch.h"
#include "kernel.h"

namespace intlite {

class DepthwiseConvInt16 final : public Kernel {
 public:
  // The weights are [height * width][output channels].
  DepthwiseConvInt16(const WindowGeometry& geometry, const int8_t* weights,
                     const EpilogueArgs& epilogue, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  DepthwiseInt16Weights weights_;
  void (*depthwise_)(const DepthwiseInt16Args&);
};

}  // namespace intlite
