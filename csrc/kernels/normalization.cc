// normalization.cc: row by row; a value's result depends on its row's sum and on itself alone.
#include "normalization.h"

#include <bit>
#include <cmath>

#include "../numerics/reciprocal.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 4 << 10;
constexpr auto mul = saturating_rounding_doubling_high_mul;

int significant_bits(int64_t x) {
  return static_cast<int>(std::bit_width(static_cast<uint64_t>(x < 0 ? -x : x)));
}

// log(x) for x >= 1 in Q12.19, as Q5.26: TFLite's log_x_for_x_greater_than_or_equal_to_1.
int32_t log_from_one(int32_t raw) {
  constexpr int32_t kSqrtHalf = 1518500250, kLog2 = 1488522236, kFirst = 1805811301,
                    kSecond = 117049297, kThird = 1057819769, kFourth = 127690142,
                    kFifth = 638450708;
  constexpr int kSumBits = 12, kAccumulatorBits = 6;
  constexpr int32_t kQuarter = rounding_divide_by_pot(1 << 29, kAccumulatorBits);
  const auto shifted = [](int64_t x, int left) { return saturate_int32(x * (int64_t{1} << left)); };
  const auto exponent = [&](int zeros, int32_t quarter) {
    return saturate_int32(int64_t{shifted(kSumBits - zeros, 31 - kAccumulatorBits)} + quarter);
  };
  // Two ways to write x as 2**z * r with r near 1: the one that has r below sqrt(1/2) wins.
  const int zeros_1 = 32 - significant_bits(raw);
  const int32_t r_1 = shifted(mul(shifted(raw, std::max(zeros_1 - 1, 0)), kSqrtHalf), 1);
  const int zeros_2 = 31 - significant_bits(mul(raw, kSqrtHalf));
  const int32_t r_2 = shifted(raw, zeros_2);
  const int32_t r = std::min(r_1, r_2);
  const int32_t z = std::max(exponent(zeros_1, kQuarter), exponent(zeros_2, -kQuarter));
  const int64_t total = int64_t{r} + kFirst;
  const int32_t half = static_cast<int32_t>(total >= 0 ? (total + 1) >> 1 : -((1 - total) >> 1));
  const int32_t q = wrap_int32(2 * (int64_t{r} - kFirst)), square = mul(q, q);
  const int32_t numerator = wrapping_add(mul(q, r), mul(mul(q, square), kSecond));
  const int32_t inner = wrap_int32(int64_t{kThird} + q + mul(kFourth, square));
  const int32_t denominator = wrapping_add(mul(half, inner), mul(kFifth, q));
  const int32_t fraction =
      mul(rounding_divide_by_pot(numerator, kAccumulatorBits), one_over_one_plus(denominator));
  return shifted(wrapping_add(mul(z, kLog2), fraction), 1);
}

struct InverseRoot {
  int32_t multiplier;
  int shift;
};

// 1 / sqrt(x) for 0 < x < 2^29: TFLite's GetInvSqrtQuantizedMultiplierExp.
InverseRoot inverse_root(int32_t x) {
  constexpr int32_t kOne = 1 << 28, kThreeHalves = (1 << 28) + (1 << 27), kHalfSqrt2 = 1518500250;
  if (x <= 1) return {INT32_MAX, 0};
  const int pairs = (31 - significant_bits(x)) / 2 - 1, shift = pairs - 11;
  const int64_t value = pairs < 0 ? 0 : (int64_t{x} << (2 * pairs)) >> 1;
  const int32_t half = rounding_divide_by_pot(static_cast<int32_t>(value), 1);
  int32_t y = kOne;
  for (int i = 0; i < 5; ++i) {
    // y * (3/2 - x/2 * y**2)
    const int32_t cube = saturate_int32(int64_t{mul(mul(y, y), y)} * (1 << 6));
    y = saturate_int32(int64_t{wrap_int32(int64_t{mul(kThreeHalves, y)} - mul(half, cube))} *
                       (1 << 3));
  }
  return {wrap_int32(int64_t{mul(y, kHalfSqrt2)} * (int64_t{1} << std::max(shift, 0))),
          std::min(shift, 0)};
}

}  // namespace

