// cumsum.h: CUMSUM of int32, int64 or float32 along one dimension, which the second input names.
#pragma once

#include <string>

#include "../../simd/plain/element_type.h"
#include "../kernel.h"

namespace intlite {

struct CumSumArgs {
  std::vector<size_t> shape;  // at least one dimension
  ElementType type;
  bool exclusive, reverse;
  std::string refusal;  // what is said of an axis that there is not
};

class CumSum final : public Kernel {
 public:
  // Of fewer than 2^48 elements.
  explicit CumSum(CumSumArgs args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept override;
  bool is_idle() const override { return false; }  // the axis is looked at

 private:
  CumSumArgs args_;
};

}  // namespace intlite
