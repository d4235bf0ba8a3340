// unary.cc: vector code, or the C library's functions element by element.
#include "unary.h"

#include <cmath>

#include "../../simd/standard_floats.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 4 << 10, kBlock = 4;

// Source: LiteRT 2.3.0, tflite/kernels/internal/reference/logistic.h, Logistic.
float logistic(float x) {
  if (x > 16.619047164916992188f) return 1.0f;
  if (x < -9.0f) return std::exp(x);
  return 1.0f / (1.0f + std::exp(-x));
}

// Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h, Logistic.
float logistic_of_one(float x) {
  const float e = std::exp(x > kMostLogistic ? kMostLogistic : x);
  return e / (1.0f + e);
}

// Source: LiteRT 2.3.0, tflite/kernels/internal/reference/elu.h, Elu.
float elu(float x) { return x < 0.0f ? std::expm1(x) : x; }

template <class F>
void each(const UnaryRowArgs& args, F f) {
  for (size_t i = 0; i < args.size; ++i) args.output[i] = f(args.input[i]);
}

// Those of the C library.
UnaryRow scalar_row(UnaryFunction function) {
#define INTLITE_ROW(expression) \
  return [](const UnaryRowArgs& args) { each(args, [](float x) { return expression; }); }
  switch (function) {
    case UnaryFunction::kExp:
      INTLITE_ROW(std::exp(x));
    case UnaryFunction::kLog:
      INTLITE_ROW(std::log(x));
    case UnaryFunction::kTanh:
      INTLITE_ROW(std::tanh(x));
    case UnaryFunction::kSin:
      INTLITE_ROW(std::sin(x));
    case UnaryFunction::kCos:
      INTLITE_ROW(std::cos(x));
    case UnaryFunction::kLogistic:
      INTLITE_ROW(logistic(x));
    case UnaryFunction::kLogisticOfOne:
      INTLITE_ROW(logistic_of_one(x));
    case UnaryFunction::kElu:
      INTLITE_ROW(elu(x));
    default:
      throw std::invalid_argument("no such function");
  }
#undef INTLITE_ROW
}

}  // namespace

PlainUnary::PlainUnary(const Arguments& arguments, const PlainKernels& kernels)
    : Kernel({arguments.size * sizeof(float)}, {arguments.size * sizeof(float)}),
      arguments_(arguments),
      row_(kernels.float_unary(arguments.function)) {
  if (row_ == nullptr) row_ = scalar_row(arguments.function);
  if (arguments.function == UnaryFunction::kHardSwishSixthFirst)
    tail_ = kernels.float_unary(UnaryFunction::kHardSwishBySixth);
  if (arguments.function == UnaryFunction::kLogisticBySquare)
    tail_ = scalar_row(UnaryFunction::kLogisticOfOne);
  if (arguments.function == UnaryFunction::kPlainGelu)
    tail_ = kernels.float_unary(UnaryFunction::kPlainGeluOfOne);
}

size_t PlainUnary::parts(size_t samples) const { return 1 + samples * arguments_.size / kPartSize; }

void PlainUnary::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                     uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void PlainUnary::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                          Part part, uint8_t*) const noexcept {
  const FlushedSubnormals floats(arguments_.flushes);
  const float* input = reinterpret_cast<const float*>(inputs[0]);
  float* output = reinterpret_cast<float*>(outputs[0]);
  // Without a tail samples are more elements.
  const size_t size = tail_ == nullptr ? samples * arguments_.size : arguments_.size;
  const size_t first = part.begin(size, 64), end = part.end(size, 64);
  const size_t count = tail_ == nullptr ? 1 : samples;
  for (size_t s = 0; s < count; ++s)
    run_rows({.input = input + s * size + first,
              .size = end - first,
              .output = output + s * size + first,
              .a = arguments_.a,
              .b = arguments_.b});
}

void PlainUnary::run_rows(const UnaryRowArgs& args) const noexcept {
  if (tail_ == nullptr) return row_(args);
  UnaryRowArgs blocks = args, rest = args;
  blocks.size = args.size / kBlock * kBlock;
  rest.size -= blocks.size;
  rest.input += blocks.size;
  rest.output += blocks.size;
  row_(blocks);
  tail_(rest);
}

size_t Widen::parts(size_t samples) const { return 1 + samples * size_ / kPartSize; }

void Widen::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                     Part part, uint8_t*) const noexcept {
  const size_t size = samples * size_, first = part.begin(size, 64), end = part.end(size, 64);
  widen_({.input = reinterpret_cast<const int16_t*>(inputs[0]) + first,
          .size = end - first,
          .output = reinterpret_cast<float*>(outputs[0]) + first});
}

}  // namespace intlite
