// conv.cc: filters packed when the kernel is made, or as they come; patches gathered where pixels
// are no rows.
#include "conv.h"

#include <cstring>

#include "../../simd/standard_floats.h"

namespace intlite {
namespace {

// Patches stay in L2 beside the weights that they meet.
constexpr size_t kPatchBytes = 128 * 1024;
constexpr size_t kLeastPixels = 48;

std::vector<size_t> input_sizes(const FloatConvArgs& a) {
  const size_t channels = a.geometry.output_channels;
  std::vector<size_t> sizes{a.geometry.input_bytes() * sizeof(float)};
  if (a.weights == nullptr) sizes.push_back(channels * a.depth() * sizeof(float));
  if (a.has_bias && a.bias == nullptr) sizes.push_back(channels * sizeof(float));
  return sizes;
}

bool is_pointwise(const WindowGeometry& g) {
  return g.filter_height == 1 && g.filter_width == 1 && g.stride_height == 1 &&
         g.stride_width == 1 && g.pad_top == 0 && g.pad_left == 0 &&
         g.output_height == g.input_height && g.output_width == g.input_width;
}

}  // namespace

struct FloatConv2D::Memory {
  Memory(const FloatConv2D& kernel, uint8_t* start)
      : data(reinterpret_cast<float*>(start)),
        bias(data + (kernel.weights_are_input_ ? kernel.pack_size() : 0)),
        patches(bias + (kernel.bias_is_input_ ? kernel.bias_size() : 0)),
        size(static_cast<size_t>(reinterpret_cast<uint8_t*>(patches) - start) +
             kernel.patch_pixels_ * kernel.args_.depth() * sizeof(float)) {}

  float *data, *bias, *patches;
  size_t size;
};

FloatConv2D::FloatConv2D(const FloatConvArgs& args, const KernelTable& kernels)
    : Kernel(input_sizes(args), {args.geometry.output_bytes() * sizeof(float)}),
      args_(args),
      weights_are_input_(args.weights == nullptr),
      bias_is_input_(args.has_bias && args.bias == nullptr),
      is_pointwise_(is_pointwise(args.geometry)),
      groups_(args.groups()),
      patch_pixels_(0),
      kernels_(plain_kernels(kernels)) {
  matrix_ = {.depth = args.depth(),
             .columns = args.geometry.output_channels / groups_,
             .most_panels = kernels_.float_most_panels,
             .data = nullptr,
             .bias = nullptr};
  if (!is_pointwise_) {
    const size_t fit = kPatchBytes / sizeof(float) / std::max<size_t>(matrix_.depth, 1);
    patch_pixels_ = std::max(fit / kLeastPixels, size_t{1}) * kLeastPixels;
  }
  if (!bias_is_input_) {
    bias_ = make_aligned<float>(bias_size());
    pad_bias(args.bias, bias_.get());
  }
  if (!weights_are_input_) {
    data_ = make_aligned<float>(pack_size());
    pack(args.weights, data_.get(), 0, matrix_.panels());
  }
  args_.weights = args_.bias = nullptr;
}

void FloatConv2D::pack(const float* weights, float* data, size_t first_panel,
                       size_t end_panel) const {
  for (size_t g = 0; g < groups_; ++g)
    kernels_.pack_floats({.depth = matrix_.depth,
                          .columns = matrix_.columns,
                          .most_panels = matrix_.most_panels,
                          .weights = weights + g * matrix_.columns * matrix_.depth,
                          .row_stride = 1,
                          .column_stride = matrix_.depth,
                          .data = data + g * matrix_.data_size(),
                          .first_panel = first_panel,
                          .end_panel = end_panel});
}

// Zeros where there is none.
void FloatConv2D::pad_bias(const float* bias, float* padded) const {
  std::fill_n(padded, bias_size(), 0.0f);
  if (bias == nullptr) return;
  for (size_t g = 0; g < groups_; ++g)
    std::copy_n(bias + g * matrix_.columns, matrix_.columns, padded + g * matrix_.bias_size());
}

size_t FloatConv2D::scratch_bytes() const { return is_idle() ? 0 : Memory(*this, nowhere()).size; }

size_t FloatConv2D::parts(size_t samples) const {
  const WindowGeometry& g = args_.geometry;
  const size_t pixels = samples * g.images * g.output_pixels();
  return 1 + pixels * matrix_.depth * g.output_channels / kProductsOfPart;
}

void FloatConv2D::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t* scratch) const noexcept {
  if (is_idle()) return;
  const FlushedSubnormals flushed(args_.sums == FloatSums::kFused);
  const WindowGeometry& g = args_.geometry;
  const auto floats = [&](size_t i, size_t sample) {
    return reinterpret_cast<const float*>(inputs[i] + sample * input_bytes()[i]);
  };
  Memory memory(*this, scratch);
  const bool together = !weights_are_input_ && !bias_is_input_;
  const size_t images = g.images * (together ? samples : 1);
  const MatrixSplit mine =
      split_matrix(part, images * g.output_pixels(), is_pointwise_ ? kPartRows : kLeastPixels,
                   matrix_.depth * sizeof(float), matrix_);
  if (mine.is_empty()) return;
  for (size_t sample = 0; sample < (together ? 1 : samples); ++sample) {
    if (weights_are_input_) pack(floats(1, sample), memory.data, mine.first_panel, mine.end_panel);
    if (bias_is_input_) pad_bias(floats(weights_are_input_ ? 2 : 1, sample), memory.bias);
    auto* output = reinterpret_cast<float*>(outputs[0] + sample * output_bytes()[0]);
    run_pixels(floats(0, sample), output, memory, mine);
  }
}

