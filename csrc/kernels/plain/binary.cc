// binary.cc: rows that are no vector code: the C library's functions, element by element.
#include "binary.h"

#include <cmath>
#include <limits>

#include "../../simd/standard_floats.h"

namespace intlite {
namespace {

// Source: LiteRT 2.3.0, tflite/kernels/internal/reference/floor_div.h, FloorDiv.
float floor_div(float x, float y) {
  return static_cast<float>(std::floor(static_cast<double>(x) / static_cast<double>(y)));
}

// Source: LiteRT 2.3.0, tflite/kernels/internal/reference/floor_mod.h, FloorMod.
float floor_mod(float x, float y) {
  const float rest = std::fmod(x, y);
  return rest != 0.0f && (y < 0.0f) != (rest < 0.0f) ? rest + y : rest;
}

float power(float x, float y) { return std::pow(x, y); }
float atan2(float y, float x) { return std::atan2(y, x); }

using Scalar = float (*)(float, float);

template <Scalar f>
void scalar_row(const BinaryRowArgs& args) {
  const float* left = reinterpret_cast<const float*>(args.left);
  const float* right = reinterpret_cast<const float*>(args.right);
  float* output = reinterpret_cast<float*>(args.output);
  const size_t left_step = args.left_repeats ? 0 : 1, right_step = args.right_repeats ? 0 : 1;
  for (size_t i = 0; i < args.size; ++i) output[i] = f(left[i * left_step], right[i * right_step]);
}

// x^n, n >= 1, of which no product leaves the finite numbers.
//
// Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h, IntegerExponentPow.
float whole_power(float x, int n) {
  constexpr float kMost = std::numeric_limits<float>::max();
  if (n == 1) return x;
  const auto product = [=](float a, float b) { return std::min(std::max(a * b, -kMost), kMost); };
  float y = whole_power(x, n / 2);
  y = product(y, y);
  return n % 2 == 1 ? product(x, y) : y;
}

void power_of_one_row(const BinaryRowArgs& args) {
  const float* left = reinterpret_cast<const float*>(args.left);
  const float exponent = *reinterpret_cast<const float*>(args.right), whole = std::round(exponent);
  if (!(std::abs(exponent - whole) < 1e-5f && whole >= 1.0f && whole < 0x1p31f))
    return scalar_row<power>(args);
  float* output = reinterpret_cast<float*>(args.output);
  const size_t step = args.left_repeats ? 0 : 1;
  for (size_t i = 0; i < args.size; ++i)
    output[i] = whole_power(left[i * step], static_cast<int>(whole));
}

}  // namespace

BinaryRow float_binary_row(BinaryFunction function, const PlainKernels& kernels) {
  switch (function) {
    case BinaryFunction::kPower:
      return scalar_row<power>;
    case BinaryFunction::kPowerOfOne:
      return power_of_one_row;
    case BinaryFunction::kFloorDiv:
      return scalar_row<floor_div>;
    case BinaryFunction::kFloorMod:
      return scalar_row<floor_mod>;
    case BinaryFunction::kAtan2:
      return scalar_row<atan2>;
    default:
      return kernels.float_binary(function);
  }
}

const char* PlainBinary::refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
  if (arguments_.refusal.empty()) return nullptr;
  const float* right = reinterpret_cast<const float*>(inputs[1]);
  const size_t size = samples * input_bytes()[1] / sizeof(float);
  const bool has_zero = std::find(right, right + size, 0.0f) != right + size;
  return has_zero ? arguments_.refusal.c_str() : nullptr;
}

void PlainBinary::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t* scratch) const noexcept {
  const FlushedSubnormals floats(arguments_.flushes);
  BroadcastKernel::run_part(inputs, outputs, samples, part, scratch);
}

void PlainBinary::run_row(const BroadcastRow& row) const noexcept {
  row_({.left = row.left,
        .right = row.right,
        .left_repeats = row.left_repeats,
        .right_repeats = row.right_repeats,
        .size = row.size,
        .output = row.output,
        .low = arguments_.low,
        .high = arguments_.high});
}

}  // namespace intlite
