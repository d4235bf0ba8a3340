// depthwise_conv.cc: filters arranged at load, images one after the other.
#include "depthwise_conv.h"

#include <cstring>

namespace intlite {
namespace {

// Multiplications that are worth a thread.
constexpr size_t kPartWork = 25'000;
constexpr size_t kLeastRows = 3, kLineChannels = 64;

// -zero point as weights: -(-128) is no int8, so that is half of it, added twice.
void set_corrector(DepthwiseWeights& w, int32_t zero_point) {
  w.corrections = zero_point == -128 ? 2 : 1;
  w.corrector.assign(w.lines * kGroupBytes, 0);
  for (size_t i = 0; i < w.corrector.size(); ++i) {
    const size_t row = i / kGroupBytes * kLaneRows + i % kLaneRows;
    if (row < w.geometry.filter_height)
      w.corrector[i] = static_cast<int8_t>(-zero_point / w.corrections);
  }
}

// The filter's columns that meet the image at all: with a wide dilation the others, which
// add nothing, would make the padded rows as wide as a file cares to say.
struct Columns {
  size_t first, count;
};
Columns columns_inside(const WindowGeometry& g) {
  const auto last_x = [&](size_t j) {  // of any output, plus pad_left
    return j * g.dilation_width + (g.output_width - 1) * g.stride_width;
  };
  size_t first = 0, end = g.filter_width;
  while (end - first > 1 && last_x(first) < g.pad_left) ++first;
  while (end - first > 1 && (end - 1) * g.dilation_width >= g.pad_left + g.input_width) --end;
  return {first, end - first};
}

// Of so many lanes, which have the channels over and over.
Epilogue repeated_epilogue(const EpilogueArgs& args, size_t channels, size_t lanes) {
  EpilogueArgs repeated = args;
  if (args.real != nullptr) {
    RealEpilogueArgs real = *args.real;
    std::vector<float> bias(lanes), scales(lanes);
    for (size_t c = 0; c < lanes; ++c) {
      bias[c] = real.bias[c % channels];
      scales[c] = real.scales[c % channels];
    }
    real.bias = bias.data();
    real.scales = scales.data();
    repeated.real = &real;
    Epilogue e = make_epilogue(lanes, repeated);
    for (size_t c = 0; c < e.column_first.size() && c < lanes; ++c)
      e.column_first[c] = c % channels < real.block_end ? -1 : 0;
    return e;
  }
  std::vector<int32_t> bias(lanes);
  std::vector<ChannelScale> scales(lanes);
  for (size_t c = 0; c < lanes; ++c) {
    if (args.bias != nullptr) bias[c] = args.bias[c % channels];
    scales[c] = args.scales[c % channels];
  }
  repeated.bias = bias.data();
  repeated.scales = scales.data();
  if (lanes != channels && args.gemmlowp_channel != 0) repeated.gemmlowp_channel = lanes;
  return make_epilogue(lanes, repeated);
}

}  // namespace

DepthwiseConv2D::DepthwiseConv2D(const WindowGeometry& g, const PackArgs& args,
                                 const KernelTable& kernels)
    : Kernel({g.input_bytes()}, {g.output_bytes()}),
      images_(g.images),
      depthwise_(kernels.depthwise) {
  const size_t channels = g.output_channels;
  const ActivationTransform input =
      activation_transform(kernels.layout, args.input_unsigned, args.input_zero_point);
  DepthwiseWeights& w = weights_;
  const Columns inside = columns_inside(g);
  w.geometry = g;
  w.multiplier = channels / g.input_channels;
  w.geometry.filter_width = inside.count;
  w.geometry.pad_left -= inside.first * g.dilation_width;
  // A column alone has no distance to others, which a file may make any.
  if (inside.count == 1) w.geometry.dilation_width = 1;
  w.flat = channels != 0 && kLanes % channels == 0 && g.stride_width == 1;
  w.in_columns = kernels.layout.in_pairs;
  const size_t lane_rows = w.in_columns ? 1 : kLaneRows;
  const size_t lane_columns = w.in_columns ? kLaneColumns : 1;
  w.lines = (g.filter_height + lane_rows - 1) / lane_rows;
  w.taps = (inside.count + lane_columns - 1) / lane_columns;
  w.padded_channels = w.flat ? kLanes : round_up(channels, kLanes);
  w.input_flip = input.flip;
  w.padding = static_cast<uint8_t>(args.input_zero_point);
  set_corrector(w, args.weights_zero_point - (args.weights_unsigned ? 128 : 0));

  // Where rows are flat, the 16 lanes repeat the channels.
  const size_t lanes = w.flat ? kLanes : channels;
  w.epilogue = repeated_epilogue(args.epilogue, channels, lanes);

  const size_t size = w.lines * w.taps * w.padded_channels * kLaneBytes;
  w.filter = make_aligned<int8_t>(size);
  std::memset(w.filter.get(), 0, size);
  const auto value_of = [&](uint8_t stored) -> int32_t {
    return (args.weights_unsigned ? stored : static_cast<int8_t>(stored)) - args.weights_zero_point;
  };
  w.corrected.assign(w.padded_channels / kLanes, 0);
  if (!w.in_columns) {
    const size_t taps = channels == 0 ? 0 : g.filter_height * g.filter_width;
    for (size_t i = 0; i < taps * channels; ++i) {
      const int32_t value = value_of(args.weights[i]);
      if (value < INT8_MIN || value > INT8_MAX) w.corrected[w.flat ? 0 : i % channels / kLanes] = 1;
    }
  }
  for (size_t row = 0; row < g.filter_height; ++row) {
    for (size_t j = 0; j < inside.count; ++j) {
      const uint8_t* tap = args.weights + (row * g.filter_width + inside.first + j) * channels;
      const size_t line = row / lane_rows, at = line * w.taps + j / lane_columns;
      int8_t* to = w.filter.get() + at * w.padded_channels * kLaneBytes;
      to += (row % lane_rows + j % lane_columns) * (kLaneBytes / (lane_rows * lane_columns));
      for (size_t c = 0; c < lanes; ++c) {
        const uint8_t stored = tap[c % channels];
        const int32_t value = value_of(stored);
        const int16_t wide = static_cast<int16_t>(value);
        if (w.in_columns)
          std::memcpy(to + c * kLaneBytes, &wide, sizeof(wide));
        else if (w.corrected[c / kLanes] != 0)
          to[c * kLaneBytes] = static_cast<int8_t>(stored ^ (args.weights_unsigned ? 0x80 : 0));
        else
          to[c * kLaneBytes] = static_cast<int8_t>(value);
        w.epilogue.bias[c] = wrap_int32(w.epilogue.bias[c] - int64_t{input.zero_point} * value);
      }
    }
  }
}

size_t DepthwiseConv2D::scratch_bytes() const { return DepthwiseScratch(weights_, nowhere()).size; }

size_t DepthwiseConv2D::parts(size_t samples) const {
  const WindowGeometry& g = weights_.geometry;
  const size_t work = samples * output_bytes()[0] * g.filter_height * g.filter_width;
  // Rows read those around them: parts of few rows would do much twice.
  const size_t most = std::max(channel_blocks(), g.output_height / kLeastRows);
  return std::min(1 + work / kPartWork, std::max<size_t>(most, 1));
}

// Channels of which no cache line of the output is shared.
size_t DepthwiseConv2D::channel_blocks() const {
  const size_t channels = weights_.geometry.output_channels;
  return weights_.flat || channels % kLineChannels != 0 ? 1 : channels / kLineChannels;
}

void DepthwiseConv2D::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                          uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void DepthwiseConv2D::run_part(const uint8_t* const* inputs, uint8_t* const* outputs,
                               size_t samples, Part part, uint8_t* scratch) const noexcept {
  const size_t images = samples * images_, rows = weights_.geometry.output_height;
  if (images == 0 || output_bytes()[0] == 0) return;
  const size_t input = input_bytes()[0] / images_, output = output_bytes()[0] / images_;
  const size_t channels = weights_.geometry.output_channels;
  const bool by_channels = channel_blocks() >= part.count;
  const Part by_row = by_channels ? Part{} : part, by_channel = by_channels ? part : Part{};
  const size_t first = by_row.begin(rows);
  for (size_t i = 0; i < images; ++i)
    depthwise_({.weights = &weights_,
                .input = inputs[0] + i * input,
                .output = outputs[0] + i * output + first * (output / rows),
                .first_row = first,
                .end_row = by_row.end(rows),
                .first_channel = by_channel.begin(channels, kLineChannels),
                .end_channel = by_channel.end(channels, kLineChannels),
                .scratch = scratch});
}

void DepthwiseConv2D::compute_rows(const uint8_t* const* inputs, uint8_t* output, size_t first,
                                   size_t end, uint8_t* scratch) const noexcept {
  const size_t height = weights_.geometry.output_height;
  const size_t input = input_bytes()[0] / images_, row = output_bytes()[0] / rows();
  while (first < end) {
    const size_t image = first / height, begin = first % height;
    const size_t some = std::min(end - first, height - begin);
    depthwise_({.weights = &weights_,
                .input = inputs[0] + image * input,
                .output = output,
                .first_row = begin,
                .end_row = begin + some,
                .first_channel = 0,
                .end_channel = weights_.geometry.output_channels,
                .scratch = scratch});
    first += some;
    output += some * row;
  }
}

void DepthwiseConv2D::compute_image(const uint8_t* image, const QuantizedRow& quantized,
                                    uint8_t* output, size_t first, size_t end,
                                    uint8_t* scratch) const noexcept {
  depthwise_({.weights = &weights_,
              .input = image,
              .output = output,
              .first_row = first,
              .end_row = end,
              .first_channel = 0,
              .end_channel = weights_.geometry.output_channels,
              .scratch = scratch,
              .quantized = &quantized});
}

}  // namespace intlite
