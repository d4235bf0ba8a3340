// cast.h: CAST among all element types.
#pragma once

#include "../../simd/dispatch.h"
#include "../kernel.h"

namespace intlite {

class Cast final : public Kernel {
 public:
  Cast(size_t size, ElementType from, ElementType to, bool nan_is_zero, const PlainKernels& kernels)
      : Kernel({size * bytes_of(from)}, {size * bytes_of(to)}),
        args_({.input = nullptr,
               .size = size,
               .from = from,
               .to = to,
               .nan_is_zero = nan_is_zero,
               .output = nullptr}),
        cast_(kernels.cast) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override { return 1 + samples * args_.size / kPartSize; }
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t*) const noexcept override {
    const size_t size = samples * args_.size, first = part.begin(size, 64);
    CastArgs args = args_;
    args.input = inputs[0] + first * bytes_of(args.from);
    args.size = part.end(size, 64) - first;
    args.output = outputs[0] + first * bytes_of(args.to);
    cast_(args);
  }

 private:
  static constexpr size_t kPartSize = 16 << 10;

  CastArgs args_;
  void (*cast_)(const CastArgs&);
};

}  // namespace intlite
