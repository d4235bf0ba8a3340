// elementwise.h: ADD, SUB and MUL of 8-bit operands that broadcast, computed as XNNPACK does.
//
// Takes int8 or uint8, both operands and the output alike, and sums of int32, modulo 2^32. Shifts
// are 0 to 31; the output's zero point and activation range lie in its type. Else as broadcast.h.
#pragma once

#include "../simd/dispatch.h"
#include "broadcast.h"

namespace intlite {

class Elementwise final : public BroadcastKernel {
 public:
  // `run` is one of the kernel table's elementwise functions.
  Elementwise(Broadcast broadcast, const ElementwiseParameters& parameters,
              void (*run)(const ElementwiseArgs&))
      : BroadcastKernel(std::move(broadcast), {}), parameters_(parameters), run_(run) {}

 private:
  void run_row(const BroadcastRow& row) const noexcept override {
    run_({.parameters = &parameters_,
          .left = row.left,
          .right = row.right,
          .left_repeats = row.left_repeats,
          .right_repeats = row.right_repeats,
          .size = row.size,
          .output = row.output});
  }

  ElementwiseParameters parameters_;
  void (*run_)(const ElementwiseArgs&);
};

}  // namespace intlite
