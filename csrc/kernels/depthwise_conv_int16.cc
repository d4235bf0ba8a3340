// depthwise_conv_int16.cc: filters widened at load; images row by row.
#include "depthwise_conv_int16.h"

namespace intlite {
namespace {

constexpr size_t kValueBytes = sizeof(int16_t);
constexpr size_t kPartWork = 25'000;

std::vector<TapSpan> spans(size_t outputs, size_t stride, size_t pad, size_t filter,
                           size_t dilation, size_t size) {
  std::vector<TapSpan> found;
  for (size_t o = 0; o < outputs; ++o) {
    // Padding counts modulo 2^64: windows may begin inside of the image.
    const auto start = static_cast<int64_t>(o * stride - pad),
               step = static_cast<int64_t>(dilation);
    const auto limit = static_cast<int64_t>(size), taps = static_cast<int64_t>(filter);
    const int64_t first = start >= 0 ? 0 : std::min((-start + step - 1) / step, taps);
    const int64_t end = start >= limit ? 0 : std::min((limit - start + step - 1) / step, taps);
    if (first >= end)
      found.push_back({.first = 0, .end = 0, .at = 0});
    else
      found.push_back({.first = static_cast<size_t>(first),
                       .end = static_cast<size_t>(end),
                       .at = static_cast<size_t>(start + first * step)});
  }
  return found;
}

}  // namespace

DepthwiseConvInt16::DepthwiseConvInt16(const WindowGeometry& g, const int8_t* weights,
                                       const EpilogueArgs& epilogue, const KernelTable& kernels)
    : Kernel({g.input_bytes() * kValueBytes}, {g.output_bytes() * kValueBytes}),
      depthwise_(kernels.depthwise_int16) {
  DepthwiseInt16Weights& w = weights_;
  const size_t channels = g.output_channels, taps = g.filter_height * g.filter_width;
  w.geometry = g;
  w.multiplier = channels / g.input_channels;
  w.padded_channels = padded_channels(channels);
  // Of no outputs there may be any number of rows.
  if (g.output_bytes() != 0) {
    w.rows = spans(g.output_height, g.stride_height, g.pad_top, g.filter_height, g.dilation_height,
                   g.input_height);
    w.columns = spans(g.output_width, g.stride_width, g.pad_left, g.filter_width, g.dilation_width,
                      g.input_width);
  }
  if (w.multiplier != 1) {
    w.sources.assign(w.padded_channels, 0);
    for (size_t c = 0; c < channels; ++c) w.sources[c] = static_cast<uint32_t>(c / w.multiplier);
  }
  w.epilogue = make_epilogue(channels, epilogue);
  if (w.epilogue.wide)
    for (size_t c = 0; c < channels; ++c)
      w.epilogue.bias[c] = static_cast<int32_t>(w.epilogue.wide_bias[c]);
  w.filter = make_aligned<int32_t>(taps * w.padded_channels);
  std::fill_n(w.filter.get(), taps * w.padded_channels, 0);
  for (size_t tap = 0; tap < taps; ++tap)
    for (size_t c = 0; c < channels; ++c)
      w.filter[tap * w.padded_channels + c] =
          static_cast<uint16_t>(static_cast<int16_t>(weights[tap * channels + c]));
}

size_t DepthwiseConvInt16::parts(size_t samples) const {
  const WindowGeometry& g = weights_.geometry;
  const size_t work = samples * g.output_bytes() * g.filter_height * g.filter_width;
  return 1 + work / kPartWork;
}

void DepthwiseConvInt16::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                             uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void DepthwiseConvInt16::run_part(const uint8_t* const* inputs, uint8_t* const* outputs,
                                  size_t samples, Part part, uint8_t*) const noexcept {
  const WindowGeometry& g = weights_.geometry;
  if (output_bytes()[0] == 0) return;
  const size_t input = input_bytes()[0] / g.images, output = output_bytes()[0] / g.images;
  const size_t all = samples * g.images * g.output_height, end = part.end(all);
  for (size_t row = part.begin(all); row < end;) {
    const size_t image = row / g.output_height, first = row % g.output_height;
    const size_t some = std::min(end - row, g.output_height - first);
    depthwise_({.weights = &weights_,
                .image = inputs[0] + image * input,
                .output = outputs[0] + image * output + first * (output / g.output_height),
                .first_row = first,
                .end_row = first + some});
    row += some;
  }
}

}  // namespace intlite
