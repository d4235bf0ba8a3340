// convolve.cc: which convolutions go by lines, and their weights.
#include "convolve.h"

#include <cstring>

namespace intlite {
namespace {

// Lines that are read over and over stay in L1, or in L2 where they share large weights.
constexpr size_t kLineBytes = 24 * 1024;
constexpr size_t kSharedLineBytes = 128 * 1024;
// Beyond this, lines are not worth it.
constexpr size_t kMostLineBytes = 512 * 1024;

}  // namespace

bool plan_convolve(const WindowGeometry& g, size_t group_channels, size_t columns,
                   size_t activation_bytes, ConvolvePlan* plan) {
  if (g.output_pixels() == 0 || g.images == 0 || group_channels == 0) return false;
  ConvolvePlan& p = *plan;
  p.geometry = g;
  p.group_channels = group_channels;
  p.activation_bytes = activation_bytes;
  const bool whole = g.dilation_width == 1 && group_channels == g.input_channels;
  p.segments = whole ? 1 : g.filter_width;
  p.segment_values = whole ? g.filter_width * group_channels : group_channels;
  p.padded_values = round_up(p.segment_values, kGroupDepth / activation_bytes);
  // A file may say any stride and dilation: what could overflow is not multiplied.
  const size_t most = kMostLineBytes / activation_bytes;
  if (g.stride_width > most || g.dilation_width > most || g.stride_height > most ||
      g.dilation_height > most || g.filter_width > most || g.filter_height > most ||
      g.output_width > most || g.output_height > most || g.input_channels > most)
    return false;
  if (g.padded_width() > most / g.input_channels) return false;
  p.line_bytes = g.padded_width() * g.input_channels * activation_bytes;
  p.rows = p.images = 1;
  if (p.lines(1) > kMostLineBytes / p.line_bytes) return false;
  const size_t weight_bytes = columns * p.depth();
  const size_t fit = (weight_bytes < kSharedWeights ? kLineBytes : kSharedLineBytes) / p.line_bytes;
  if (p.lines(g.output_height) <= fit) {
    p.rows = g.output_height;
    p.images = fit / p.lines(p.rows);
  } else if (fit > p.lines(1)) {
    p.rows = std::min(g.output_height, 1 + (fit - p.lines(1)) / g.stride_height);
  }
  return true;
}

std::vector<uint8_t> convolve_weights(const ConvolvePlan& plan, const uint8_t* weights,
                                      size_t columns, uint8_t zero) {
  const size_t segments = columns * plan.geometry.filter_height * plan.segments;
  std::vector<uint8_t> padded(segments * plan.padded_values, zero);
  for (size_t s = 0; s < segments; ++s)
    std::memcpy(padded.data() + s * plan.padded_values, weights + s * plan.segment_values,
                plan.segment_values);
  return padded;
}

}  // namespace intlite
