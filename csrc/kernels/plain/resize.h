// resize.h: RESIZE_BILINEAR of float32 images, NHWC.
//
// Sizes are below 2^31, and indices lie inside of the image.
#pragma once

#include "../../simd/dispatch.h"
#include "../kernel.h"
#include "../resize.h"

namespace intlite {

class PlainResize final : public Kernel {
 public:
  struct Arguments {
    size_t images, channels;  // images a sample
    ResizeAxis rows, columns;
    BlendKind kind;
    bool flushes;  // subnormal numbers are 0
  };

  // Throws std::invalid_argument for indices outside of the image, or vectors of different
  // lengths.
  PlainResize(Arguments arguments, const PlainKernels& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  Arguments arguments_;
  void (*blend_row_)(const BlendRow&);
};

}  // namespace intlite
