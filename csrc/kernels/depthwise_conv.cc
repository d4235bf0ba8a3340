// depthwise_conv.cc: filters widened at load, images one after the other.
#include "depthwise_conv.h"

namespace intlite {

DepthwiseConv2D::DepthwiseConv2D(size_t images, const DepthwiseGeometry& g, const uint8_t* filter,
                                 bool filter_unsigned, int32_t filter_zero_point,
                                 bool input_unsigned, int32_t input_zero_point,
                                 const EpilogueArgs& epilogue, const KernelTable& kernels)
    : Kernel({images * g.input_height * g.input_width * g.input_channels},
             {images * g.output_height * g.output_width * g.output_channels()}),
      images_(images),
      depthwise_(kernels.depthwise) {
  const size_t channels = g.output_channels();
  const size_t taps = g.filter_height * g.filter_width;
  weights_.geometry = g;
  weights_.padded_channels = round_up(channels, kLanes);
  weights_.filter.assign(taps * weights_.padded_channels, 0);
  for (size_t t = 0; t < taps; ++t) {
    for (size_t c = 0; c < channels; ++c) {
      const uint8_t stored = filter[t * channels + c];
      const int32_t value = filter_unsigned ? stored : static_cast<int8_t>(stored);
      weights_.filter[t * weights_.padded_channels + c] =
          static_cast<int16_t>(value - filter_zero_point);
    }
  }
  weights_.input_zero_point = input_zero_point;
  weights_.input_unsigned = input_unsigned;
  weights_.epilogue = make_epilogue(channels, epilogue);
}

void DepthwiseConv2D::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                          uint8_t* scratch) const noexcept {
  const size_t images = samples * images_;
  if (images == 0) return;
  const size_t input = input_bytes()[0] / images_, output = output_bytes()[0] / images_;
  for (size_t i = 0; i < images; ++i)
    depthwise_({&weights_, inputs[0] + i * input, outputs[0] + i * output, scratch});
}

}  // namespace intlite
