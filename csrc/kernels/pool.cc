// pool.cc: window by window, all channels of a pixel at once.
#include "pool.h"

#include <algorithm>

namespace intlite {
namespace {

constexpr size_t kPartWork = 64 << 10;

// [first, last) of a window inside of the image.
struct Span {
  size_t first, last;
};

Span inside(size_t start, size_t filter, size_t pad, size_t size) {
  return {start > pad ? start - pad : 0,
          std::min(start + filter > pad ? start + filter - pad : 0, size)};
}

int32_t divide_half_away(int32_t sum, int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

}  // namespace

void Pool2D::average(const WindowArgs& window, uint8_t* output, int32_t* sums) const {
  if (window.rows * window.columns <= kMostAveraged)
    return average_window_(window, min_, max_, output);
  sum_window_(window, sums);
  const int32_t area = static_cast<int32_t>(std::max<size_t>(window.rows * window.columns, 1));
  for (size_t c = 0; c < window.channels; ++c)
    output[c] = static_cast<uint8_t>(std::clamp(divide_half_away(sums[c], area), min_, max_));
}

void Pool2D::clamp(uint8_t* output) const {
  const int32_t low = unsigned_ ? 0 : -128;
  if (min_ == low && max_ == low + 255) return;
  for (size_t c = 0; c < geometry_.channels; ++c) {
    const int32_t value = unsigned_ ? output[c] : static_cast<int8_t>(output[c]);
    output[c] = static_cast<uint8_t>(std::clamp(value, min_, max_));
  }
}

void Pool2D::image(const uint8_t* input, uint8_t* output, Part part, int32_t* sums) const {
  const PoolGeometry& g = geometry_;
  const size_t line = g.input_width * g.channels;
  const size_t first = part.begin(g.output_height), last = part.end(g.output_height);
  output += first * g.output_width * g.channels;
  for (size_t oy = first; oy < last; ++oy) {
    const Span ys = inside(oy * g.stride_height, g.filter_height, g.pad_top, g.input_height);
    for (size_t ox = 0; ox < g.output_width; ++ox, output += g.channels) {
      const Span xs = inside(ox * g.stride_width, g.filter_width, g.pad_left, g.input_width);
      const bool empty = ys.first >= ys.last || xs.first >= xs.last;
      const WindowArgs window{input + ys.first * line + xs.first * g.channels,
                              unsigned_,
                              empty ? 0 : ys.last - ys.first,
                              line,
                              empty ? 0 : xs.last - xs.first,
                              g.channels,
                              g.channels};
      if (average_) {
        average(window, output, sums);
        continue;
      }
      if (empty)
        std::fill_n(output, g.channels, static_cast<uint8_t>(unsigned_ ? 0 : 0x80));
      else
        max_window_(window, output);
      clamp(output);
    }
  }
}

size_t Pool2D::parts(size_t samples) const {
  const size_t taps = geometry_.filter_height * geometry_.filter_width;
  return 1 + samples * output_bytes()[0] * taps / kPartWork;
}

void Pool2D::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Pool2D::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      Part part, uint8_t* scratch) const noexcept {
  const size_t images = samples * geometry_.images;
  if (images == 0) return;
  const size_t in = input_bytes()[0] / geometry_.images;
  const size_t out = output_bytes()[0] / geometry_.images;
  int32_t* acc = reinterpret_cast<int32_t*>(scratch);
  for (size_t i = 0; i < images; ++i) image(inputs[0] + i * in, outputs[0] + i * out, part, acc);
}

}  // namespace intlite
