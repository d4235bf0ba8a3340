// integer_binary.h: operators of two integers or bool, which broadcast.
//
// The row function knows the types: int8, int16, int32, int64 or bool. Else as broadcast.h.
#pragma once

#include <string>

#include "../../simd/plain/binary.h"
#include "../../simd/plain/element_type.h"
#include "../broadcast.h"

namespace intlite {

// What the right operand must not be.
enum class Forbidden : int { kNothing, kZero, kNegative };

class IntegerBinary final : public BroadcastKernel {
 public:
  // `refusal` is what is said of a right operand that has something forbidden.
  IntegerBinary(Broadcast broadcast, ElementType type, bool gives_bool, BinaryRow row,
                Forbidden forbidden, std::string refusal);

  const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept override;
  // The right operand is looked at even where the other is empty.
  bool is_idle() const override {
    return (forbidden_ == Forbidden::kNothing || input_bytes()[1] == 0) && Kernel::is_idle();
  }

 private:
  void run_row(const BroadcastRow& row) const noexcept override {
    row_({.left = row.left,
          .right = row.right,
          .left_repeats = row.left_repeats,
          .right_repeats = row.right_repeats,
          .size = row.size,
          .output = row.output,
          .low = 0,
          .high = 0});
  }

  ElementType type_;
  BinaryRow row_;
  Forbidden forbidden_;
  std::string refusal_;
};

}  // namespace intlite
