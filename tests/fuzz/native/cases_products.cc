// cases_products.cc: matrix products, convolutions, chains of them and the LSTM, as
// bindings/kernels.cc, bindings/program.cc and bindings/recurrent.cc make them.
#include <array>

#include "../../../csrc/kernels/batch_matmul.h"
#include "../../../csrc/kernels/chain.h"
#include "../../../csrc/kernels/conv.h"
#include "../../../csrc/kernels/depthwise_conv.h"
#include "../../../csrc/kernels/elementwise.h"
#include "../../../csrc/kernels/fully_connected.h"
#include "../../../csrc/kernels/hybrid_convolution.h"
#include "../../../csrc/kernels/hybrid_matmul.h"
#include "../../../csrc/kernels/hybrid_transpose_conv.h"
#include "../../../csrc/kernels/lstm.h"
#include "../../../csrc/kernels/transpose_conv.h"
#include "cases.h"
#include "windows.h"

namespace intlite::fuzz {
namespace {

// An Epilogue's arguments, owned.
struct EpilogueSpec {
  std::vector<int32_t> bias;
  std::vector<ChannelScale> scales;
  Rounding rounding;
  size_t gemmlowp_channel;
  OutputStage output;

  EpilogueArgs args(size_t first = 0) const {
    return {bias.empty() ? nullptr : bias.data() + first, scales.data() + first, rounding,
            gemmlowp_channel > first ? gemmlowp_channel - first : 0, output};
  }
};

EpilogueSpec draw_epilogue(Bytes& bytes, size_t channels, bool with_bias = true) {
  require(channels <= kMostBytes);  // of no rows or depth there may be any number
  EpilogueSpec spec;
  if (with_bias && bytes.flag()) spec.bias = Contents(bytes).vector<int32_t>(channels);
  const bool odd = bytes.below(4) == 0, same = bytes.flag();
  for (size_t c = 0; c < channels; ++c) {
    if (same && c != 0) {
      spec.scales.push_back(spec.scales[0]);
      continue;
    }
    const float scale = odd ? bytes.real() : bytes.scale();
    const int32_t multiplier = bytes.between(0, INT32_MAX);
    const int32_t shift = odd ? bytes.between(-31, 1100) : bytes.between(-20, 2);
    spec.scales.push_back({multiplier, shift, scale, static_cast<double>(scale)});
  }
  spec.rounding = static_cast<Rounding>(bytes.below(kRoundingCount));
  spec.gemmlowp_channel = bytes.flag() ? channels : bytes.below(channels + 2);
  const bool is_unsigned = bytes.flag();
  const int32_t low = is_unsigned ? 0 : -128;
  const int32_t min = bytes.between(low, low + 255);
  spec.output = {bytes.between(low, low + 255), min, bytes.between(min, low + 255),
                 static_cast<uint8_t>(bytes.flag() ? 0x80 : 0)};
  return spec;
}

// Weights, and the types and zero points of a product's sides.
struct Sides {
  bool weights_unsigned, input_unsigned;
  int32_t weights_zero_point, input_zero_point;
  std::vector<uint8_t> weights;

