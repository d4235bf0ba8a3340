// pool.cc: all channels of a window at once; of windows side by side where that fills vectors.
#include "pool.h"

#include <cstring>

#include "pool_windows.h"

namespace intlite {
namespace {

constexpr size_t kPartWork = 64 << 10;
constexpr ptrdiff_t kBytes = 16;  // that are copied at once

// Outputs of a row whose windows no edge cuts.
Span whole_windows(const WindowGeometry& g) {
  if (g.filter_width > g.input_width) return {0, 0};
  const size_t first = (g.pad_left + g.stride_width - 1) / g.stride_width;
  const size_t last = (g.input_width - g.filter_width + g.pad_left) / g.stride_width + 1;
  return {first, std::clamp(last, first, std::max(first, g.output_width))};
}

}  // namespace

Pool2D::Pool2D(const PoolArgs& args, const KernelTable& kernels)
    : Kernel({args.geometry.input_bytes()}, {args.geometry.output_bytes()}),
      args_(args),
      sum_window_(kernels.sum_window),
      average_window_(kernels.average_window),
      max_window_(kernels.max_window) {
  const WindowGeometry& geometry = args_.geometry;
  const bool few = geometry.input_channels < kBytes || geometry.stride_width == 1;
  const Span whole = whole_windows(geometry);
  if (!few || geometry.filter_height * geometry.filter_width > kMostAveraged) return;
  side_by_side_ = whole.last - whole.first;
  first_whole_ = whole.first;
}

void Pool2D::average(const WindowArgs& window, uint8_t* output, int32_t* sums) const {
  if (window.rows * window.columns <= kMostAveraged)
    return average_window_(window, args_.min, args_.max, output);
  sum_window_(window, sums);
  const int32_t area = static_cast<int32_t>(std::max<size_t>(window.rows * window.columns, 1));
  for (size_t c = 0; c < window.channels; ++c)
    output[c] =
        static_cast<uint8_t>(std::clamp(divide_half_away(sums[c], area), args_.min, args_.max));
}

void Pool2D::clamp(uint8_t* output, size_t count) const {
  const int32_t low = args_.is_unsigned ? 0 : -128;
  if (args_.min == low && args_.max == low + 255) return;
  for (size_t c = 0; c < count; ++c) {
    const int32_t value = args_.is_unsigned ? output[c] : static_cast<int8_t>(output[c]);
    output[c] = static_cast<uint8_t>(std::clamp(value, args_.min, args_.max));
  }
}

void Pool2D::pool(const WindowArgs& window, uint8_t* output, int32_t* sums) const {
  if (args_.average) return average(window, output, sums);
  if (window.rows * window.columns == 0)
    std::fill_n(output, window.channels, static_cast<uint8_t>(args_.is_unsigned ? 0 : 0x80));
  else
    max_window_(window, output);
  clamp(output, window.channels);
}

void Pool2D::pool_side_by_side(const uint8_t* from, size_t rows, uint8_t* output,
                               uint8_t* scratch) const {
  const WindowGeometry& g = args_.geometry;
  // As if the stride were one: the window's channels are those of all pixels.
  const WindowArgs window{.input = from,
                          .is_unsigned = args_.is_unsigned,
                          .rows = rows,
                          .row_stride = g.input_width * g.input_channels,
                          .columns = g.filter_width,
                          .column_stride = g.input_channels,
                          .channels = wide_bytes()};
  if (g.stride_width == 1) return pool(window, output, nullptr);
  pool(window, scratch, nullptr);
  const uint8_t* const end = output + side_by_side_ * g.input_channels;
  for (; output != end; output += g.input_channels, scratch += g.stride_width * g.input_channels)
    std::memcpy(output, scratch, end - output < kBytes ? g.input_channels : kBytes);
}

void Pool2D::image(const uint8_t* input, uint8_t* output, Part part, uint8_t* scratch) const {
  const WindowGeometry& g = args_.geometry;
  const size_t line = g.input_width * g.input_channels;
  const size_t first = part.begin(g.output_height), last = part.end(g.output_height);
  output += first * g.output_width * g.input_channels;
  for (size_t oy = first; oy < last; ++oy) {
    const Span ys = inside(oy * g.stride_height, g.filter_height, g.pad_top, g.input_height);
    const size_t rows = ys.first < ys.last ? ys.last - ys.first : 0;
    for (size_t ox = 0; ox < g.output_width; ++ox, output += g.input_channels) {
      const Span xs = inside(ox * g.stride_width, g.filter_width, g.pad_left, g.input_width);
      const uint8_t* from = input + ys.first * line + xs.first * g.input_channels;
      if (ox == first_whole_ && side_by_side_ > 1) {
        pool_side_by_side(from, rows, output, scratch);
        ox += side_by_side_ - 1;
        output += (side_by_side_ - 1) * g.input_channels;
        continue;
      }
      const size_t columns = rows != 0 && xs.first < xs.last ? xs.last - xs.first : 0;
      pool({.input = from,
            .is_unsigned = args_.is_unsigned,
            .rows = columns == 0 ? 0 : rows,
            .row_stride = line,
            .columns = columns,
            .column_stride = g.input_channels,
            .channels = g.input_channels},
           output, reinterpret_cast<int32_t*>(scratch));
    }
  }
}

size_t Pool2D::wide_bytes() const {
  return ((side_by_side_ - 1) * args_.geometry.stride_width + 1) * args_.geometry.input_channels;
}

size_t Pool2D::scratch_bytes() const {
  const size_t sums = args_.geometry.input_channels * sizeof(int32_t);
  return side_by_side_ > 1 ? std::max(sums, wide_bytes() + kBytes) : sums;
}

size_t Pool2D::parts(size_t samples) const {
  const size_t taps = args_.geometry.filter_height * args_.geometry.filter_width;
  return 1 + samples * output_bytes()[0] * taps / kPartWork;
}

void Pool2D::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Pool2D::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      Part part, uint8_t* scratch) const noexcept {
  const size_t images = samples * args_.geometry.images;
  if (images == 0) return;
  const size_t in = input_bytes()[0] / args_.geometry.images;
  const size_t out = output_bytes()[0] / args_.geometry.images;
  for (size_t i = 0; i < images; ++i)
    image(inputs[0] + i * in, outputs[0] + i * out, part, scratch);
}

}  // namespace intlite
