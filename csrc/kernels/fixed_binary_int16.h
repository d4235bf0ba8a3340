// fixed_binary_int16.h: ADD, SUB, MUL, DIV, SQUARED_DIFFERENCE, comparisons, MAXIMUM and MINIMUM of
// int16 operands that broadcast, in fixed point.
//
// Takes int16, whose zero points are 0, and gives int16, or bool. Multipliers are not negative,
// shifts -31 to 256, and the output's range lies in int16. Blocks have a power of two of elements,
// 64 at most. Else as broadcast.h.
#pragma once

#include "../simd/dispatch.h"
#include "fixed_binary.h"

namespace intlite {

struct FixedInt16Numbers {
  FixedFactor left, right, output;
  bool negated;  // the right operand of a sum, or what a comparison says
  int32_t min, max;
};

// Of the kinds those that it has: with 15 bits of headroom for sums, none for differences that
// are squared; kLess is of stored values.
class FixedBinaryInt16 final : public BroadcastKernel {
 public:
  FixedBinaryInt16(Broadcast broadcast, FixedBinary::Kinds kinds, const FixedInt16Numbers& numbers,
                   const KernelTable& kernels);

  static bool has(FixedBinaryKind kind);

 private:
  void run_row(const BroadcastRow& row) const noexcept override;
  void run_kind(FixedBinaryKind kind, const BroadcastRow& row, size_t begin, size_t end) const;

  FixedBinary::Kinds kinds_;
  FixedInt16Numbers numbers_;
  FixedInt16Parameters block_, tail_;  // of sums and products
  void (*run_)(const FixedInt16Args&);
};

}  // namespace intlite
