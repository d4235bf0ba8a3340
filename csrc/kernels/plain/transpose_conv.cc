// transpose_conv.cc: phases packed when the kernel is made, or as their filter comes; run one by
// one, their pixels interleaved.
#include "transpose_conv.h"

#include <cstring>

#include "../../simd/standard_floats.h"
#include "../matrix_split.h"

namespace intlite {
namespace {

// Patches, and what becomes of them, stay in L2.
constexpr size_t kPatchBytes = 128 * 1024;
constexpr size_t kLeastPixels = 48;

std::vector<size_t> input_sizes(const FloatTransposeConvArgs& a) {
  const WindowGeometry& g = a.geometry;
  const size_t taps = g.filter_height * g.filter_width;
  std::vector<size_t> sizes;
  if (a.weights == nullptr)
    sizes.push_back(g.output_channels * taps * g.input_channels * sizeof(float));
  sizes.push_back(g.input_bytes() * sizeof(float));
  if (a.has_bias && a.bias == nullptr) sizes.push_back(g.output_channels * sizeof(float));
  return sizes;
}

// Along one dimension: what a remainder makes of it. Output number i, at i strides from `first` on,
// reads input `from` + i and the taps - 1 before it.
struct Line {
  Line(size_t remainder, size_t filter, size_t stride, size_t pad, size_t output)
      : taps((filter - remainder + stride - 1) / stride),
        first((remainder + stride - pad % stride) % stride),
        count(first < output ? (output - first + stride - 1) / stride : 0),
        from((first + pad) / stride) {}

  size_t taps, first, count, from;
};

}  // namespace

struct FloatTransposeConv2D::Memory {
  Memory(const FloatTransposeConv2D& kernel, uint8_t* start)
      : data(reinterpret_cast<float*>(start)),
        bias(data + (kernel.weights_are_input_ ? kernel.pack_size_ : 0)),
        pixels(bias + (kernel.bias_is_input_ ? kernel.bias_size() : 0)),
        patches(pixels + kernel.patch_pixels_ * kernel.args_.geometry.output_channels) {
    // A filter is put in order where patches are gathered later.
    const size_t filter = kernel.weights_are_input_ ? kernel.args_.geometry.output_channels : 0;
    const size_t values = kernel.most_depth_ * std::max(kernel.patch_pixels_, filter);
    size =
        static_cast<size_t>(reinterpret_cast<uint8_t*>(patches) - start) + values * sizeof(float);
  }

