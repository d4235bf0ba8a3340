// computed_shapes.h: what computed shapes and indices are made of.
#pragma once

#include <string>

#include "../../simd/plain/element_type.h"
#include "../kernel.h"

namespace intlite {

// RANGE: `size` numbers of int32, int64 or float32, from the first input by steps of the second.
class Range final : public Kernel {
 public:
  Range(size_t size, ElementType type)
      : Kernel({bytes_of(type), bytes_of(type)}, {size * bytes_of(type)}),
        size_(size),
        type_(type) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;

 private:
  size_t size_;
  ElementType type_;
};

// BROADCAST_ARGS: two shapes of int32 or int64, the shorter one with ones in front: of each pair
// the one that is not 1. The low 32 bits count.
class BroadcastShapes final : public Kernel {
 public:
  BroadcastShapes(size_t left, size_t right, size_t bytes, std::string refusal);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept override;

 private:
  int32_t at(const uint8_t* const* inputs, size_t operand, size_t sample, size_t i) const;

  size_t sizes_[2], bytes_;
  std::string refusal_;
};

}  // namespace intlite
