// arg.h: ARG_MAX and ARG_MIN over the middle dimension of [outer, axis, inner].
//
// Takes bool, int8, uint8, int32 or float32, and gives int32 or int64. The axis has 1 to 2^31 - 1
// elements.
#pragma once

#include "../../simd/dispatch.h"
#include "../kernel.h"

namespace intlite {

struct ArgShape {
  size_t outer, axis, inner;
};

class Arg final : public Kernel {
 public:
  // `first_nan_wins`: it is found if it is the first element; else it is only if there are no
  // others.
  Arg(const ArgShape& shape, ElementType type, bool least, bool first_nan_wins, size_t index_bytes,
      const PlainKernels& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  bool turns() const;
  size_t lanes() const;
  void find(const uint8_t* input, size_t count, size_t stride, uint8_t* scratch,
            int32_t* found) const noexcept;

  ArgShape shape_;
  ElementType type_;
  bool least_, first_nan_wins_;
  size_t index_bytes_;
  void (*arg_)(const ArgArgs&);
};

}  // namespace intlite