void FloatConv2D::multiply(size_t group, const float* input, size_t stride, size_t rows,
                           float* output, const Memory& memory, const MatrixSplit& mine) const {
  FloatMatrix matrix = matrix_;
  matrix.data = (weights_are_input_ ? memory.data : data_.get()) + group * matrix.data_size();
  matrix.bias = (bias_is_input_ ? memory.bias : bias_.get()) + group * matrix.bias_size();
  kernels_.multiply_floats({.weights = matrix,
                            .sums = args_.sums,
                            .clamp = args_.clamp,
                            .input = input,
                            .rows = rows,
                            .input_stride = stride,
                            .output = output + group * matrix.columns,
                            .output_stride = args_.geometry.output_channels,
                            .first_panel = mine.first_panel,
                            .end_panel = mine.end_panel});
}

void FloatConv2D::run_pixels(const float* input, float* output, const Memory& memory,
                             const MatrixSplit& mine) const {
  const WindowGeometry& g = args_.geometry;
  const size_t pixels = g.output_pixels(), channels = args_.group_channels;
  for (size_t group = 0; group < groups_; ++group) {
    if (is_pointwise_) {
      const size_t first = mine.first_row;
      multiply(group, input + first * g.input_channels + group * channels, g.input_channels,
               mine.end_row - first, output + first * g.output_channels, memory, mine);
      continue;
    }
    for (size_t first = mine.first_row; first < mine.end_row; first += patch_pixels_) {
      const size_t count = std::min(patch_pixels_, mine.end_row - first);
      // The pixels of small images fill a tile together.
      for (size_t done = 0; done < count;) {
        const size_t image = (first + done) / pixels, pixel = (first + done) % pixels;
        const size_t some = std::min(count - done, pixels - pixel);
        kernels_.gather_floats({.geometry = &g,
                                .image = input + image * g.input_pixels() * g.input_channels,
                                .first_channel = group * channels,
                                .channels = channels,
                                .first_pixel = pixel,
                                .pixels = some,
                                .patches = memory.patches + done * matrix_.depth});
        done += some;
      }
      multiply(group, memory.patches, matrix_.depth, count, output + first * g.output_channels,
               memory, mine);
    }
  }
}

}  // namespace intlite
