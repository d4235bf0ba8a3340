// epilogue_spec.h: weights and what follows their products, as Python gives them.
#pragma once

#include "../simd/gemm_int16.h"
#include "arguments.h"

namespace intlite {

// An Epilogue's arguments, owned: what Python's `Epilogue` holds.
struct EpilogueSpec {
  std::vector<int32_t> bias;
  std::vector<ChannelScale> scales;
  Rounding rounding;
  size_t gemmlowp_channel;
  OutputStage output;
  bool is_int16 = false;  // the output
  bool wide = false;      // sums have 64 bits, and these biases
  std::vector<int64_t> wide_bias = {};

  // Of the channels from `first` on.
  EpilogueArgs args(size_t first = 0) const {
    return {.bias = bias.empty() ? nullptr : bias.data() + first,
            .scales = scales.data() + first,
            .rounding = rounding,
            .gemmlowp_channel = gemmlowp_channel > first ? gemmlowp_channel - first : 0,
            .output = output,
            .wide = wide,
            .wide_bias = wide_bias.empty() ? nullptr : wide_bias.data() + first};
  }
};

// Constant weights of int8 or uint8, and the activations that they meet.
struct WeightsSpec {
  py::array array;  // held as long as `data` is read
  const uint8_t* data;
  bool is_unsigned;
  int32_t zero_point;
  bool input_unsigned;
  int32_t input_zero_point;

  size_t shape(py::ssize_t axis) const { return static_cast<size_t>(array.shape(axis)); }
  // Of the matrix whose first weight this is.
  PackArgs args(size_t depth, size_t columns, const EpilogueArgs& epilogue,
                size_t first = 0) const {
    return {.depth = depth,
            .columns = columns,
            .weights = data + first,
            .weights_unsigned = is_unsigned,
            .weights_zero_point = zero_point,
            .input_unsigned = input_unsigned,
            .input_zero_point = input_zero_point,
            .epilogue = epilogue};
  }
};

// Constant int8 weights of rows that are quantized as they come, and what follows their products.
struct HybridSpec {
  py::array weights;         // held as long as it is read
  Array<float> bias, scale;  // [channels]
  RealStage stage;
  size_t block_end;
  RowRounding rounding;

  size_t shape(py::ssize_t axis) const { return static_cast<size_t>(weights.shape(axis)); }
  const uint8_t* data() const { return static_cast<const uint8_t*>(weights.data()); }
  size_t channels() const { return static_cast<size_t>(scale.size()); }
  // Of the channels from `first` on.
  RealEpilogueArgs epilogue(size_t first = 0) const {
    return {.bias = bias.data() + first,
            .scales = scale.data() + first,
            .block_end = block_end,
            .stage = stage};
  }
};

// Of this rank, with as many scales as the weights have along that axis.
HybridSpec take_hybrid(Arguments& a, py::ssize_t rank, py::ssize_t channel_axis);

// The call's epilogue, which must be of int16, or must not.
const EpilogueSpec& take_epilogue(Arguments& a, bool is_int16 = false);

// Constant weights of int8, which int16 activations meet.
struct Int8Weights {
  py::array_t<int8_t, py::array::c_style> array;

  size_t shape(py::ssize_t axis) const { return static_cast<size_t>(array.shape(axis)); }
  // Of the matrix of rows whose first weight this is.
  PackInt16Args args(size_t depth, size_t columns, const EpilogueArgs& epilogue,
                     size_t first = 0) const {
    return {.depth = depth,
            .columns = columns,
            .row_stride = 1,
            .column_stride = depth,
            .weights = array.data() + first,
            .epilogue = epilogue};
  }
};
Int8Weights take_int8_weights(Arguments& a, py::ssize_t rank, size_t channels,
                              py::ssize_t channel_axis);

// Of this rank, with the epilogue's channels along that axis.
WeightsSpec take_weights(Arguments& a, py::ssize_t rank, size_t channels, py::ssize_t channel_axis);

}  // namespace intlite
