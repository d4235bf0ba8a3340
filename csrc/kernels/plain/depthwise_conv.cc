// depthwise_conv.cc: taps put in the order in which they are added; rows one after the other.
#include "depthwise_conv.h"

#include "../../simd/standard_floats.h"

namespace intlite {
namespace {

// Multiplications that are worth a thread.
constexpr size_t kPartWork = 50'000;

std::vector<size_t> input_sizes(const FloatDepthwiseConvArgs& a) {
  const WindowGeometry& g = a.geometry;
  const size_t taps = g.filter_height * g.filter_width;
  std::vector<size_t> sizes{g.input_bytes() * sizeof(float)};
  if (a.weights == nullptr) sizes.push_back(taps * g.output_channels * sizeof(float));
  if (a.has_bias && a.bias == nullptr) sizes.push_back(g.output_channels * sizeof(float));
  return sizes;
}

// Numbers of taps, in the order in which they are added.
std::vector<size_t> tap_order(const WindowGeometry& g, bool columns_first) {
  std::vector<size_t> taps;
  const size_t outer = columns_first ? g.filter_width : g.filter_height;
  const size_t inner = columns_first ? g.filter_height : g.filter_width;
  for (size_t i = 0; i < outer; ++i)
    for (size_t j = 0; j < inner; ++j)
      taps.push_back(columns_first ? j * g.filter_width + i : i * g.filter_width + j);
  return taps;
}

}  // namespace

struct FloatDepthwiseConv2D::Memory {
  Memory(const FloatDepthwiseConv2D& kernel, uint8_t* start)
      : lines(reinterpret_cast<const float**>(start)),
        filter(reinterpret_cast<float*>(lines + kernel.taps_.size())),
        image(filter + (kernel.weights_are_input_ ? kernel.taps_.size() : 0) *
                           kernel.geometry_.output_channels) {
    const WindowGeometry& g = kernel.geometry_;
    const size_t values = kernel.multiplier_ == 1 ? 0 : g.input_pixels() * g.output_channels;
    size = static_cast<size_t>(reinterpret_cast<uint8_t*>(image) - start) + values * sizeof(float);
  }

  const float** lines;
  float *filter, *image;
  size_t size;
};

FloatDepthwiseConv2D::FloatDepthwiseConv2D(const FloatDepthwiseConvArgs& args,
                                           const KernelTable& kernels)
    : Kernel(input_sizes(args), {args.geometry.output_bytes() * sizeof(float)}),
      geometry_(args.geometry),
      multiplier_(args.geometry.output_channels / args.geometry.input_channels),
      sums_(args.sums),
      from_bias_(args.from_bias),
      clamp_(args.clamp),
      weights_are_input_(args.weights == nullptr),
      bias_is_input_(args.has_bias && args.bias == nullptr),
      depthwise_(plain_kernels(kernels).depthwise_floats) {
  geometry_.input_channels = geometry_.output_channels;
  if (is_idle()) return;
  const size_t channels = geometry_.output_channels, row = geometry_.input_width * channels;
  taps_ = tap_order(geometry_, args.columns_first);
  zeros_ = make_aligned<float>(std::max(row, channels));
  std::fill_n(zeros_.get(), std::max(row, channels), 0.0f);
  if (!weights_are_input_) {
    filter_ = make_aligned<float>(taps_.size() * channels);
    order(args.weights, filter_.get());
  }
  if (!bias_is_input_) {
    bias_ = make_aligned<float>(channels);
    std::fill_n(bias_.get(), channels, 0.0f);
    if (args.bias != nullptr) std::copy_n(args.bias, channels, bias_.get());
  }
}

void FloatDepthwiseConv2D::order(const float* weights, float* filter) const {
  const size_t channels = geometry_.output_channels;
  for (const size_t tap : taps_) filter = std::copy_n(weights + tap * channels, channels, filter);
}

size_t FloatDepthwiseConv2D::scratch_bytes() const {
  return is_idle() ? 0 : Memory(*this, nowhere()).size;
}

size_t FloatDepthwiseConv2D::parts(size_t samples) const {
  const WindowGeometry& g = geometry_;
  const size_t work = samples * g.images * g.output_pixels() * g.output_channels * taps_.size();
  return 1 + std::min(work / kPartWork, samples * g.images * g.output_height);
}

void FloatDepthwiseConv2D::repeat_channels(const float* image, size_t first, size_t end,
                                           float* repeated) const {
  const size_t channels = geometry_.output_channels / multiplier_, width = geometry_.input_width;
  const float* from = image + first * width * channels;
  for (size_t i = 0; i < (end - first) * width * channels; ++i)
    repeated = std::fill_n(repeated, multiplier_, from[i]);
}

// Rows of one image's output.
void FloatDepthwiseConv2D::run_rows(const float* image, float* output, size_t first, size_t end,
                                    const float* filter, const float* bias,
                                    const Memory& memory) const {
  const WindowGeometry& g = geometry_;
  size_t first_input_row = 0;
  if (multiplier_ != 1) {
    const size_t reach = (g.filter_height - 1) * g.dilation_height;
    const size_t top = first * g.stride_height, bottom = (end - 1) * g.stride_height + reach + 1;
    // What lies before the image wraps around to huge places.
    const auto inside = [&](size_t row) {
      const size_t at = row - g.pad_top;
      return at > SIZE_MAX / 2 ? 0 : std::min(at, g.input_height);
    };
    first_input_row = inside(top);
    repeat_channels(image, first_input_row, std::max(inside(bottom), first_input_row),
                    memory.image);
    image = memory.image;
  }
  depthwise_({.geometry = &g,
              .taps = &taps_,
              .filter = filter,
              .bias = bias,
              .sums = sums_,
              .from_bias = from_bias_,
              .clamp = clamp_,
              .image = image,
              .first_input_row = first_input_row,
              .zeros = zeros_.get(),
              .output = output + first * g.output_width * g.output_channels,
              .first_row = first,
              .end_row = end,
              .lines = memory.lines});
}

void FloatDepthwiseConv2D::run_part(const uint8_t* const* inputs, uint8_t* const* outputs,
                                    size_t samples, Part part, uint8_t* scratch) const noexcept {
  if (is_idle()) return;
  const FlushedSubnormals flushed(sums_ == FloatSums::kFused);
  const WindowGeometry& g = geometry_;
  const Memory memory(*this, scratch);
  const size_t rows = samples * g.images * g.output_height, last = part.end(rows);
  const size_t image = input_bytes()[0] / g.images, result = output_bytes()[0] / g.images;
  size_t ordered = SIZE_MAX;  // the sample whose filter that is
  for (size_t row = part.begin(rows); row < last;) {
    const size_t i = row / g.output_height, first = row % g.output_height, sample = i / g.images;
    const size_t end = std::min(g.output_height, first + last - row);
    const auto floats = [&](size_t k) {
      return reinterpret_cast<const float*>(inputs[k] + sample * input_bytes()[k]);
    };
    if (weights_are_input_ && sample != ordered) {
      order(floats(1), memory.filter);
      ordered = sample;
    }
    run_rows(reinterpret_cast<const float*>(inputs[0] + i * image),
             reinterpret_cast<float*>(outputs[0] + i * result), first, end,
             weights_are_input_ ? memory.filter : filter_.get(),
             bias_is_input_ ? floats(weights_are_input_ ? 2 : 1) : bias_.get(), memory);
    row += end - first;
  }
}

}  // namespace intlite
