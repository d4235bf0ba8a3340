// cases_float_products.cc: matrix products and convolutions on float32, as
// bindings/float_products.cc makes them.
#include "../../../csrc/kernels/plain/batch_matmul.h"
#include "../../../csrc/kernels/plain/conv.h"
#include "../../../csrc/kernels/plain/depthwise_conv.h"
#include "../../../csrc/kernels/plain/transpose_conv.h"
#include "windows.h"

namespace intlite::fuzz {
namespace {

// What all convolutions have besides their window.
struct Filter {
  std::vector<float> weights, bias;
  bool weights_are_input, has_bias, bias_is_input;
  FloatSums sums;
  FloatClamp clamp;

  Filter(Bytes& bytes, size_t size, size_t channels)
      : weights_are_input(bytes.flag()),
        has_bias(bytes.flag()),
        bias_is_input(bytes.flag()),
        sums(bytes.flag() ? FloatSums::kFused : FloatSums::kRounded),
        clamp{.low = bytes.flag() ? 0.0f : -1e30f, .high = bytes.flag() ? 6.0f : 1e30f} {
    for (size_t i = 0; i < size; ++i) weights.push_back(value(i));
    for (size_t i = 0; i < channels; ++i) bias.push_back(value(i + 7));
  }
  // Of sums that round.
  static float value(size_t i) { return static_cast<float>(i * 2654435761u % 1999) / 977 - 1; }

  template <class Args>
  void give(Args& args) const {
    args.weights = weights_are_input ? nullptr : weights.data();
    args.has_bias = has_bias;
    args.bias = has_bias && !bias_is_input ? bias.data() : nullptr;
    args.sums = sums;
    args.clamp = clamp;
  }
};

MakeKernel draw_conv(Bytes& bytes) {
  Window w(bytes);
  const size_t groups = bytes.flag() ? 1 : 1 + bytes.below(4);
  const size_t group_channels = w.input_channels / groups;
  require(group_channels > 0);
  w.input_channels = group_channels * groups;
  w.channels = w.channels / groups * groups;
  const size_t depth = product({w.filter_height, w.filter_width, group_channels});
  product({w.images, w.output_height, w.output_width, depth, w.channels}, kMostWork);
  const Filter filter(bytes, product({w.channels, depth}), w.channels);
  return [=](const KernelTable& kernels) {
    FloatConvArgs args{};
    args.geometry = w.geometry();
    args.group_channels = group_channels;
    filter.give(args);
    return std::make_shared<FloatConv2D>(args, kernels);
  };
}

MakeKernel draw_depthwise_conv(Bytes& bytes) {
  Window w(bytes);
  const size_t multiplier = bytes.flag() ? 1 : 1 + bytes.below(4);
  require(w.input_channels > 0);
  w.channels = w.input_channels * multiplier;
  const size_t taps = product({w.filter_height, w.filter_width});
  product({w.images, w.output_height, w.output_width, w.channels});
  product({std::max<size_t>(w.height, 1), w.width, w.channels});  // a row of zeros too
  product({w.images, w.output_height, w.output_width, taps, w.channels}, kMostWork);
  const bool columns_first = bytes.flag(), from_bias = bytes.flag();
  const Filter filter(bytes, product({taps, w.channels}), w.channels);
  return [=](const KernelTable& kernels) {
    FloatDepthwiseConvArgs args{};
    args.geometry = w.geometry();
    args.columns_first = columns_first;
    args.from_bias = from_bias;
    filter.give(args);
    return std::make_shared<FloatDepthwiseConv2D>(args, kernels);
  };
}

MakeKernel draw_transpose_conv(Bytes& bytes) {
  Window w(bytes);
  require(w.input_channels > 0);
  w.dilation_height = w.dilation_width = 1;
  const size_t depth = product({w.filter_height, w.filter_width, w.input_channels});
  product({w.images, w.output_height, w.output_width, depth, w.channels}, kMostWork);
  const bool taps_descend = bytes.flag();
  const Filter filter(bytes, product({w.channels, depth}), w.channels);
  return [=](const KernelTable& kernels) {
    FloatTransposeConvArgs args{};
    args.geometry = w.geometry();
    args.taps_descend = taps_descend;
    filter.give(args);
    return std::make_shared<FloatTransposeConv2D>(args, kernels);
  };
}

MakeKernel draw_batch_matmul(Bytes& bytes) {
  FloatBatchMatMulArgs args{};
  args.rows = bytes.dimension();
  args.depth = bytes.dimension();
  args.columns = bytes.dimension();
  args.left_matrices = bytes.below(5);
  args.right_matrices = bytes.below(5);
  args.left_adjoint = bytes.flag();
  args.right_adjoint = bytes.flag();
  args.sums = bytes.flag() ? FloatSums::kFused : FloatSums::kRounded;
  for (size_t i = bytes.below(4); i-- > 0;) {
    require(args.left_matrices != 0 && args.right_matrices != 0);
    const size_t left = bytes.below(args.left_matrices);
    args.products.push_back({left, bytes.below(args.right_matrices)});
  }
  product({args.left_matrices, args.rows, args.depth});
  product({args.products.size(), args.rows, args.columns});
  product({args.products.size(), args.rows, args.columns, args.depth}, kMostWork);
  const bool constant = bytes.flag();
  std::vector<float> right(product({args.right_matrices, args.depth, args.columns}));
  for (size_t i = 0; i < right.size(); ++i) right[i] = Filter::value(i);
  return [=](const KernelTable& kernels) {
    FloatBatchMatMulArgs own = args;
    own.right = constant ? right.data() : nullptr;
    return std::make_shared<FloatBatchMatMul>(own, kernels);
  };
}

}  // namespace

MakeKernel draw_float_product(Bytes& bytes) {
  switch (bytes.below(4)) {
    case 0:
      return draw_conv(bytes);
    case 1:
      return draw_depthwise_conv(bytes);
    case 2:
      return draw_transpose_conv(bytes);
    default:
      return draw_batch_matmul(bytes);
  }
}

}  // namespace intlite::fuzz
