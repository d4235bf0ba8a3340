// hybrid_convolution.h: convolutions of float32 images by int8 weights, each image quantized by its
// own extremes.
//
// Takes and gives float32, any. Sizes are those of conv.h and depthwise_conv.h.
#pragma once

#include "conv.h"
#include "depthwise_conv.h"
#include "image_quantizer.h"

namespace intlite {

// `Convolution` is made for one image; its compute_image takes it from there.
template <class Convolution>
class HybridConvolution final : public Kernel {
 public:
  template <class Weights>
  HybridConvolution(const WindowGeometry& geometry, const Weights& weights, RowRounding rounding,
                    const KernelTable& kernels)
      : Kernel({geometry.input_bytes() * sizeof(float)}, {geometry.output_bytes() * sizeof(float)}),
        geometry_(geometry),
        weights_(weights_of(weights)),
        quantizer_(geometry.input_pixels() * geometry.input_channels, rounding, kernels),
        convolution_(of_one_image(geometry), weights, kernels) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t scratch_bytes() const override {
    return quantizer_.bytes() + convolution_.scratch_bytes();
  }
  size_t parts(size_t samples) const override {
    const size_t images = samples * geometry_.images, worth = convolution_.parts(images);
    return std::min(
        images <= 1 ? quantizer_.parts(worth, geometry_.output_pixels(), weights_) : worth,
        std::max<size_t>(samples * rows() / kLeastRows, 1));
  }
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override {
    const size_t all = samples * rows(), first = part.begin(all);
    if (first == all || output_bytes()[0] == 0) return;
    compute_rows(inputs, outputs[0] + first * row_bytes(), first, part.end(all), scratch);
  }
  size_t rows() const override { return geometry_.images * geometry_.output_height; }
  void compute_rows(const uint8_t* const* inputs, uint8_t* output, size_t first, size_t end,
                    uint8_t* scratch) const noexcept override {
    const float* images = reinterpret_cast<const float*>(inputs[0]);
    const size_t height = geometry_.output_height;
    while (first < end) {
      const size_t begin = first % height, some = std::min(end - first, height - begin);
      compute_image(images + first / height * quantizer_.values(), output, begin, begin + some,
                    scratch);
      first += some;
      output += some * row_bytes();
    }
  }

 private:
  static constexpr size_t kLeastRows = 2;

  static size_t weights_of(const PackArgs& args) { return args.depth * args.columns; }
  static size_t weights_of(const std::vector<PackArgs>& groups) {
    return groups.size() * weights_of(groups.front());
  }
  static WindowGeometry of_one_image(WindowGeometry geometry) {
    geometry.images = 1;
    return geometry;
  }
  size_t row_bytes() const {
    return geometry_.output_width * geometry_.output_channels * sizeof(float);
  }

  // Of one image's output, its rows from `first` on; of the image, the lines under them.
  void compute_image(const float* image, uint8_t* output, size_t first, size_t end,
                     uint8_t* scratch) const noexcept {
    const WindowGeometry& g = geometry_;
    const QuantizedRow row = quantizer_.measure(image);
    const size_t line = g.input_width * g.input_channels;
    const auto inside = [&](size_t y) {  // lines before the image wrapped around to huge ones
      return static_cast<ptrdiff_t>(y) < 0 ? 0 : std::min(y, g.input_height);
    };
    const size_t reach = (g.filter_height - 1) * g.dilation_height + 1;
    const size_t begin = inside(first * g.stride_height - g.pad_top) * line;
    const size_t stop = inside((end - 1) * g.stride_height + reach - g.pad_top) * line;
    quantizer_.quantize(image, begin, stop, row, scratch);
    convolution_.compute_image(scratch, row, output, first, end, scratch + quantizer_.bytes());
  }

  WindowGeometry geometry_;
  size_t weights_;
  ImageQuantizer quantizer_;
  Convolution convolution_;
};

}  // namespace intlite