  float *data, *bias, *pixels, *patches;
  size_t size;
};

FloatTransposeConv2D::FloatTransposeConv2D(const FloatTransposeConvArgs& args,
                                           const KernelTable& kernels)
    : Kernel(input_sizes(args), {args.geometry.output_bytes() * sizeof(float)}),
      args_(args),
      weights_are_input_(args.weights == nullptr),
      bias_is_input_(args.has_bias && args.bias == nullptr),
      pack_size_(0),
      most_depth_(0),
      kernels_(plain_kernels(kernels)) {
  const WindowGeometry& g = args_.geometry;
  args_.weights = args_.bias = nullptr;
  has_gaps_ = g.filter_height < g.stride_height || g.filter_width < g.stride_width;
  if (is_idle()) return;
  for (size_t y = 0; y < std::min(g.filter_height, g.stride_height); ++y)
    for (size_t x = 0; x < std::min(g.filter_width, g.stride_width); ++x) add_phase(y, x);
  const size_t values = std::max<size_t>(most_depth_ + g.output_channels, 1);
  const size_t fit = kPatchBytes / sizeof(float) / values;
  patch_pixels_ = std::max(fit / kLeastPixels, size_t{1}) * kLeastPixels;
  if (!bias_is_input_) {
    bias_ = make_aligned<float>(bias_size());
    pad_bias(args.bias, bias_.get());
  }
  if (!weights_are_input_) {
    data_ = make_aligned<float>(pack_size_);
    std::vector<float> ordered(most_depth_ * g.output_channels);
    pack(args.weights, data_.get(), ordered.data());
  }
}

size_t FloatTransposeConv2D::bias_size() const {
  return round_up(args_.geometry.output_channels, kPanelColumns);
}

// Zeros where there is none.
void FloatTransposeConv2D::pad_bias(const float* bias, float* padded) const {
  std::fill_n(padded, bias_size(), 0.0f);
  if (bias != nullptr) std::copy_n(bias, args_.geometry.output_channels, padded);
}

void FloatTransposeConv2D::add_phase(size_t remainder_y, size_t remainder_x) {
  const WindowGeometry& g = args_.geometry;
  const Line rows(remainder_y, g.filter_height, g.stride_height, g.pad_top, g.output_height);
  const Line columns(remainder_x, g.filter_width, g.stride_width, g.pad_left, g.output_width);
  if (rows.count == 0 || columns.count == 0) return;
  WindowGeometry window = g;
  window.output_height = rows.count;
  window.output_width = columns.count;
  window.filter_height = rows.taps;
  window.filter_width = columns.taps;
  window.stride_height = window.stride_width = 1;
  // Later taps reach earlier inputs. Both count modulo 2^64.
  const bool descend = args_.taps_descend;
  window.dilation_height = window.dilation_width = descend ? 1 : SIZE_MAX;
  window.pad_top = (descend ? rows.taps - 1 : 0) - rows.from;
  window.pad_left = (descend ? columns.taps - 1 : 0) - columns.from;
  const FloatMatrix matrix{.depth = rows.taps * columns.taps * g.input_channels,
                           .columns = g.output_channels,
                           .most_panels = kernels_.float_most_panels,
                           .data = nullptr,
                           .bias = nullptr};
  phases_.push_back({.window = window,
                     .first_row = rows.first,
                     .first_column = columns.first,
                     .first_tap_y = remainder_y,
                     .first_tap_x = remainder_x,
                     .matrix = matrix,
                     .offset = pack_size_});
  pack_size_ += matrix.data_size();
  most_depth_ = std::max(most_depth_, matrix.depth);
}

void FloatTransposeConv2D::pack(const float* weights, float* data, float* ordered) const {
  const WindowGeometry& g = args_.geometry;
  for (const Phase& phase : phases_) {
    const WindowGeometry& w = phase.window;
    float* to = ordered;
    for (size_t n = 0; n < g.output_channels; ++n) {
      for (size_t i = 0; i < w.filter_height; ++i) {
        for (size_t j = 0; j < w.filter_width; ++j) {
          const size_t tap_y = args_.taps_descend ? w.filter_height - 1 - i : i;
          const size_t tap_x = args_.taps_descend ? w.filter_width - 1 - j : j;
          const size_t y = phase.first_tap_y + tap_y * g.stride_height;
          const size_t x = phase.first_tap_x + tap_x * g.stride_width;
          const size_t at = ((n * g.filter_height + y) * g.filter_width + x) * g.input_channels;
          to = std::copy_n(weights + at, g.input_channels, to);
        }
      }
    }
    kernels_.pack_floats({.depth = phase.matrix.depth,
                          .columns = g.output_channels,
                          .most_panels = phase.matrix.most_panels,
                          .weights = ordered,
                          .row_stride = 1,
                          .column_stride = phase.matrix.depth,
                          .data = data + phase.offset,
                          .first_panel = 0,
                          .end_panel = phase.matrix.panels()});
  }
}

size_t FloatTransposeConv2D::scratch_bytes() const {
  return is_idle() ? 0 : Memory(*this, nowhere()).size;
}

size_t FloatTransposeConv2D::parts(size_t samples) const {
  // What nothing reaches is written first, everywhere, then what the phases reach.
  if (has_gaps_) return 1;
  size_t products = 0;
  for (const Phase& phase : phases_)
    products += phase.window.output_pixels() * phase.matrix.depth * phase.matrix.columns;
  return 1 + samples * args_.geometry.images * products / kProductsOfPart;
}

void FloatTransposeConv2D::multiply(FloatMatrix matrix, size_t rows, const Memory& memory,
                                    const float* bias) const {
  matrix.bias = bias;
  kernels_.multiply_floats({.weights = matrix,
                            .sums = args_.sums,
                            .clamp = args_.clamp,
                            .input = memory.patches,
                            .rows = rows,
                            .input_stride = matrix.depth,
                            .output = memory.pixels,
                            .output_stride = matrix.columns,
                            .first_panel = 0,
                            .end_panel = matrix.panels()});
}

// With what a pixel is that nothing reaches.
void FloatTransposeConv2D::fill(float* output, const Memory& memory, const float* bias) const {
  const size_t channels = args_.geometry.output_channels;
  multiply({.depth = 0,
            .columns = channels,
            .most_panels = kernels_.float_most_panels,
            .data = memory.patches,
            .bias = nullptr},
           1, memory, bias);
  for (size_t i = 0; i < args_.geometry.output_pixels(); ++i)
    output = std::copy_n(memory.pixels, channels, output);
}

void FloatTransposeConv2D::run_phase(const Phase& phase, Part part, const float* image,
                                     float* output, const Memory& memory, const float* data,
                                     const float* bias) const {
  const WindowGeometry &g = args_.geometry, &w = phase.window;
  const size_t channels = g.output_channels;
  FloatMatrix matrix = phase.matrix;
  matrix.data = data + phase.offset;
  const size_t end = part.end(w.output_pixels(), kLeastPixels);
  for (size_t first = part.begin(w.output_pixels(), kLeastPixels); first < end;
       first += patch_pixels_) {
    const size_t count = std::min(patch_pixels_, end - first);
    kernels_.gather_floats({.geometry = &w,
                            .image = image,
                            .first_channel = 0,
                            .channels = g.input_channels,
                            .first_pixel = first,
                            .pixels = count,
                            .patches = memory.patches});
    multiply(matrix, count, memory, bias);
    for (size_t i = 0; i < count; ++i) {
      const size_t pixel = first + i;
      const size_t y = phase.first_row + pixel / w.output_width * g.stride_height;
      const size_t x = phase.first_column + pixel % w.output_width * g.stride_width;
      std::copy_n(memory.pixels + i * channels, channels,
                  output + (y * g.output_width + x) * channels);
    }
  }
}

void FloatTransposeConv2D::run_part(const uint8_t* const* inputs, uint8_t* const* outputs,
                                    size_t samples, Part part, uint8_t* scratch) const noexcept {
  if (is_idle()) return;
  const FlushedSubnormals flushed(args_.sums == FloatSums::kFused);
  const WindowGeometry& g = args_.geometry;
  const Memory memory(*this, scratch);
  const size_t image = weights_are_input_ ? 1 : 0;
  for (size_t sample = 0; sample < samples; ++sample) {
    const auto floats = [&](size_t i) {
      return reinterpret_cast<const float*>(inputs[i] + sample * input_bytes()[i]);
    };
    if (weights_are_input_) pack(floats(0), memory.data, memory.patches);
    if (bias_is_input_) pad_bias(floats(image + 1), memory.bias);
    const float* const bias = bias_is_input_ ? memory.bias : bias_.get();
    const float* const data = weights_are_input_ ? memory.data : data_.get();
    auto* output = reinterpret_cast<float*>(outputs[0] + sample * output_bytes()[0]);
    for (size_t i = 0; i < g.images; ++i) {
      const float* const from = floats(image) + i * g.input_pixels() * g.input_channels;
      float* const to = output + i * g.output_pixels() * g.output_channels;
      if (has_gaps_) fill(to, memory, bias);
      for (const Phase& phase : phases_) run_phase(phase, part, from, to, memory, data, bias);
    }
  }
}

}  // namespace intlite