  Sides(Bytes& bytes, size_t size) {
    weights_unsigned = bytes.flag();
    input_unsigned = bytes.flag();
    weights_zero_point = zero_point(bytes, weights_unsigned);
    input_zero_point = zero_point(bytes, input_unsigned);
    weights = Contents(bytes).vector<uint8_t>(size);
  }
  static int32_t zero_point(Bytes& bytes, bool is_unsigned) {
    const int32_t low = is_unsigned ? 0 : -128;
    return bytes.flag() ? low + 128 : bytes.between(low, low + 255);
  }
  PackArgs args(size_t depth, size_t columns, const EpilogueSpec& epilogue,
                size_t first = 0) const {
    return {.depth = depth,
            .columns = columns,
            .weights = weights.data() + first * depth,
            .weights_unsigned = weights_unsigned,
            .weights_zero_point = weights_zero_point,
            .input_unsigned = input_unsigned,
            .input_zero_point = input_zero_point,
            .epilogue = epilogue.args(first)};
  }
};

MakeKernel draw_fully_connected(Bytes& bytes, size_t rows, size_t depth, size_t columns) {
  product({rows, depth, columns == 0 ? 1 : columns}, kMostWork);
  product({rows, columns});
  const Sides sides(bytes, product({depth, columns}));
  const EpilogueSpec epilogue = draw_epilogue(bytes, columns);
  return [=](const KernelTable& kernels) {
    return std::make_shared<FullyConnected>(rows, sides.args(depth, columns, epilogue), kernels);
  };
}

// Of some left matrices by others, all of them there; how many there are together.
size_t draw_products(Bytes& bytes, size_t left_matrices, size_t right_matrices,
                     std::vector<BatchMatMulArgs::Product>& products) {
  size_t matrices = 0;
  for (size_t i = bytes.below(4); i-- > 0;) {
    require(left_matrices != 0 && right_matrices != 0);
    const size_t left = bytes.below(left_matrices);
    products.push_back({left, bytes.below(right_matrices), bytes.below(left_matrices - left + 1)});
    matrices += products.back().matrices;
  }
  return matrices;
}

MakeKernel draw_batch_matmul(Bytes& bytes) {
  BatchMatMulArgs args{};
  args.rows = bytes.dimension();
  args.depth = bytes.dimension();
  args.columns = bytes.dimension();
  args.left_matrices = bytes.below(5);
  args.right_matrices = bytes.below(5);
  args.left_adjoint = bytes.flag();
  args.right_adjoint = bytes.flag();
  args.left_unsigned = bytes.flag();
  args.left_zero_point = Sides::zero_point(bytes, args.left_unsigned);
  args.right_zero_point = Sides::zero_point(bytes, false);
  const size_t matrices =
      draw_products(bytes, args.left_matrices, args.right_matrices, args.products);
  product({args.left_matrices, args.rows, args.depth});
  product({matrices, args.rows, args.columns});
  product({matrices, args.rows, args.columns, args.depth}, kMostWork);
  const bool constant = bytes.flag();
  const auto right =
      Contents(bytes).vector<uint8_t>(product({args.right_matrices, args.depth, args.columns}) + 1);
  const EpilogueSpec epilogue = draw_epilogue(bytes, args.columns, false);
  return [=](const KernelTable& kernels) {
    BatchMatMulArgs own = args;
    own.right = constant ? right.data() : nullptr;
    own.epilogue = epilogue.args();
    return std::make_shared<BatchMatMul>(own, kernels);
  };
}

// Weights of rows that are quantized as they come, and what follows their products.
struct HybridSides {
  std::vector<uint8_t> weights;
  std::vector<float> bias, scales;
  size_t block_end;
  RealStage stage;
  RowRounding rounding;

  HybridSides(Bytes& bytes, size_t size, size_t channels) {
    require(channels <= kMostBytes);
    weights = Contents(bytes).vector<uint8_t>(size);
    const bool odd = bytes.below(4) == 0;
    for (size_t c = 0; c < channels; ++c) {
      bias.push_back(odd ? bytes.real() : bytes.scale());
      scales.push_back(odd ? bytes.real() : bytes.scale());
    }
    block_end = bytes.below(channels + 2);
    stage = {static_cast<RealFormula>(bytes.below(kRealFormulaCount)), -1.0f, 1e30f};
    rounding = static_cast<RowRounding>(bytes.below(4));
  }
  RealEpilogueArgs epilogue(size_t first = 0) const {
    return {.bias = bias.data() + first,
            .scales = scales.data() + first,
            .block_end = block_end,
            .stage = stage};
  }
};

MakeKernel draw_hybrid_matmul(Bytes& bytes) {
  HybridMatMulArgs args{};
  args.rows = bytes.dimension();
  args.depth = bytes.dimension();
  args.columns = bytes.dimension();
  args.left_matrices = bytes.below(5);
  args.right_matrices = bytes.below(5);
  args.left_adjoint = bytes.flag();
  const size_t matrices =
      draw_products(bytes, args.left_matrices, args.right_matrices, args.products);
  product({args.left_matrices, args.rows, args.depth, sizeof(float)});
  product({matrices, args.rows, args.columns, sizeof(float)});
  product({matrices, args.rows, args.columns, args.depth}, kMostWork);
  const size_t size = product({args.right_matrices, args.depth, args.columns});
  product({args.right_matrices, args.columns});
  const HybridSides sides(bytes, size + 1, args.columns);
  return [=](const KernelTable& kernels) {
    HybridMatMulArgs own = args;
    own.weights = sides.weights.data();
    own.rounding = sides.rounding;
    own.epilogue = sides.epilogue();
    return std::make_shared<HybridMatMul>(own, kernels);
  };
}

// Of channels, which are made a whole number of them.
struct Groups {
  size_t count, depth, columns;

