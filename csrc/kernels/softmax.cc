// softmax.cc: row by row, with gemmlowp's fixed point or LiteRT's float32.
#include "softmax.h"

#include <algorithm>
#include <cmath>

#include "../numerics/reciprocal.h"

namespace intlite {
namespace {

// Sums of exponentials are Q12.19: 12 integer bits hold 4096 terms of at most 1.
constexpr int kSumIntegerBits = 12;
constexpr size_t kPartSize = 4 << 10;

int count_leading_zeros(uint32_t x) {
  int n = 0;
  for (; n < 32 && (x & 0x80000000u) == 0; ++n) x <<= 1;
  return n;
}

}  // namespace

Softmax::Softmax(const SoftmaxArgs& args, const KernelTable& kernels)
    : Kernel({args.rows * args.depth}, {args.rows * args.depth}),
      args_(args),
      max_window_(kernels.max_window),
      lookup_(kernels.lookup),
      probabilities_(kernels.probabilities) {
  for (size_t d = 0; d < args.distances; ++d)
    terms_[d] = rounding_divide_by_pot(args.fixed[d], kSumIntegerBits);
}

// From what becomes of each distance to what becomes of each stored value's byte.
template <class T>
void Softmax::by_value(const T* by_distance, int top, T* values) const {
  for (size_t byte = 0; byte < 256; ++byte) {
    const int distance = top - code(static_cast<uint8_t>(byte));
    values[byte] = distance < 0 ? T{} : by_distance[distance];
  }
}

void Softmax::look_up(const uint8_t* x, const uint8_t* values, uint8_t* y) const {
  lookup_({.table = values, .input = x, .size = args_.depth, .output = y});
}

void Softmax::row_fixed(const uint8_t* x, uint8_t* y, int top) const {
  uint32_t total = 0;
  for (size_t i = 0; i < args_.depth; ++i)
    total += static_cast<uint32_t>(terms_[static_cast<size_t>(top - code(x[i]))]);
  const int32_t sum = static_cast<int32_t>(total);
  const int headroom = count_leading_zeros(static_cast<uint32_t>(sum));
  const uint32_t shifted = headroom > 31 ? 0 : static_cast<uint32_t>(sum) << headroom;
  const int32_t reciprocal = one_over_one_plus(wrap_int32(int64_t{shifted} - (int64_t{1} << 31)));
  const int exponent = kSumIntegerBits - headroom + 31 - 8;
  const int32_t low = args_.is_unsigned ? 0 : -128;
  const auto stored = [&](size_t distance) {
    if (distance >= args_.distances) return static_cast<uint8_t>(low);
    const int32_t product =
        saturating_rounding_doubling_high_mul(reciprocal, args_.fixed[distance]);
    return static_cast<uint8_t>(std::clamp(
        rounding_divide_by_pot(product, std::clamp(exponent, 0, 31)) + low, low, low + 255));
  };
  if (!is_long()) {
    for (size_t i = 0; i < args_.depth; ++i) y[i] = stored(static_cast<size_t>(top - code(x[i])));
    return;
  }
  uint8_t by_distance[256], values[256];
  for (size_t d = 0; d < 256; ++d) by_distance[d] = stored(d);
  by_value(by_distance, top, values);
  look_up(x, values, y);
}

template <size_t kCount>
void Softmax::rows_real(const uint8_t* x, uint8_t* y, float* exponentials) const {
  const size_t depth = args_.depth;
  float sums[kCount] = {};
  int tops[kCount];
  for (size_t r = 0; r < kCount; ++r) tops[r] = top(x + r * depth);
  if (is_long()) {
    for (size_t i = 0; i < depth; ++i)
      for (size_t r = 0; r < kCount; ++r)
        sums[r] += args_.real[static_cast<size_t>(tops[r] - code(x[r * depth + i]))];
    uint8_t values[256];
    for (size_t r = 0; r < kCount; ++r) {
      by_value(args_.real.data(), tops[r], exponentials);
      finish_real(exponentials, sums[r], 256, values);
      look_up(x + r * depth, values, y + r * depth);
    }
    return;
  }
  for (size_t i = 0; i < depth; ++i) {
    for (size_t r = 0; r < kCount; ++r) {
      const float e = args_.real[static_cast<size_t>(tops[r] - code(x[r * depth + i]))];
      exponentials[r * depth + i] = e;
      sums[r] += e;
    }
  }
  for (size_t r = 0; r < kCount; ++r)
    finish_real(exponentials + r * depth, sums[r], depth, y + r * depth);
}

void Softmax::short_rows_real(const int8_t* x, size_t rows, uint8_t* y, float* exponentials) const {
  const size_t depth = args_.depth;
  float* e = exponentials;
  for (const int8_t* end = x + rows * depth; x != end; x += depth, e += depth) {
    int top = x[0];
    for (size_t i = 1; i < depth; ++i) top = std::max<int>(top, x[i]);
    float sum = 0;
    for (size_t i = 0; i < depth; ++i) {
      e[i] = args_.real[static_cast<size_t>(top - x[i])];
      sum += e[i];
    }
    const float inverse = 1.0f / (sum * args_.scale);
    for (size_t i = 0; i < depth; ++i) e[i] *= inverse;
  }
  probabilities_({.exponentials = exponentials,
                  .size = rows * depth,
                  .inverse = 1,
                  .zero_point = args_.zero_point,
                  .output = y});
}

void Softmax::finish_real(const float* exponentials, float sum, size_t size, uint8_t* y) const {
  const float inverse = 1.0f / (sum * args_.scale);
  if (!args_.is_unsigned)
    return probabilities_({.exponentials = exponentials,
                           .size = size,
                           .inverse = inverse,
                           .zero_point = args_.zero_point,
                           .output = y});
  for (size_t i = 0; i < size; ++i) {
    const double p = static_cast<double>(exponentials[i] * inverse + 0.5f);
    y[i] = static_cast<uint8_t>(std::clamp(truncate_to_int32(p), 0, 255));
  }
}

int Softmax::top(const uint8_t* row) const {
  const size_t groups = args_.depth / 16;
  int greatest = code(row[0]);
  if (groups != 0) {
    uint8_t most[16];
    max_window_({.input = row,
                 .is_unsigned = args_.is_unsigned,
                 .rows = 1,
                 .row_stride = 0,
                 .columns = groups,
                 .column_stride = 16,
                 .channels = 16},
                most);
    for (const uint8_t x : most) greatest = std::max(greatest, code(x));
  }
  for (size_t i = groups * 16; i < args_.depth; ++i) greatest = std::max(greatest, code(row[i]));
  return greatest;
}

size_t Softmax::parts(size_t samples) const {
  return 1 + samples * args_.rows * args_.depth / kPartSize;
}

void Softmax::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                  uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Softmax::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                       Part part, uint8_t* scratch) const noexcept {
  const size_t depth = args_.depth, rows = samples * args_.rows;
  if (depth == 0) return;
  float* exponentials = reinterpret_cast<float*>(scratch);
  const size_t end = part.end(rows, kRows);
  const bool is_short = depth <= kShort && !args_.fixed_point && !args_.is_unsigned;
  for (size_t row = part.begin(rows, kRows), some; row < end; row += some) {
    const uint8_t* x = inputs[0] + row * depth;
    uint8_t* y = outputs[0] + row * depth;
    some = args_.fixed_point ? 1 : std::min(is_short ? rows_at_once() : kRows, end - row);
    if (args_.fixed_point)
      row_fixed(x, y, top(x));
    else if (is_short)
      short_rows_real(reinterpret_cast<const int8_t*>(x), some, y, exponentials);
    else if (some == kRows)
      rows_real<kRows>(x, y, exponentials);
    else
      for (size_t r = 0; r < some; ++r) rows_real<1>(x + r * depth, y + r * depth, exponentials);
  }
}

}  // namespace intlite
