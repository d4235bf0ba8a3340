// pool_int16.cc: window by window, all channels of a pixel after the other.
#include "pool_int16.h"

#include "pool_windows.h"

namespace intlite {
namespace {

constexpr size_t kPartWork = 64 << 10;

void add(const int16_t* x, size_t channels, int32_t* sums) {
  for (size_t c = 0; c < channels; ++c) sums[c] += x[c];
}

void raise(const int16_t* x, size_t channels, int16_t* greatest) {
  for (size_t c = 0; c < channels; ++c) greatest[c] = std::max(greatest[c], x[c]);
}

}  // namespace

void Pool2DInt16::image(const int16_t* input, int16_t* output, Part part, int32_t* sums) const {
  const WindowGeometry& g = args_.geometry;
  const size_t channels = g.input_channels;
  const size_t begin = part.begin(g.output_height), end = part.end(g.output_height);
  output += begin * g.output_width * channels;
  for (size_t oy = begin; oy < end; ++oy) {
    const Span ys = inside(oy * g.stride_height, g.filter_height, g.pad_top, g.input_height);
    for (size_t ox = 0; ox < g.output_width; ++ox, output += channels) {
      const Span xs = inside(ox * g.stride_width, g.filter_width, g.pad_left, g.input_width);
      std::fill_n(sums, channels, 0);
      std::fill_n(output, channels, int16_t{INT16_MIN});
      int32_t count = 0;
      for (size_t y = ys.first; y < ys.last; ++y)
        for (size_t x = xs.first; x < xs.last; ++x, ++count) {
          const int16_t* pixel = input + (y * g.input_width + x) * channels;
          args_.average ? add(pixel, channels, sums) : raise(pixel, channels, output);
        }
      if (args_.average)
        for (size_t c = 0; c < channels; ++c)
          output[c] = static_cast<int16_t>(divide_half_away(sums[c], std::max(count, 1)));
      for (size_t c = 0; c < channels; ++c)
        output[c] = static_cast<int16_t>(std::clamp<int32_t>(output[c], args_.min, args_.max));
    }
  }
}

size_t Pool2DInt16::parts(size_t samples) const {
  const size_t taps = args_.geometry.filter_height * args_.geometry.filter_width;
  return 1 + samples * output_bytes()[0] * taps / kPartWork;
}

void Pool2DInt16::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t* scratch) const noexcept {
  const WindowGeometry& g = args_.geometry;
  const int16_t* from = reinterpret_cast<const int16_t*>(inputs[0]);
  int16_t* to = reinterpret_cast<int16_t*>(outputs[0]);
  const size_t in = g.input_pixels() * g.input_channels, out = g.output_pixels() * g.input_channels;
  for (size_t i = 0; i < samples * g.images; ++i)
    image(from + i * in, to + i * out, part, reinterpret_cast<int32_t*>(scratch));
}

}  // namespace intlite
