// rows.h: functions of whole rows of float32: SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION.
//
// Takes rows of at least one element.
#pragma once

#include "../../simd/dispatch.h"
#include "../kernel.h"

namespace intlite {

enum class RowFunction {
  kSoftmaxOfSixteen,  // XNNPACK's, by vectors of 16 lanes, or of 8
  kSoftmaxOfEight,
  kSoftmax,  // by the C library, an element after the other
  kLogSoftmax,
  kL2Normalization
};

class PlainRows final : public Kernel {
 public:
  struct Arguments {
    RowFunction function;
    size_t rows, depth;
    float beta;    // SOFTMAX's factor
    bool flushes;  // subnormal numbers are 0
  };

  PlainRows(const Arguments& arguments, const PlainKernels& kernels)
      : Kernel({arguments.rows * arguments.depth * sizeof(float)},
               {arguments.rows * arguments.depth * sizeof(float)}),
        arguments_(arguments),
        softmax_(kernels.softmax_rows) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  Arguments arguments_;
  void (*softmax_)(const SoftmaxRowsArgs&);
};

}  // namespace intlite
