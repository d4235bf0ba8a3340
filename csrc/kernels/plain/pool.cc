// pool.cc: rows of the output one after the other, as far as their windows lie inside.
#include "pool.h"

#include "../../simd/standard_floats.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 8 << 10;

// Of a window along one axis: what lies inside, and how many of its places come before.
struct Inside {
  size_t first, last, skipped;
};

Inside inside(size_t index, size_t stride, size_t pad, size_t filter, size_t size) {
  const size_t begin = index * stride, end = begin + filter;  // on the padded axis
  const size_t first = std::clamp(begin, pad, pad + size),
               last = std::clamp(end, first, pad + size);
  return {first - pad, last - pad, first - begin};
}

}  // namespace

size_t PlainPool::parts(size_t samples) const {
  const WindowGeometry& g = arguments_.geometry;
  const size_t rows = samples * g.images * g.output_height;
  const size_t work = samples * g.output_bytes() * g.filter_height * g.filter_width;
  return std::min(std::max<size_t>(rows, 1), 1 + work / kPartSize);
}

void PlainPool::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                    uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void PlainPool::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                         Part part, uint8_t*) const noexcept {
  if (is_idle()) return;
  const FlushedSubnormals floats(arguments_.flushes);
  const WindowGeometry& g = arguments_.geometry;
  const float* input = reinterpret_cast<const float*>(inputs[0]);
  float* output = reinterpret_cast<float*>(outputs[0]);
  const size_t rows = samples * g.images * g.output_height;
  const size_t image = g.input_pixels() * g.input_channels;
  const size_t row_size = g.output_width * g.output_channels;
  for (size_t row = part.begin(rows); row < part.end(rows); ++row)
    pool_row(input + row / g.output_height * image, row % g.output_height, output + row * row_size);
}

void PlainPool::pool_row(const float* image, size_t row, float* output) const {
  const WindowGeometry& g = arguments_.geometry;
  const Inside rows = inside(row, g.stride_height, g.pad_top, g.filter_height, g.input_height);
  for (size_t column = 0; column < g.output_width; ++column) {
    const Inside columns =
        inside(column, g.stride_width, g.pad_left, g.filter_width, g.input_width);
    pool_window_({.image = image,
                  .width = g.input_width,
                  .channels = g.input_channels,
                  .top = rows.first,
                  .bottom = rows.last,
                  .left = columns.first,
                  .right = columns.last,
                  .filter_height = g.filter_height,
                  .filter_width = g.filter_width,
                  .skipped_rows = rows.skipped,
                  .skipped_columns = columns.skipped,
                  .function = arguments_.function,
                  .low = arguments_.low,
                  .high = arguments_.high,
                  .output = output + column * g.output_channels});
  }
}

}  // namespace intlite
