// resize.cc: rows of the output one after the other.
#include "resize.h"

#include "../../simd/standard_floats.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 4 << 10;

void check(const ResizeAxis& axis) {
  const auto is_outside = [&](int32_t i) { return i < 0 || static_cast<size_t>(i) >= axis.size; };
  if (axis.low.size() != axis.high.size() || axis.low.size() != axis.weight.size())
    throw std::invalid_argument("indices and weights differ in number");
  if (std::any_of(axis.low.begin(), axis.low.end(), is_outside) ||
      std::any_of(axis.high.begin(), axis.high.end(), is_outside))
    throw std::invalid_argument("index outside of the image");
}

size_t pixels(const PlainResize::Arguments& a, bool of_output) {
  return a.images * a.channels *
         (of_output ? a.rows.low.size() * a.columns.low.size() : a.rows.size * a.columns.size);
}

}  // namespace

PlainResize::PlainResize(Arguments arguments, const PlainKernels& kernels)
    : Kernel({pixels(arguments, false) * sizeof(float)}, {pixels(arguments, true) * sizeof(float)}),
      arguments_(std::move(arguments)),
      blend_row_(kernels.blend_row) {
  check(arguments_.rows);
  check(arguments_.columns);
}

size_t PlainResize::parts(size_t samples) const {
  const size_t rows = samples * arguments_.images * arguments_.rows.low.size();
  return std::min(std::max<size_t>(rows, 1),
                  1 + samples * output_bytes()[0] / sizeof(float) / kPartSize);
}

void PlainResize::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void PlainResize::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t*) const noexcept {
  if (is_idle()) return;
  const FlushedSubnormals floats(arguments_.flushes);
  const ResizeAxis &rows = arguments_.rows, &columns = arguments_.columns;
  const size_t height = rows.low.size(), row_size = columns.size * arguments_.channels;
  const size_t output_row = columns.low.size() * arguments_.channels;
  const float* input = reinterpret_cast<const float*>(inputs[0]);
  float* output = reinterpret_cast<float*>(outputs[0]);
  const size_t all = samples * arguments_.images * height;
  for (size_t row = part.begin(all); row < part.end(all); ++row) {
    const float* image = input + row / height * rows.size * row_size;
    const size_t i = row % height;
    blend_row_({.top = image + static_cast<size_t>(rows.low[i]) * row_size,
                .bottom = image + static_cast<size_t>(rows.high[i]) * row_size,
                .left = columns.low.data(),
                .right = columns.high.data(),
                .across = columns.weight.data(),
                .down = rows.weight[i],
                .columns = columns.low.size(),
                .channels = arguments_.channels,
                .kind = arguments_.kind,
                .output = output + row * output_row});
  }
}

}  // namespace intlite