size_t Normalization::parts(size_t samples) const {
  return 1 + samples * input_bytes()[0] / kPartSize;
}

void Normalization::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                        uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Normalization::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                             Part part, uint8_t*) const noexcept {
  if (depth_ == 0) return;
  const size_t rows = samples * input_bytes()[0] / depth_;
  for (size_t row = part.begin(rows); row < part.end(rows); ++row)
    run_row(inputs[0] + row * depth_, outputs[0] + row * depth_, depth_);
}

uint8_t LogSoftmax::stored(int32_t value) const {
  const int32_t low = args_.is_unsigned ? 0 : -128, high = low + 255;
  return static_cast<uint8_t>(std::clamp(wrapping_add(value, high), low, high));
}

void LogSoftmax::set_fixed(const uint8_t* x, int top, size_t depth,
                           std::array<uint8_t, 256>& values) const {
  uint32_t sum = 0;
  for (size_t i = 0; i < depth; ++i)
    sum += static_cast<uint32_t>(args_.fixed[static_cast<size_t>(top - code(x[i]))]);
  const int32_t log = log_from_one(static_cast<int32_t>(sum));
  // Below this the result is the least value whatever it is.
  const int32_t limit = multiply_by_quantized_multiplier_gemmlowp(
      wrap_int32(int64_t{log} + INT32_MIN), args_.reverse_multiplier, args_.reverse_shift);
  const int64_t least = std::max<int64_t>(limit, int64_t{args_.least} - 1);
  for (size_t d = 0; d < values.size(); ++d) {
    const int32_t value =
        rounding_divide_by_pot(wrap_int32(int64_t{args_.scaled[d]} - log), 31 - 5 - 4);
    values[d] = stored(-static_cast<int64_t>(d) > least ? value : -256);
  }
}

void LogSoftmax::set_real(const uint8_t* x, int top, size_t depth,
                          std::array<uint8_t, 256>& values) const {
  float sum = 0;
  for (size_t i = 0; i < depth; ++i) sum += args_.real[static_cast<size_t>(top - code(x[i]))];
  const float scale = args_.input_scale, out = args_.output_scale;
  const float log = static_cast<float>(std::log(static_cast<double>(sum)));
  const float moved = (scale * static_cast<float>(top) + log) / out, step = scale / out;
  for (size_t d = 0; d < values.size(); ++d) {
    const float real = step * static_cast<float>(top - static_cast<int>(d)) - moved;
    values[d] = stored(round_even_to_int32(std::max(std::min(real, 1e6f), -1e6f)));
  }
}

void LogSoftmax::run_row(const uint8_t* x, uint8_t* y, size_t depth) const noexcept {
  int top = code(x[0]);
  for (size_t i = 1; i < depth; ++i) top = std::max(top, code(x[i]));
  std::array<uint8_t, 256> values;
  if (args_.fixed_point)
    set_fixed(x, top, depth, values);
  else
    set_real(x, top, depth, values);
  for (size_t i = 0; i < depth; ++i) y[i] = values[static_cast<size_t>(top - code(x[i]))];
}

void L2Normalization::run_row(const uint8_t* x, uint8_t* y, size_t depth) const noexcept {
  const auto centred = [&](uint8_t value) {
    return (args_.is_unsigned ? value : static_cast<int8_t>(value)) - args_.zero_point;
  };
  uint32_t sum = 0;
  for (size_t i = 0; i < depth; ++i) {
    const int32_t value = centred(x[i]);
    sum += static_cast<uint32_t>(value * value);
  }
  const InverseRoot root = inverse_root(static_cast<int32_t>(sum));
  // uint8 is rounded as a product that int8 shifts first.
  const int32_t factor = args_.is_unsigned ? 128 : 1, zero_point = args_.is_unsigned ? 128 : 0;
  const int shift = root.shift + (args_.is_unsigned ? 0 : 7);
  const int32_t low = args_.is_unsigned ? 0 : -128;
  for (size_t i = 0; i < depth; ++i) {
    const int32_t value =
        multiply_by_quantized_multiplier_gemmlowp(factor * centred(x[i]), root.multiplier, shift);
    y[i] = static_cast<uint8_t>(std::clamp<int64_t>(value + zero_point, low, low + 255));
  }
}

}  // namespace intlite
