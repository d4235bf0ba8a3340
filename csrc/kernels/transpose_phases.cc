// transpose_phases.cc: remainders of the strides, and every stride-th tap.
#include "transpose_phases.h"

#include <algorithm>
#include <cstring>

namespace intlite {
namespace {

// Along one dimension: what a remainder makes of it.
struct Line {
  size_t taps, first, count, pad;
};

Line line(size_t remainder, size_t filter, size_t stride, size_t pad, size_t output) {
  Line l{};
  l.taps = (filter - remainder + stride - 1) / stride;
  l.first = (remainder + stride - pad % stride) % stride;
  l.count = l.first < output ? (output - l.first + stride - 1) / stride : 0;
  // Output number i reads inputs (first + pad) / stride + i and the taps - 1 before it.
  l.pad = l.taps - 1 - (l.first + pad) / stride;
  return l;
}

}  // namespace

std::vector<TransposePhase> transpose_phases(const WindowGeometry& g) {
  std::vector<TransposePhase> phases;
  for (size_t y = 0; y < std::min(g.filter_height, g.stride_height); ++y) {
    for (size_t x = 0; x < std::min(g.filter_width, g.stride_width); ++x) {
      const Line rows = line(y, g.filter_height, g.stride_height, g.pad_top, g.output_height);
      const Line columns = line(x, g.filter_width, g.stride_width, g.pad_left, g.output_width);
      if (rows.count == 0 || columns.count == 0) continue;
      phases.push_back({.remainder_row = y,
                        .remainder_column = x,
                        .first_row = rows.first,
                        .first_column = columns.first,
                        .window = {.images = g.images,
                                   .input_height = g.input_height,
                                   .input_width = g.input_width,
                                   .input_channels = g.input_channels,
                                   .output_height = rows.count,
                                   .output_width = columns.count,
                                   .output_channels = g.output_channels,
                                   .filter_height = rows.taps,
                                   .filter_width = columns.taps,
                                   .stride_height = 1,
                                   .stride_width = 1,
                                   .pad_top = rows.pad,
                                   .pad_left = columns.pad}});
    }
  }
  return phases;
}

std::vector<uint8_t> phase_weights(const WindowGeometry& g, const TransposePhase& phase,
                                   const uint8_t* weights) {
  std::vector<uint8_t> taps(g.output_channels * phase.depth());
  uint8_t* tap = taps.data();
  for (size_t n = 0; n < g.output_channels; ++n) {
    for (size_t i = phase.window.filter_height; i-- > 0;) {
      for (size_t j = phase.window.filter_width; j-- > 0; tap += g.input_channels) {
        const size_t y = phase.remainder_row + i * g.stride_height;
        const size_t x = phase.remainder_column + j * g.stride_width;
        const size_t at = ((n * g.filter_height + y) * g.filter_width + x) * g.input_channels;
        std::memcpy(tap, weights + at, g.input_channels);
      }
    }
  }
  return taps;
}

}  // namespace intlite
