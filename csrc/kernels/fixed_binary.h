// fixed_binary.h: ADD, SUB, MUL, DIV, SQUARED_DIFFERENCE, PRELU, comparisons, MAXIMUM and MINIMUM
// of 8-bit operands that broadcast, in fixed point.
//
// Takes int8 or uint8, both operands alike, and gives the same type, or bool. Zero points and the
// output's range lie in the type; multipliers are not negative, shifts -31 to 256. Blocks have a
// power of two of elements, 64 at most. Else as broadcast.h.
#pragma once

#include <optional>

#include "../simd/dispatch.h"
#include "broadcast.h"

namespace intlite {

// Of each pair (a, b), stored values less their zero points; `scaled` is by a side's multiplier and
// shift: SaturatingRoundingDoublingHighMul, then RoundingDivideByPOT.
enum class FixedBinaryKind : int {
  kSum = 0,  // scaled(a << 20) + sign * scaled(b << 20), scaled
  // LiteRT's vector code: the sides' shift to the right rounds down, or is one with that to the
  // left; 16 bits from then on
  kSumFloor = 1,
  kSumMerged = 2,
  kProduct = 3,  // a * b, scaled
  // LiteRT's vector code: in 16 bits from then on, cut to them by saturation or not
  kProductSaturated = 4,
  kProductWrapped = 5,
  kSquaredDifference = 6,  // (scaled(a << 7) - scaled(b << 7))^2, scaled
  kPrelu = 7,              // a scaled by the left side where it is not negative, a * b by the right
  kLess = 8,               // scaled(a << 8) < scaled(b << 8), 0 or 1
  kEqual = 9,
  kMaximum = 10,  // of stored values
  kMinimum = 11,
  kQuotient = 12,  // a / b, scaled; by 0 the end of int32 that a points to
};
constexpr int kFixedBinaryKinds = 13;

constexpr bool gives_bool(FixedBinaryKind kind) {
  return kind == FixedBinaryKind::kLess || kind == FixedBinaryKind::kEqual;
}

struct FixedFactor {
  int32_t multiplier;
  int shift;
};

struct FixedBinaryNumbers {
  bool is_unsigned;
  int32_t left_zero_point, right_zero_point;
  FixedFactor left, right, output;
  bool negated;  // the right operand of a sum, or what a comparison says
  int32_t zero_point, min, max;
};

// a / b of operands of 17 bits, rescaled, before the zero point: by a reciprocal. Of 0 / 0 it is 0.
int32_t fixed_quotient(int32_t a, int32_t b, FixedFactor output);

// What a kind makes of two stored values, by the scalar definitions.
int32_t fixed_binary_value(FixedBinaryKind kind, const FixedBinaryNumbers& n, int32_t x, int32_t y);

class FixedBinary final : public BroadcastKernel {
 public:
  // What whole blocks of `lanes` elements of each row are, and the rest of a row.
  struct Kinds {
    FixedBinaryKind block, tail;
    size_t lanes;
  };

  FixedBinary(Broadcast broadcast, Kinds kinds, const FixedBinaryNumbers& numbers,
              const KernelTable& kernels);

 private:
  // One kind: by vector code, or by a table of all pairs where its numbers are unusual.
  class Formula {
   public:
    Formula(FixedBinaryKind kind, const FixedBinaryNumbers& numbers, const KernelTable& kernels);
    void run(const FixedBinaryArgs& args) const;

   private:
    bool is_swapped_ = false;
    std::optional<FixedBinaryParameters> parameters_;
    std::vector<uint8_t> table_;
    void (*run_)(const FixedBinaryArgs&);
  };

  void run_row(const BroadcastRow& row) const noexcept override;

  size_t lanes_;
  Formula block_;
  std::optional<Formula> tail_;  // where it is another one
};

}  // namespace intlite
