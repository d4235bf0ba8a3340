// unary.h: functions of one float32 number.
#pragma once

#include "../../simd/dispatch.h"
#include "../kernel.h"

namespace intlite {

class PlainUnary final : public Kernel {
 public:
  struct Arguments {
    size_t size;
    UnaryFunction function;
    float a, b;    // its parameters
    bool flushes;  // subnormal numbers are 0
  };

  PlainUnary(const Arguments& arguments, const PlainKernels& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void run_rows(const UnaryRowArgs& args) const noexcept;

  Arguments arguments_;
  UnaryRow row_, tail_ = nullptr;  // what is left of whole blocks, if that is computed otherwise
};

// float16 to float32.
class Widen final : public Kernel {
 public:
  Widen(size_t size, const PlainKernels& kernels)
      : Kernel({size * sizeof(int16_t)}, {size * sizeof(float)}),
        size_(size),
        widen_(kernels.widen) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  size_t size_;
  void (*widen_)(const WidenArgs&);
};

}  // namespace intlite
