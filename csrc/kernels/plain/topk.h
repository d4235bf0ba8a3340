// topk.h: TOPK_V2: of each row the k greatest, in order, and where they were.
//
// Takes int8, uint8, int16, int32, int64 or float32; places are int16 or int32. Of equal values the
// first come first, NaN last. k is at most the row's size, which is below 2^31.
#pragma once

#include "../../simd/plain/element_type.h"
#include "../kernel.h"

namespace intlite {

class TopK final : public Kernel {
 public:
  TopK(size_t rows, size_t size, size_t k, ElementType type, size_t index_bytes);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  size_t rows_, size_, k_;
  ElementType type_;
  size_t index_bytes_;
};

}  // namespace intlite
