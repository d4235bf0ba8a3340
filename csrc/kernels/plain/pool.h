// pool.h: AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D of float32.
//
// All sizes are below 2^31, strides and filters at least 1.
#pragma once

#include "../../simd/dispatch.h"
#include "../../simd/window_geometry.h"
#include "../kernel.h"

namespace intlite {

class PlainPool final : public Kernel {
 public:
  struct Arguments {
    WindowGeometry geometry;  // without dilation; windows are cut off at the image's edges
    PoolFunction function;
    float low, high;  // bounds of the output
    bool flushes;     // subnormal numbers are 0
  };

  PlainPool(const Arguments& arguments, const PlainKernels& kernels)
      : Kernel({arguments.geometry.input_bytes() * sizeof(float)},
               {arguments.geometry.output_bytes() * sizeof(float)}),
        arguments_(arguments),
        pool_window_(kernels.pool_window) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void pool_row(const float* image, size_t row, float* output) const;

  Arguments arguments_;
  void (*pool_window_)(const PoolWindow&);
};

}  // namespace intlite
