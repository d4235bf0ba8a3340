// binary.h: operators of two numbers that are not quantized, which broadcast.
//
// The row function knows the types; floats are raised to `low` and lowered to `high`, or stay NaN.
// Else as broadcast.h.
#pragma once

#include "../../simd/plain/binary.h"
#include "../broadcast.h"

namespace intlite {

class PlainBinary final : public BroadcastKernel {
 public:
  PlainBinary(Broadcast broadcast, ElementBytes bytes, float low, float high, BinaryRow row)
      : BroadcastKernel(std::move(broadcast), bytes), low_(low), high_(high), row_(row) {}

 private:
  void run_row(const BroadcastRow& row) const noexcept override {
    row_({.left = row.left,
          .right = row.right,
          .left_repeats = row.left_repeats,
          .right_repeats = row.right_repeats,
          .size = row.size,
          .output = row.output,
          .low = low_,
          .high = high_});
  }

  float low_, high_;
  BinaryRow row_;
};

}  // namespace intlite
