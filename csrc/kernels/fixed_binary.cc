// fixed_binary.cc: from multipliers and shifts to numbers that vector code reads.
#include "fixed_binary.h"

#include <array>
#include <bit>
#include <cmath>

#include "../numerics/reciprocal.h"

namespace intlite {
namespace {

constexpr int kSumShift = 20, kSquareShift = 7, kComparisonShift = 8;

int32_t scaled(int32_t x, FixedFactor f) {
  return multiply_by_quantized_multiplier_gemmlowp(x, f.multiplier, f.shift);
}

bool in_words(FixedBinaryKind kind) {
  return kind == FixedBinaryKind::kSumFloor || kind == FixedBinaryKind::kSumMerged ||
         kind == FixedBinaryKind::kProductSaturated || kind == FixedBinaryKind::kProductWrapped;
}

// Bits that an operand, less its zero point, is shifted by to the left first.
int headroom(FixedBinaryKind kind, FixedFactor f) {
  switch (kind) {
    case FixedBinaryKind::kSum:
    case FixedBinaryKind::kSumFloor:
      return kSumShift;
    case FixedBinaryKind::kSumMerged:
      return std::min(kSumShift + f.shift, 31);
    case FixedBinaryKind::kSquaredDifference:
      return kSquareShift;
    case FixedBinaryKind::kLess:
    case FixedBinaryKind::kEqual:
      return kComparisonShift;
    default:
      return std::max(f.shift, 0) & 31;
  }
}

// Then multiplied.
int32_t high_value(FixedBinaryKind kind, FixedFactor f, int32_t a) {
  const int left = headroom(kind, f);
  const int32_t shifted =
      left >= 0 ? wrap_int32(int64_t{a} * (int64_t{1} << left)) : a >> std::min(-left, 31);
  return saturating_rounding_doubling_high_mul(shifted, f.multiplier);
}

// And shifted to the right.
int32_t side_value(FixedBinaryKind kind, FixedFactor f, int32_t a) {
  const int32_t high = high_value(kind, f, a);
  const int right = std::clamp(-f.shift, 0, 31);
  if (kind == FixedBinaryKind::kSumMerged) return high;
  return kind == FixedBinaryKind::kSumFloor ? high >> right : rounding_divide_by_pot(high, right);
}

// The side that has the high products of all stored values: an affine function of them, in two
// parts, of which the second has the fraction of the factor. None, where there is none, or
// values are shifted far to the left.
std::optional<FixedSide> find_side(FixedBinaryKind kind, FixedFactor f, int32_t low,
                                   int32_t zero_point, bool negated = false) {
  constexpr int kFraction = 22;  // 255 times so many bits, and a bias, are within 32
  constexpr int kTries = 4;
  const int left = headroom(kind, f);
  constexpr int kMostLeft = 8;
  if (f.shift > (kind == FixedBinaryKind::kPrelu ? kMostLeft : 0)) return {};
  const double slope = std::ldexp(static_cast<double>(f.multiplier), left - 31);
  const int32_t upper = static_cast<int32_t>(std::floor(slope));
  const int64_t nearest = std::llround(std::ldexp(slope - upper, kFraction));
  for (int64_t lower = nearest - kTries; lower <= nearest + kTries; ++lower) {
    int64_t least = -(int64_t{1} << 23), most = int64_t{1} << 23;
    for (int32_t x = low; x < low + 256; ++x) {
      const int64_t a = x - zero_point;
      const int64_t rest = high_value(kind, f, x - zero_point) - a * upper;
      least = std::max(least, rest * (int64_t{1} << kFraction) - a * lower);
      most = std::min(most, (rest + 1) * (int64_t{1} << kFraction) - a * lower - 1);
    }
    if (least > most) continue;
    const int64_t bias = least + (most - least) / 2 - zero_point * lower;
    const int right = kind == FixedBinaryKind::kSumMerged ? 0 : std::max(-f.shift, 0);
    const bool half_away = right > 0 && kind != FixedBinaryKind::kSumFloor;
    return FixedSide{.upper = upper,
                     .lower = static_cast<int32_t>(lower),
                     .bias = static_cast<int32_t>(bias),
                     .shift = kFraction,
                     .offset = -zero_point * upper,
                     .away = half_away ? -1 : 0,
                     .half = half_away ? 1 << (right - 1) : 0,
                     .right = right,
                     .flip = negated ? -1 : 0};
  }
  return {};
}

// How a result of at most `greatest` is rescaled, if nothing overflows or is cut to 16 bits.
bool set_output(FixedBinaryParameters& p, FixedFactor f, int32_t zero_point, int64_t greatest,
                bool words) {
  if (f.shift > 0 || f.shift < -22) return false;
  const int shift = -f.shift;
  const int64_t half = shift > 0 ? int64_t{1} << (shift - 1) : 0;
  const int64_t added = half + int64_t{zero_point} * (int64_t{1} << shift);
  const int64_t high = (greatest * f.multiplier >> 31) + 1;
  if (high + std::abs(added) >= INT32_MAX) return false;
  if (words && (high >> shift) + 1 + 256 >= INT16_MAX) return false;
  p.multiplier = f.multiplier;
  p.away = shift > 0 ? -1 : 0;
  p.shift = shift;
  p.nudge = (int64_t{1} << 30) + added * (int64_t{1} << 31);
  return true;
}

// Of a sum whose left side is the greater one: twice that is what both are relative to.
bool is_half(FixedFactor f) { return f.multiplier == 1 << 30 && f.shift == 0; }

}  // namespace

int32_t fixed_quotient(int32_t a, int32_t b, FixedFactor output) {
  if (b == 0) return a > 0 ? INT32_MAX : a < 0 ? INT32_MIN : 0;
  if (b < 0) a = -a;
  const uint32_t divisor = static_cast<uint32_t>(std::abs(b));
  const int places = std::countl_zero(divisor);
  // As many bits as keep the sign.
  const int headroom = std::countl_zero(static_cast<uint32_t>(a < 0 ? ~a : a)) - 1;
  const int32_t fraction = static_cast<int32_t>((divisor << places) - (uint32_t{1} << 31));
  const int32_t exact = saturating_rounding_doubling_high_mul(
      wrap_int32(int64_t{a} * (int64_t{1} << headroom)), one_over_one_plus(fraction));
  const int32_t x = saturating_rounding_doubling_high_mul(exact, output.multiplier);
  // rounding_divide_by_pot, whatever the exponent: x86 counts shifts modulo 32, and the mask's
  // modulo 64.
  const int exponent = headroom + 31 - places - output.shift;
  const int count = exponent & 31;
  const int64_t mask = (exponent & 63) < 32 ? (int64_t{1} << count) - 1 : -1;
  return (x >> count) + ((x & mask) > (mask >> 1) + (x < 0 ? 1 : 0) ? 1 : 0);
}

int32_t fixed_binary_value(FixedBinaryKind kind, const FixedBinaryNumbers& n, int32_t x,
                           int32_t y) {
  const int32_t a = x - n.left_zero_point, b = y - n.right_zero_point;
  const auto left = [&] { return side_value(kind, n.left, a); };
  const auto right = [&] { return side_value(kind, n.right, b); };
  int32_t rescaled = 0;
  switch (kind) {
    case FixedBinaryKind::kSum:
    case FixedBinaryKind::kSumFloor:
    case FixedBinaryKind::kSumMerged:
      rescaled =
          scaled(wrap_int32(int64_t{left()} + (n.negated ? -int64_t{right()} : int64_t{right()})),
                 n.output);
      break;
    case FixedBinaryKind::kProduct:
      rescaled = scaled(a * b, n.output);
      break;
    case FixedBinaryKind::kProductSaturated:
    case FixedBinaryKind::kProductWrapped:
      // Vector shifts by 32 or more leave nothing.
      rescaled = n.output.shift >= 32 ? 0 : scaled(a * b, n.output);
      if (kind == FixedBinaryKind::kProductSaturated)
        rescaled = std::clamp<int32_t>(rescaled, INT16_MIN, INT16_MAX);
      break;
    case FixedBinaryKind::kSquaredDifference: {
      const int64_t difference = int64_t{left()} - right();
      rescaled =
          scaled(wrap_int32(wrap_int32(difference) * int64_t{wrap_int32(difference)}), n.output);
      break;
    }
    case FixedBinaryKind::kPrelu:
      rescaled = a >= 0 ? left() : scaled(a * b, n.right);
      break;
    case FixedBinaryKind::kLess:
      return (left() < right()) != n.negated;
    case FixedBinaryKind::kEqual:
      return (left() == right()) != n.negated;
    case FixedBinaryKind::kMaximum:
      return std::max(x, y);
    case FixedBinaryKind::kMinimum:
      return std::min(x, y);
    case FixedBinaryKind::kQuotient:
      if (b == 0 && a != 0) return a > 0 ? n.max : n.min;
      rescaled = fixed_quotient(a, b, n.output);
      break;
  }
  int32_t value = wrapping_add(rescaled, n.zero_point);
  if (in_words(kind)) value = static_cast<int16_t>(static_cast<uint16_t>(value));
  return std::clamp(value, n.min, n.max);
}

FixedBinary::Formula::Formula(FixedBinaryKind kind, const FixedBinaryNumbers& n,
                              const KernelTable& kernels)
    : run_(kernels.fixed_binary) {
  const int32_t low = n.is_unsigned ? 0 : -128;
  FixedBinaryParameters p{};
  p.is_unsigned = n.is_unsigned;
  p.negated = n.negated;
  p.min = n.min;
  p.max = n.max;
  p.left_offset = -n.left_zero_point;
  p.right_offset = -n.right_zero_point;
  const auto set_sides = [&] {
    const auto left = find_side(kind, n.left, low, n.left_zero_point);
    const auto right = find_side(kind, n.right, low, n.right_zero_point);
    if (!left || !right) return false;
    p.left = *left;
    p.right = *right;
    return true;
  };
  const auto set = [&] {
    switch (kind) {
      case FixedBinaryKind::kSum:
      case FixedBinaryKind::kSumFloor:
      case FixedBinaryKind::kSumMerged: {
        is_swapped_ = !is_half(n.left);
        const FixedFactor half = is_swapped_ ? n.right : n.left;
        const int32_t half_zero = is_swapped_ ? n.right_zero_point : n.left_zero_point;
        const auto other = is_swapped_
                               ? find_side(kind, n.left, low, n.left_zero_point)
                               : find_side(kind, n.right, low, n.right_zero_point, n.negated);
        if (!is_half(half) || !other) return false;
        p.body = other->is_affine() ? FixedBinaryBody::kAffineSum : FixedBinaryBody::kSum;
        p.left.upper = (is_swapped_ && n.negated ? -1 : 1) * (1 << (kSumShift - 1));
        p.right = *other;
        // -x is ~x + 1.
        p.offset = (other->flip & 1) - half_zero * p.left.upper;
        return set_output(p, n.output, n.zero_point, int64_t{1} << 28, in_words(kind));
      }
      case FixedBinaryKind::kProduct:
      case FixedBinaryKind::kProductSaturated:
      case FixedBinaryKind::kProductWrapped:
        p.body = FixedBinaryBody::kProduct;
        return set_output(p, n.output, n.zero_point, 1 << 16, in_words(kind));
      case FixedBinaryKind::kSquaredDifference:
        p.body = FixedBinaryBody::kSquare;
        return set_sides() && set_output(p, n.output, n.zero_point, int64_t{1} << 30, false);
      case FixedBinaryKind::kPrelu: {
        p.body = FixedBinaryBody::kPrelu;
        const auto positive = find_side(kind, n.left, low, n.left_zero_point);
        if (!positive) return false;
        p.left = *positive;
        p.offset = n.zero_point;
        return set_output(p, n.right, n.zero_point, 1 << 16, false);
      }
      case FixedBinaryKind::kLess:
      case FixedBinaryKind::kEqual:
        p.body = kind == FixedBinaryKind::kLess ? FixedBinaryBody::kLess : FixedBinaryBody::kEqual;
        return set_sides();
      case FixedBinaryKind::kMaximum:
        p.body = FixedBinaryBody::kMaximum;
        return true;
      case FixedBinaryKind::kMinimum:
        p.body = FixedBinaryBody::kMinimum;
        return true;
      case FixedBinaryKind::kQuotient:
        return false;
    }
    return false;
  };
  if (set()) {
    parameters_ = p;
    return;
  }
  is_swapped_ = false;
  table_.resize(65536);
  const auto stored = [&](size_t byte) {
    return n.is_unsigned ? static_cast<int32_t>(byte) : static_cast<int8_t>(byte);
  };
  for (size_t i = 0; i < 65536; ++i)
    table_[i] = static_cast<uint8_t>(fixed_binary_value(kind, n, stored(i >> 8), stored(i & 255)));
}

void FixedBinary::Formula::run(const FixedBinaryArgs& args) const {
  FixedBinaryArgs own = args;
  if (parameters_) {
    own.parameters = &*parameters_;
    if (is_swapped_) {
      std::swap(own.left, own.right);
      std::swap(own.left_repeats, own.right_repeats);
    }
    return run_(own);
  }
  for (size_t i = 0; i < args.size; ++i) {
    const size_t x = args.left[args.left_repeats ? 0 : i];
    const size_t y = args.right[args.right_repeats ? 0 : i];
    args.output[i] = table_[x << 8 | y];
  }
}

FixedBinary::FixedBinary(Broadcast broadcast, Kinds kinds, const FixedBinaryNumbers& numbers,
                         const KernelTable& kernels)
    : BroadcastKernel(std::move(broadcast), {}, kinds.block != kinds.tail),
      lanes_(kinds.lanes),
      block_(kinds.block, numbers, kernels) {
  if (kinds.block != kinds.tail) tail_.emplace(kinds.tail, numbers, kernels);
}

void FixedBinary::run_row(const BroadcastRow& row) const noexcept {
  const auto run = [&](const Formula& formula, size_t begin, size_t end) {
    if (begin == end) return;
    formula.run({.parameters = nullptr,
                 .left = row.left + (row.left_repeats ? 0 : begin),
                 .right = row.right + (row.right_repeats ? 0 : begin),
                 .left_repeats = row.left_repeats,
                 .right_repeats = row.right_repeats,
                 .size = end - begin,
                 .output = row.output + begin});
  };
  if (!tail_) return run(block_, 0, row.size);
  const size_t blocks = std::min(row.size, (row.size + row.rest) / lanes_ * lanes_);
  run(block_, 0, blocks);
  run(*tail_, blocks, row.size);
}

}  // namespace intlite
