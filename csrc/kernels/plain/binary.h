// binary.h: operators of two numbers that are not quantized, which broadcast.
//
// The row function knows the types; floats are raised to `low` and lowered to `high`, or stay NaN.
// Else as broadcast.h.
#pragma once

#include <string>

#include "../../simd/dispatch.h"
#include "../broadcast.h"

namespace intlite {

// The rows of float32, or null where there are none: vector code, or element by element.
BinaryRow float_binary_row(BinaryFunction function, const PlainKernels& kernels);

class PlainBinary final : public BroadcastKernel {
 public:
  struct Arguments {
    float low, high;
    bool flushes;  // subnormal numbers are 0
    // What is said of a right operand that is 0; "" where there is a result.
    std::string refusal = "";
  };

  PlainBinary(Broadcast broadcast, ElementBytes bytes, const Arguments& arguments, BinaryRow row)
      : BroadcastKernel(std::move(broadcast), bytes), arguments_(arguments), row_(row) {}

  const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void run_row(const BroadcastRow& row) const noexcept override;

  Arguments arguments_;
  BinaryRow row_;
};

}  // namespace intlite
