// pool.cc: window by window, all channels of a pixel at once.
#include "pool.h"

#include <algorithm>
#include <limits>

namespace intlite {
namespace {

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

template <class T>
void Pool2D::image(const T* input, T* output, int32_t* acc) const {
  const PoolGeometry& g = geometry_;
  for (size_t oy = 0; oy < g.output_height; ++oy) {
    const Span ys = inside(oy * g.stride_height, g.filter_height, g.pad_top, g.input_height);
    for (size_t ox = 0; ox < g.output_width; ++ox, output += g.channels) {
      const Span xs = inside(ox * g.stride_width, g.filter_width, g.pad_left, g.input_width);
      std::fill_n(acc, g.channels, average_ ? 0 : std::numeric_limits<int32_t>::min());
      for (size_t y = ys.first; y < ys.last; ++y) {
        for (size_t x = xs.first; x < xs.last; ++x) {
          const T* pixel = input + (y * g.input_width + x) * g.channels;
          if (average_) {
            for (size_t c = 0; c < g.channels; ++c) acc[c] += pixel[c];
          } else {
            for (size_t c = 0; c < g.channels; ++c) acc[c] = std::max<int32_t>(acc[c], pixel[c]);
          }
        }
      }
      const size_t area = ys.last > ys.first && xs.last > xs.first
                              ? (ys.last - ys.first) * (xs.last - xs.first)
                              : 1;
      for (size_t c = 0; c < g.channels; ++c) {
        const int32_t value =
            average_ ? divide_half_away(acc[c], static_cast<int32_t>(area)) : acc[c];
        output[c] = static_cast<T>(std::clamp(value, min_, max_));
      }
    }
  }
}

void Pool2D::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t* scratch) const noexcept {
  const size_t images = samples * geometry_.images;
  if (images == 0) return;
  const size_t in = input_bytes()[0] / geometry_.images;
  const size_t out = output_bytes()[0] / geometry_.images;
  int32_t* acc = reinterpret_cast<int32_t*>(scratch);
  for (size_t i = 0; i < images; ++i) {
    const uint8_t* input = inputs[0] + i * in;
    uint8_t* output = outputs[0] + i * out;
    if (unsigned_)
      image(input, output, acc);
    else
      image(reinterpret_cast<const int8_t*>(input), reinterpret_cast<int8_t*>(output), acc);
  }
}

}  // namespace intlite
