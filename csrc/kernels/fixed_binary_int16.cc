// fixed_binary_int16.cc: sums and products by vector code; what is rarer in plain loops.
#include "fixed_binary_int16.h"

#include "../numerics/fixed_point.h"

namespace intlite {
namespace {

constexpr int kSumShift = 15, kComparisonShift = 8;
constexpr size_t kBlock = 256;

bool is_vector(FixedBinaryKind kind) {
  return kind == FixedBinaryKind::kSum || kind == FixedBinaryKind::kSumMerged ||
         kind == FixedBinaryKind::kProduct;
}

// multiply_by_quantized_multiplier_gemmlowp, of what is shifted to the left by `headroom` first.
FixedInt16Factor factor(FixedFactor f, int headroom) {
  const int right = std::clamp(-f.shift, 0, 31);
  return {.before = 0,
          .left = headroom + (std::max(f.shift, 0) & 31),
          .multiplier = f.multiplier,
          .right = right,
          .away = right > 0 ? -1 : 0};
}

// Both shifts as one, before the product.
FixedInt16Factor merged(FixedFactor f) {
  const int left = kSumShift + f.shift;
  return {.before = std::clamp(-left, 0, 31),
          .left = std::clamp(left, 0, 32),
          .multiplier = f.multiplier,
          .right = 0,
          .away = 0};
}

FixedInt16Parameters parameters(FixedBinaryKind kind, const FixedInt16Numbers& n) {
  const bool is_merged = kind == FixedBinaryKind::kSumMerged;
  return {.is_product = kind == FixedBinaryKind::kProduct,
          .left = is_merged ? merged(n.left) : factor(n.left, kSumShift),
          .right = is_merged ? merged(n.right) : factor(n.right, kSumShift),
          .output = factor(n.output, 0),
          .negated = n.negated,
          .min = n.min,
          .max = n.max};
}

int32_t scaled(int32_t x, FixedFactor f) {
  return multiply_by_quantized_multiplier_gemmlowp(x, f.multiplier, f.shift);
}

// output[i] = f(x[i], y[i]). What repeats is written out, a block at a time.
template <class T, class F>
void each_pair(const BroadcastRow& row, size_t begin, size_t end, F f) {
  int16_t left[kBlock], right[kBlock];
  const auto prepare = [](const uint8_t* from, bool repeats, int16_t* copy) {
    const int16_t* x = reinterpret_cast<const int16_t*>(from);
    if (repeats) std::fill_n(copy, kBlock, *x);
    return x;
  };
  const int16_t* xs = prepare(row.left, row.left_repeats, left);
  const int16_t* ys = prepare(row.right, row.right_repeats, right);
  for (; begin < end; begin += kBlock) {
    const size_t some = std::min(end - begin, kBlock);
    const int16_t* x = row.left_repeats ? left : xs + begin;
    const int16_t* y = row.right_repeats ? right : ys + begin;
    T* output = reinterpret_cast<T*>(row.output) + begin;
    for (size_t i = 0; i < some; ++i) output[i] = static_cast<T>(f(x[i], y[i]));
  }
}

}  // namespace

bool FixedBinaryInt16::has(FixedBinaryKind kind) {
  return is_vector(kind) || gives_bool(kind) || kind == FixedBinaryKind::kSquaredDifference ||
         kind == FixedBinaryKind::kMaximum || kind == FixedBinaryKind::kMinimum ||
         kind == FixedBinaryKind::kQuotient;
}

FixedBinaryInt16::FixedBinaryInt16(Broadcast broadcast, FixedBinary::Kinds kinds,
                                   const FixedInt16Numbers& numbers, const KernelTable& kernels)
    : BroadcastKernel(std::move(broadcast),
                      {.operand = 2, .output = gives_bool(kinds.tail) ? size_t{1} : 2},
                      kinds.block != kinds.tail),
      kinds_(kinds),
      numbers_(numbers),
      block_(parameters(kinds.block, numbers)),
      tail_(parameters(kinds.tail, numbers)),
      run_(kernels.fixed_binary_int16) {}

void FixedBinaryInt16::run_kind(FixedBinaryKind kind, const BroadcastRow& row, size_t begin,
                                size_t end) const {
  if (begin == end) return;
  const FixedInt16Numbers& n = numbers_;
  switch (kind) {
    case FixedBinaryKind::kSquaredDifference:
      return each_pair<int16_t>(row, begin, end, [&](int16_t x, int16_t y) {
        const int64_t difference = wrap_int32(int64_t{scaled(x, n.left)} - scaled(y, n.right));
        return std::clamp(scaled(wrap_int32(difference * difference), n.output), n.min, n.max);
      });
    case FixedBinaryKind::kQuotient:
      return each_pair<int16_t>(row, begin, end, [&](int16_t x, int16_t y) {
        return std::clamp(fixed_quotient(x, y, n.output), n.min, n.max);
      });
    case FixedBinaryKind::kEqual:
      return each_pair<uint8_t>(row, begin, end, [&](int16_t x, int16_t y) {
        const auto real = [](int16_t v, FixedFactor f) {
          return scaled(v * (1 << kComparisonShift), f);
        };
        return (real(x, n.left) == real(y, n.right)) != n.negated;
      });
    case FixedBinaryKind::kLess:
      return each_pair<uint8_t>(row, begin, end,
                                [&](int16_t x, int16_t y) { return (x < y) != n.negated; });
    case FixedBinaryKind::kMaximum:
      return each_pair<int16_t>(row, begin, end,
                                [](int16_t x, int16_t y) { return std::max(x, y); });
    case FixedBinaryKind::kMinimum:
      return each_pair<int16_t>(row, begin, end,
                                [](int16_t x, int16_t y) { return std::min(x, y); });
    default:
      break;
  }
  const auto at = [&](const uint8_t* x, bool repeats) { return x + (repeats ? 0 : 2 * begin); };
  run_({.parameters = kind == kinds_.block ? &block_ : &tail_,
        .left = at(row.left, row.left_repeats),
        .right = at(row.right, row.right_repeats),
        .left_repeats = row.left_repeats,
        .right_repeats = row.right_repeats,
        .size = end - begin,
        .output = row.output + 2 * begin});
}

void FixedBinaryInt16::run_row(const BroadcastRow& row) const noexcept {
  if (kinds_.block == kinds_.tail) return run_kind(kinds_.tail, row, 0, row.size);
  const size_t blocks = std::min(row.size, (row.size + row.rest) / kinds_.lanes * kinds_.lanes);
  run_kind(kinds_.block, row, 0, blocks);
  run_kind(kinds_.tail, row, blocks, row.size);
}

}  // namespace intlite