  Groups(Bytes& bytes, Window& w) : count(bytes.flag() ? 1 : 1 + bytes.below(4)) {
    const size_t group_channels = w.input_channels / count;
    require(group_channels > 0);
    w.input_channels = group_channels * count;
    w.channels = w.channels / count * count;
    depth = product({w.filter_height, w.filter_width, group_channels});
    columns = w.channels / count;
    product({w.images, w.output_height, w.output_width, depth, w.channels}, kMostWork);
  }
};

MakeKernel draw_conv(Bytes& bytes) {
  Window w(bytes);
  const Groups groups(bytes, w);
  const Sides sides(bytes, product({w.channels, groups.depth}));
  const EpilogueSpec epilogue = draw_epilogue(bytes, w.channels);
  return [=](const KernelTable& kernels) {
    std::vector<PackArgs> args;
    for (size_t g = 0; g < groups.count; ++g)
      args.push_back(sides.args(groups.depth, groups.columns, epilogue, g * groups.columns));
    return std::make_shared<Conv2D>(w.geometry(), args, kernels);
  };
}

MakeKernel draw_hybrid_conv(Bytes& bytes) {
  Window w(bytes);
  const Groups groups(bytes, w);
  const HybridSides sides(bytes, product({w.channels, groups.depth}), w.channels);
  return [=](const KernelTable& kernels) {
    std::vector<RealEpilogueArgs> epilogues;
    for (size_t g = 0; g < groups.count; ++g)
      epilogues.push_back(sides.epilogue(g * groups.columns));
    std::vector<PackArgs> args;
    for (size_t g = 0; g < groups.count; ++g)
      args.push_back(hybrid_pack_args(groups.depth, groups.columns,
                                      sides.weights.data() + g * groups.columns * groups.depth,
                                      epilogues[g], kernels.layout));
    return std::make_shared<HybridConvolution<Conv2D>>(w.geometry(), args, sides.rounding, kernels);
  };
}

// A depthwise convolution's; how many taps a filter has.
size_t draw_depthwise_window(Bytes& bytes, Window& w) {
  if (bytes.flag()) {  // as models have them, for which there are bodies of their own
    w.filter_height = w.filter_width = 3 + 2 * bytes.below(3);
    w.stride_height = w.stride_width = 1 + bytes.below(2);
    w.dilation_height = w.dilation_width = 1;
  }
  const size_t multiplier = bytes.flag() ? 1 : 1 + bytes.below(5);
  require(w.input_channels > 0);
  w.channels = product({w.input_channels, multiplier});
  product({w.images, w.output_height, w.output_width, w.channels});
  product({w.images, w.output_height, w.output_width, w.channels, w.filter_height, w.filter_width},
          kMostWork);
  // The scratch memory holds a padded row, as wide as its outputs reach.
  product({w.output_width, w.stride_width, w.channels}, kMostWork);
  product({w.filter_width, w.dilation_width, w.channels}, kMostWork);
  return product({w.filter_height, w.filter_width});
}

MakeKernel draw_depthwise(Bytes& bytes) {
  Window w(bytes);
  const size_t taps = draw_depthwise_window(bytes, w);
  const Sides sides(bytes, product({taps, w.channels}));
  const EpilogueSpec epilogue = draw_epilogue(bytes, w.channels);
  return [=](const KernelTable& kernels) {
    return std::make_shared<DepthwiseConv2D>(w.geometry(), sides.args(taps, w.channels, epilogue),
                                             kernels);
  };
}

MakeKernel draw_hybrid_depthwise(Bytes& bytes) {
  Window w(bytes);
  const size_t taps = draw_depthwise_window(bytes, w);
  HybridSides sides(bytes, product({taps, w.channels}), w.channels);
  sides.stage.formula = bytes.flag() ? RealFormula::kScalesFirst : RealFormula::kColumnBlocks;
  return [=](const KernelTable& kernels) {
    const RealEpilogueArgs epilogue = sides.epilogue();
    const PackArgs args =
        hybrid_pack_args(taps, w.channels, sides.weights.data(), epilogue, kernels.layout);
    return std::make_shared<HybridConvolution<DepthwiseConv2D>>(w.geometry(), args, sides.rounding,
                                                                kernels);
  };
}

// A transposed convolution's; how many weights each output has.
size_t check_transposed_window(Window& w) {
  require(w.input_channels > 0);
  w.dilation_height = w.dilation_width = 1;
  // A kernel holds a part for each remainder.
  product({w.stride_height, w.stride_width}, 1024);
  const size_t depth = product({w.filter_height, w.filter_width, w.input_channels});
  product({w.channels, depth});
  product({w.images, w.output_height, w.output_width, depth, w.channels}, kMostWork);
  product({w.images, w.height, w.width, depth, w.channels}, kMostWork);
  return depth;
}

MakeKernel draw_transpose_conv(Bytes& bytes) {
  Window w(bytes);
  const size_t depth = check_transposed_window(w);
  const Sides sides(bytes, product({w.channels, depth}));
  const EpilogueSpec epilogue = draw_epilogue(bytes, w.channels);
  return [=](const KernelTable& kernels) {
    return std::make_shared<TransposeConv2D>(w.geometry(), sides.args(depth, w.channels, epilogue),
                                             kernels);
  };
}

MakeKernel draw_hybrid_transpose_conv(Bytes& bytes) {
  Window w(bytes);
  const size_t depth = check_transposed_window(w);
  const HybridSides sides(bytes, product({w.channels, depth}), w.channels);
  const bool scattered = bytes.flag();
  return [=](const KernelTable& kernels) -> std::shared_ptr<const Kernel> {
    const RealEpilogueArgs epilogue = sides.epilogue();
    if (scattered)
      return std::make_shared<ScatteredTransposeConv2D>(w.geometry(), sides.weights.data(),
                                                        epilogue, sides.rounding, kernels);
    const PackArgs args =
        hybrid_pack_args(depth, w.channels, sides.weights.data(), epilogue, kernels.layout);
    return std::make_shared<HybridTransposeConv2D>(w.geometry(), args, sides.rounding, kernels);
  };
}

// A sum of two rows.
MakeKernel draw_sum(Bytes& bytes, size_t size) {
  ElementwiseParameters p{};
  p.left_factor = bytes.int32();
  p.right_factor = bytes.int32();
  p.shift = bytes.between(0, 31);
  p.output = {bytes.between(-128, 127), -128, 127, 0};
  return [=](const KernelTable& kernels) {
    return std::make_shared<Elementwise>(Broadcast{size, size, {{size, 1, 1}}}, p, kernels.add);
  };
}

MakeKernel draw_chain(Bytes& bytes) {
  struct Link {
    MakeKernel make;
    std::vector<bool> from_before;
  };
  const MakeKernel head = bytes.flag() ? draw_conv(bytes) : draw_depthwise(bytes);
  const std::shared_ptr<const Kernel> first = head(*find_kernels("portable"));
  const size_t rows = first->rows();
  require(rows != 0);
  size_t row = first->output_bytes()[0] / rows;
  std::vector<Link> links;
  for (size_t i = 1 + bytes.below(3); i-- > 0;) {
    if (bytes.flag()) {
      const bool on_the_left = bytes.flag();
      links.push_back({draw_sum(bytes, row), {on_the_left, !on_the_left || bytes.flag()}});
      continue;
    }
    const size_t columns = bytes.dimension();
    product({rows, row, columns == 0 ? 1 : columns}, kMostWork);
    product({rows, columns});
    links.push_back({draw_fully_connected(bytes, 1, row, columns), {true}});
    row = columns;
  }
  return [=](const KernelTable& kernels) {
    std::vector<ChainLink> all;
    for (const Link& link : links) all.push_back({link.make(kernels), link.from_before});
    return std::make_shared<Chain>(head(kernels), std::move(all));
  };
}

QuantizedMultiplier draw_multiplier(Bytes& bytes, bool odd) {
  return {bytes.between(0, INT32_MAX), odd ? bytes.between(-31, 1100) : bytes.between(-20, 0)};
}

MakeKernel draw_lstm(Bytes& bytes) {
  LstmArgs args{};
  constexpr size_t kGates = LstmArgs::kGates;
  args.steps = bytes.below(5);
  args.batch = bytes.below(4);
  args.inputs = bytes.below(40);
  args.units = bytes.below(20);
  args.time_major = bytes.flag();
  args.input_zero_point = bytes.between(-128, 127);
  args.state_zero_point = bytes.between(-128, 127);
  const bool odd = bytes.flag();
  for (size_t k = 0; k < kGates; ++k) {
    args.of_input[k] = draw_multiplier(bytes, odd);
    args.of_state[k] = draw_multiplier(bytes, odd);
  }
  args.micro = bytes.flag();
  args.kept = draw_multiplier(bytes, odd);
  args.added = draw_multiplier(bytes, odd);
  args.added_shift = bytes.between(0, 31);
  args.cell_min = bytes.between(INT16_MIN, INT16_MAX);
  args.cell_max = bytes.between(args.cell_min, INT16_MAX);
  args.hidden = draw_multiplier(bytes, odd);
  args.hidden_zero_point = bytes.between(-128, 127);
  Contents contents(bytes);
  const size_t columns = kGates * args.units;
  const auto weights = contents.vector<int8_t>(columns * args.inputs);
  const auto recurrent = contents.vector<int8_t>(columns * args.units);
  const auto bias = contents.vector<int32_t>(columns);
  const auto table = contents.vector<int16_t>(LstmArgs::kTableSize);
  return [=](const KernelTable&) {
    LstmArgs own = args;
    own.weights = weights.data();
    own.recurrent = recurrent.data();
    own.bias = bias.data();
    own.logistic = own.tanh = own.cell_tanh = table.data();
    return std::make_shared<Lstm>(own);
  };
}

}  // namespace

MakeKernel draw_product(Bytes& bytes) {
  switch (bytes.below(11)) {
    case 0: {
      const size_t rows = bytes.dimension(), depth = bytes.dimension();
      return draw_fully_connected(bytes, rows, depth, bytes.dimension());
    }
    case 1:
      return draw_batch_matmul(bytes);
    case 2:
      return draw_conv(bytes);
    case 3:
      return draw_depthwise(bytes);
    case 4:
      return draw_transpose_conv(bytes);
    case 5:
      return draw_chain(bytes);
    case 6:
      return draw_hybrid_matmul(bytes);
    case 7:
      return draw_hybrid_conv(bytes);
    case 8:
      return draw_hybrid_depthwise(bytes);
    case 9:
      return draw_hybrid_transpose_conv(bytes);
    default:
      return draw_lstm(bytes);
  }
}

}  // namespace intlite::fuzz
