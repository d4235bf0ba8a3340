// image_quantizer.h: float32 images as activations, each by its own extremes.
#pragma once

#include "../simd/dispatch.h"
#include "hybrid_weights.h"

namespace intlite {

class ImageQuantizer {
 public:
  ImageQuantizer(size_t values, RowRounding rounding, const KernelTable& kernels)
      : values_(values),
        rounding_(rounding),
        flip_(quantized_flip(kernels.layout)),
        rows_(plain_kernels(kernels).quantize_rows),
        some_(plain_kernels(kernels).quantize_some) {}

  size_t values() const { return values_; }
  // Parts of a convolution by so many weights a pixel: each measures whole images.
  size_t parts(size_t worth, size_t pixels, size_t weights) const {
    const size_t few = pixels * weights / (kLeastProducts * std::max<size_t>(values_, 1));
    return std::min(worth, std::max<size_t>(few, 2));
  }
  // Vectors may be written behind the last.
  size_t bytes() const { return round_up(values_ + kLanes, 64); }

  QuantizedRow measure(const float* image) const {
    QuantizedRow row;
    rows_({.input = image,
           .rows = 1,
           .depth = values_,
           .rounding = rounding_,
           .flip = flip_,
           .output = nullptr,
           .output_stride = 0,
           .quantized = &row});
    return row;
  }
  // Of the image, those values.
  void quantize(const float* image, size_t begin, size_t end, const QuantizedRow& row,
                uint8_t* to) const {
    if (begin >= end) return;
    const size_t blocks = values_ / kRoundedBlock * kRoundedBlock;
    some_({.input = image + begin,
           .count = end - begin,
           .in_blocks = blocks > begin ? blocks - begin : 0,
           .row = &row,
           .rounding = rounding_,
           .flip = flip_,
           .output = to + begin});
  }

 private:
  // For each value that is measured.
  static constexpr size_t kLeastProducts = 4;

  size_t values_;
  RowRounding rounding_;
  uint8_t flip_;
  void (*rows_)(const QuantizeRowsArgs&);
  void (*some_)(const QuantizeSomeArgs&);
};

}  // namespace intlite
