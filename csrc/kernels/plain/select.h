// select.h: SELECT and SELECT_V2: of two operands the one that a condition names, all of which
// broadcast.
//
// Elements of any type, by their bytes: 1, 2, 4 or 8. The condition is bool.
#pragma once

#include "../kernel.h"

namespace intlite {

// One dimension: its size, and each operand's step in elements (0: repeats).
struct SelectDimension {
  size_t size, condition_stride, left_stride, right_stride;
};

// At least one dimension, of fewer than 2^48 elements together; the innermost has strides of 0 or
// 1. No stride leads outside of an operand.
struct SelectArgs {
  size_t condition_size, left_size, right_size;  // elements of the operands
  std::vector<SelectDimension> dimensions;       // outermost first
  size_t element_bytes;

  size_t size() const {
    size_t size = 1;
    for (const SelectDimension& d : dimensions) size *= d.size;
    return size;
  }
};

class Select final : public Kernel {
 public:
  explicit Select(SelectArgs args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  struct Operands {
    const uint8_t *condition, *left, *right;
    uint8_t* output;
  };
  void advance(Operands& at, const SelectDimension& d, size_t dimension, size_t by) const;
  void run_from(size_t dimension, size_t begin, size_t end, Operands at) const;

  SelectArgs args_;
  std::vector<size_t> sizes_;  // elements of an index of each dimension
};

}  // namespace intlite
