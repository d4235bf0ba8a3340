// rows.cc: vector code, or plain sums in order, as LiteRT's reference kernels have them.
#include "rows.h"

#include <cmath>
#include <limits>

#include "../../simd/standard_floats.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 2 << 10;

float greatest(const float* x, size_t depth) {
  float found = std::numeric_limits<float>::lowest();
  for (size_t i = 0; i < depth; ++i) found = std::max(found, x[i]);
  return found;
}

// Source: LiteRT 2.3.0, tflite/kernels/internal/reference/softmax.h, Softmax.
void softmax(const float* x, size_t depth, float beta, float* y) {
  const float most = greatest(x, depth);
  float sum = 0.0f;
  for (size_t i = 0; i < depth; ++i) sum += y[i] = std::exp((x[i] - most) * beta);
  for (size_t i = 0; i < depth; ++i) y[i] /= sum;
}

// Source: LiteRT 2.3.0, tflite/kernels/internal/reference/log_softmax.h, LogSoftmax.
void log_softmax(const float* x, size_t depth, float* y) {
  const float most = greatest(x, depth);
  float sum = 0.0f;
  for (size_t i = 0; i < depth; ++i) sum += std::exp(x[i] - most);
  const float log_sum = std::log(sum);
  for (size_t i = 0; i < depth; ++i) y[i] = x[i] - most - log_sum;
}

// Source: LiteRT 2.3.0, tflite/kernels/internal/reference/l2normalization.h, L2Normalization.
void l2_normalize(const float* x, size_t depth, float* y) {
  float sum = 0.0f;
  for (size_t i = 0; i < depth; ++i) sum += x[i] * x[i];
  const float length = std::max(std::sqrt(sum), 1e-6f);
  for (size_t i = 0; i < depth; ++i) y[i] = x[i] / length;
}

}  // namespace

size_t PlainRows::parts(size_t samples) const {
  const size_t rows = samples * arguments_.rows;
  return std::min(std::max<size_t>(rows, 1), 1 + rows * arguments_.depth / kPartSize);
}

void PlainRows::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                    uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void PlainRows::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                         Part part, uint8_t*) const noexcept {
  const FlushedSubnormals floats(arguments_.flushes);
  const size_t rows = samples * arguments_.rows, depth = arguments_.depth;
  const size_t first = part.begin(rows), end = part.end(rows);
  const float* x = reinterpret_cast<const float*>(inputs[0]) + first * depth;
  float* y = reinterpret_cast<float*>(outputs[0]) + first * depth;
  const RowFunction function = arguments_.function;
  if (function == RowFunction::kSoftmaxOfSixteen || function == RowFunction::kSoftmaxOfEight)
    return softmax_({.input = x,
                     .rows = end - first,
                     .depth = depth,
                     .sixteen = function == RowFunction::kSoftmaxOfSixteen,
                     .output = y});
  for (size_t row = first; row < end; ++row, x += depth, y += depth) {
    if (function == RowFunction::kSoftmax)
      softmax(x, depth, arguments_.beta, y);
    else if (function == RowFunction::kLogSoftmax)
      log_softmax(x, depth, y);
    else
      l2_normalize(x, depth, y);
  }
}

}  // namespace intlite
