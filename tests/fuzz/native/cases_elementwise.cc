// cases_elementwise.cc: elementwise operators, pools, means, resizing and softmax, as
// bindings/elementwise.cc and bindings/kernels.cc make them.
#include <algorithm>
#include <array>

#include "../../../csrc/kernels/elementwise.h"
#include "../../../csrc/kernels/extreme.h"
#include "../../../csrc/kernels/fixed_binary.h"
#include "../../../csrc/kernels/fixed_binary_int16.h"
#include "../../../csrc/kernels/joined_lookup.h"
#include "../../../csrc/kernels/lookup.h"
#include "../../../csrc/kernels/lookup_int16.h"
#include "../../../csrc/kernels/mean.h"
#include "../../../csrc/kernels/normalization.h"
#include "../../../csrc/kernels/pool.h"
#include "../../../csrc/kernels/pool_int16.h"
#include "../../../csrc/kernels/quantize.h"
#include "../../../csrc/kernels/quantized_product.h"
#include "../../../csrc/kernels/reduction_int16.h"
#include "../../../csrc/kernels/resize.h"
#include "../../../csrc/kernels/softmax.h"
#include "../../../csrc/kernels/softmax_int16.h"
#include "broadcast.h"

namespace intlite::fuzz {
namespace {

MakeKernel draw_quantize(Bytes& bytes) {
  QuantizeArgs args{};
  args.size = product({bytes.dimension(), bytes.extent()});
  args.scale = bytes.flag() ? bytes.scale() : bytes.real();
  args.zero_point = bytes.between(-32768, 32767);
  args.type = static_cast<StoredType>(bytes.below(3));
  args.rounding = static_cast<RealRounding>(bytes.below(3));
  return [=](const KernelTable& kernels) { return std::make_shared<Quantize>(args, kernels); };
}

MakeKernel draw_dequantize(Bytes& bytes) {
  DequantizeArgs args{};
  args.size = product({bytes.dimension(), bytes.extent()});
  args.scale = bytes.flag() ? bytes.scale() : bytes.real();
  args.zero_point = bytes.between(-32768, 32767);
  args.type = static_cast<StoredType>(bytes.below(3));
  args.blocks = bytes.flag();
  return [=](const KernelTable& kernels) { return std::make_shared<Dequantize>(args, kernels); };
}

MakeKernel draw_requantize(Bytes& bytes) {
  RequantizeArgs args{};
  args.size = product({bytes.dimension(), bytes.extent()});
  args.input_type = static_cast<IntegerType>(bytes.below(4));
  args.output_type = static_cast<IntegerType>(bytes.below(4));
  args.input_zero_point = bytes.int32();
  args.output_zero_point = bytes.int32();
  args.multiplier = bytes.int32();
  args.shift = std::max(bytes.int32(), -31);
  args.rounding = static_cast<IntegerRounding>(bytes.below(3));
  return [=](const KernelTable& kernels) { return std::make_shared<Requantize>(args, kernels); };
}

BlockPattern draw_pattern(Bytes& bytes) { return {bytes.extent(), bytes.extent()}; }

MakeKernel draw_unary(Bytes& bytes) {
  const size_t size = product({bytes.dimension(), bytes.extent()});
  const BlockPattern pattern = draw_pattern(bytes);
  Contents contents(bytes);
  const auto block = contents.vector<uint8_t>(256), tail = contents.vector<uint8_t>(256);
  return [=](const KernelTable& kernels) {
    return std::make_shared<UnaryLookup>(size, block.data(), tail.data(), pattern, kernels.lookup);
  };
}

MakeKernel draw_int16_lookup(Bytes& bytes) {
  const size_t size = product({bytes.dimension(), bytes.extent(), 2}) / 2, lanes = bytes.extent();
  Contents contents(bytes);
  const auto block = contents.vector<int16_t>(65536), tail = contents.vector<int16_t>(65536);
  return [=](const KernelTable&) {
    return std::make_shared<Int16Lookup>(size, shared_table(block.data()),
                                         shared_table(tail.data()), lanes);
  };
}

MakeKernel draw_binary(Bytes& bytes) {
  const DrawnBroadcast drawn(bytes, false);
  const BlockPattern pattern = draw_pattern(bytes);
  const auto table = Contents(bytes).vector<uint8_t>(65536);
  return [=](const KernelTable& kernels) {
    return std::make_shared<BinaryLookup>(drawn.broadcast(), table, table, pattern, kernels.lookup);
  };
}

MakeKernel draw_arithmetic(Bytes& bytes) {
  const DrawnBroadcast drawn(bytes, true);
  ElementwiseParameters p{};
  p.is_unsigned = bytes.flag();
  p.left_factor = bytes.int32();
  p.right_factor = bytes.int32();
  p.bias = bytes.int32();
  p.shift = bytes.between(0, 31);
  const int32_t low = p.is_unsigned ? 0 : -128;
  p.left_zero_point = bytes.between(low, low + 255);
  p.right_zero_point = bytes.between(low, low + 255);
  p.scale = bytes.flag() ? bytes.scale() : bytes.real();
  const int32_t min = bytes.between(low, low + 255);
  p.output = {bytes.between(low, low + 255), min, bytes.between(min, low + 255), 0};
  const bool sum = bytes.flag();
  return [=](const KernelTable& kernels) {
    return std::make_shared<Elementwise>(drawn.broadcast(), p,
                                         sum ? kernels.add : kernels.multiply);
  };
}

FixedFactor draw_factor(Bytes& bytes) {
  return {.multiplier = bytes.flag() ? 1 << 30 : bytes.int32() & INT32_MAX,
          .shift = bytes.flag() ? bytes.between(-31, 0) : bytes.between(-31, 256)};
}

FixedBinary::Kinds draw_kinds(Bytes& bytes) {
  FixedBinary::Kinds kinds{};
  kinds.block = static_cast<FixedBinaryKind>(bytes.below(kFixedBinaryKinds));
  kinds.tail = static_cast<FixedBinaryKind>(bytes.below(kFixedBinaryKinds));
  kinds.lanes = size_t{1} << bytes.below(7);
  return kinds;
}

MakeKernel draw_fixed_binary_int16(Bytes& bytes) {
  const DrawnBroadcast drawn(bytes, true);
  FixedInt16Numbers n{.left = draw_factor(bytes),
                      .right = draw_factor(bytes),
                      .output = draw_factor(bytes),
                      .negated = bytes.flag(),
                      .min = bytes.between(INT16_MIN, INT16_MAX),
                      .max = INT16_MAX};
  n.max = bytes.between(n.min, INT16_MAX);
  const FixedBinary::Kinds kinds = draw_kinds(bytes);
  require(FixedBinaryInt16::has(kinds.block) && FixedBinaryInt16::has(kinds.tail) &&
          gives_bool(kinds.block) == gives_bool(kinds.tail));
  return [=](const KernelTable& kernels) {
    return std::make_shared<FixedBinaryInt16>(drawn.broadcast(), kinds, n, kernels);
  };
}

MakeKernel draw_fixed_binary(Bytes& bytes) {
  const DrawnBroadcast drawn(bytes, true);
  FixedBinaryNumbers n{};
  n.is_unsigned = bytes.flag();
  const int32_t low = n.is_unsigned ? 0 : -128;
  n.left_zero_point = bytes.between(low, low + 255);
  n.right_zero_point = bytes.between(low, low + 255);
  for (FixedFactor* factor : {&n.left, &n.right, &n.output}) *factor = draw_factor(bytes);
  if (bytes.flag()) n.left = {1 << 30, 0};
  n.negated = bytes.flag();
  n.zero_point = bytes.between(low, low + 255);
  n.min = bytes.between(low, low + 255);
  n.max = bytes.between(n.min, low + 255);
  const FixedBinary::Kinds kinds = draw_kinds(bytes);
  return [=](const KernelTable& kernels) {
    return std::make_shared<FixedBinary>(drawn.broadcast(), kinds, n, kernels);
  };
}

size_t below_2_31(size_t size) {
  require(size < (size_t{1} << 31));
  return size;
}

MakeKernel draw_pool(Bytes& bytes) {
  WindowGeometry g{.images = below_2_31(bytes.dimension()),
                   .input_height = below_2_31(bytes.dimension()),
                   .input_width = below_2_31(bytes.dimension()),
                   .input_channels = below_2_31(bytes.dimension()),
                   .output_height = below_2_31(bytes.dimension()),
                   .output_width = below_2_31(bytes.dimension()),
                   .output_channels = 0,
                   .filter_height = below_2_31(bytes.dimension()),
                   .filter_width = below_2_31(bytes.dimension()),
                   .stride_height = below_2_31(bytes.extent()),
                   .stride_width = below_2_31(bytes.extent()),
                   .pad_top = below_2_31(bytes.dimension()),
                   .pad_left = below_2_31(bytes.dimension())};
  g.output_channels = g.input_channels;
  product({g.filter_height, g.filter_width}, size_t{1} << 22);
  product({g.images, g.input_height, g.input_width, g.input_channels});
  product({g.images, g.output_height, g.output_width, g.input_channels});
  product({g.images, g.output_height, g.output_width, g.input_channels,
           std::min(g.filter_height, g.input_height), std::min(g.filter_width, g.input_width)},
          kMostWork);
  const PoolArgs args{.geometry = g,
                      .average = bytes.flag(),
                      .is_unsigned = bytes.flag(),
                      .min = bytes.int32(),
                      .max = bytes.int32()};
  require(args.min <= args.max);
  if (bytes.flag()) {
    product({g.filter_height, g.filter_width}, (size_t{1} << 16) - 1);
    PoolArgs wide = args;
    wide.min = std::clamp<int32_t>(wide.min, INT16_MIN, INT16_MAX);
    wide.max = std::clamp<int32_t>(wide.max, INT16_MIN, INT16_MAX);
    return [=](const KernelTable&) { return std::make_shared<Pool2DInt16>(wide); };
  }
  return [=](const KernelTable& kernels) { return std::make_shared<Pool2D>(args, kernels); };
}

ReducedShape draw_reduced(Bytes& bytes) {
  const size_t outer = bytes.dimension();
  ReducedShape::Groups groups;
  size_t all = outer, results = outer;
  for (size_t i = 1 + bytes.below(3); i-- > 0;) {
    groups.emplace_back(bytes.dimension(), bytes.dimension());
    all = product({all, groups.back().first, groups.back().second});
    results = product({results, groups.back().second});
  }
  product({all, 4}, kMostScratch);
  return {outer, std::move(groups)};
}

MakeKernel draw_extreme(Bytes& bytes) {
  const ReducedShape shape = draw_reduced(bytes);
  const bool is_unsigned = bytes.flag(), least = bytes.flag();
  if (bytes.flag()) {
    const Int16Reduction kind = least ? Int16Reduction::kLeast : Int16Reduction::kGreatest;
    return [=](const KernelTable&) { return std::make_shared<ReductionInt16>(shape, kind); };
  }
  return [=](const KernelTable& kernels) {
    return std::make_shared<Extreme>(shape, is_unsigned, least, kernels);
  };
}

MakeKernel draw_quantized_product(Bytes& bytes) {
  const ReducedShape shape = draw_reduced(bytes);
  const QuantizedProductArgs args{.input_zero_point = bytes.between(-128, 127),
                                  .output_zero_point = bytes.between(-128, 127),
                                  .multiplier = bytes.between(0, (1 << 15) - 1),
                                  .shift = bytes.between(-31, 14),
                                  .is_int16 = bytes.flag()};
  return [=](const KernelTable&) { return std::make_shared<QuantizedProduct>(shape, args); };
}

MakeKernel draw_mean(Bytes& bytes) {
  const ReducedShape shape = draw_reduced(bytes);
  MeanArgs args{};
  args.is_unsigned = bytes.flag();
  args.kind = static_cast<MeanKind>(bytes.below(4));
  args.offset = bytes.int32();
  args.multiplier = bytes.int32();
  args.shift = bytes.between(-31, 31);
  args.scale = bytes.flag() ? bytes.scale() : bytes.real();
  args.bias = bytes.real();
  args.zero_point = bytes.int32();
  if (bytes.flag())
    return [=](const KernelTable&) {
      return std::make_shared<ReductionInt16>(shape, Int16Reduction::kMean, args);
    };
  return [=](const KernelTable& kernels) { return std::make_shared<Mean>(shape, args, kernels); };
}

MakeKernel draw_softmax_int16(Bytes& bytes) {
  SoftmaxInt16Args args{};
  args.rows = bytes.dimension();
  args.depth = product({bytes.dimension()}, 65536);
  product({args.rows, args.depth, 2});
  args.multiplier = bytes.int32();
  args.shift = bytes.between(-31, 256);
  Contents contents(bytes);
  args.exp = contents.vector<int16_t>(513);
  args.reciprocal = contents.vector<int16_t>(513);
  return [=](const KernelTable&) { return std::make_shared<SoftmaxInt16>(args); };
}

MakeKernel draw_softmax(Bytes& bytes) {
  SoftmaxArgs args{};
  args.rows = bytes.dimension();
  args.depth = bytes.dimension();
  product({args.rows, args.depth});
  args.is_unsigned = bytes.flag();
  args.fixed_point = bytes.flag();
  args.distances = bytes.below(257);
  args.scale = bytes.flag() ? 1.0f / 256 : bytes.real();
  args.zero_point = bytes.int32();
  // Exponentials, none negative and that of no distance not 0.
  Contents contents(bytes);
  const auto values = contents.vector<int32_t>(256);
  for (size_t i = 0; i < 256; ++i) {
    args.fixed[i] = values[i] & INT32_MAX;
    args.real[i] = static_cast<float>(args.fixed[i]) / 2147483648.0f;
  }
  args.fixed[0] = INT32_MAX;
  args.real[0] = 1;
  return [=](const KernelTable& kernels) { return std::make_shared<Softmax>(args, kernels); };
}

MakeKernel draw_normalization(Bytes& bytes) {
  const size_t rows = bytes.dimension(), depth = bytes.dimension();
  product({rows, depth});
  const bool is_unsigned = bytes.flag();
  if (bytes.flag()) {
    const int32_t low = is_unsigned ? 0 : -128;
    const L2NormalizationArgs args{.rows = rows,
                                   .depth = depth,
                                   .is_unsigned = is_unsigned,
                                   .zero_point = bytes.between(low, low + 255)};
    return [=](const KernelTable&) { return std::make_shared<L2Normalization>(args); };
  }
  LogSoftmaxArgs args{};
  args.rows = rows;
  args.depth = depth;
  args.is_unsigned = is_unsigned;
  args.fixed_point = bytes.flag();
  args.least = bytes.int32();
  args.reverse_multiplier = bytes.int32();
  args.reverse_shift = bytes.between(-31, 300);
  args.input_scale = bytes.scale();
  args.output_scale = bytes.scale();
  Contents contents(bytes);
  const auto scaled = contents.vector<int32_t>(256), fixed = contents.vector<int32_t>(256);
  for (size_t i = 0; i < 256; ++i) {
    args.scaled[i] = scaled[i];
    args.fixed[i] = fixed[i];
    args.real[i] = static_cast<float>(fixed[i]);
  }
  return [=](const KernelTable&) { return std::make_shared<LogSoftmax>(args); };
}

ResizeAxis draw_axis(Bytes& bytes, ResizeKind kind) {
  ResizeAxis axis{bytes.dimension(), {}, {}, {}};
  const size_t outputs = bytes.below(20);
  const bool outside = bytes.below(8) == 0;
  for (size_t i = 0; i < outputs; ++i) {
    const int32_t last = static_cast<int32_t>(std::min<size_t>(axis.size, 1 << 16)) - 1;
    const auto index = [&] {
      return outside ? bytes.int32() : bytes.between(0, std::max(last, 0));
    };
    axis.low.push_back(index());
    axis.high.push_back(index());
    const int32_t one = kind == ResizeKind::kHalfAway ? 1 << 10 : 1 << 11;
    axis.weight.push_back(outside ? bytes.real()
                          : kind == ResizeKind::kHalfAway || kind == ResizeKind::kHalfUp
                              ? static_cast<float>(bytes.between(0, one))
                              : static_cast<float>(bytes.between(0, one)) / 2048.0f);
  }
  return axis;
}

MakeKernel draw_joined_lookup(Bytes& bytes) {
  const size_t rows = bytes.dimension();
  std::vector<JoinedInput> inputs(1 + bytes.below(4));
  size_t row = 0;
  for (JoinedInput& input : inputs) {
    input.row = product({bytes.dimension()});
    product({rows, row += input.row});
    const auto table = Contents(bytes).vector<uint8_t>(256);
    std::copy(table.begin(), table.end(), input.table.begin());
  }
  return [=](const KernelTable& kernels) {
    return std::make_shared<JoinedLookup>(rows, inputs, kernels.lookup);
  };
}

MakeKernel draw_resize(Bytes& bytes) {
  const ResizeKind kind = static_cast<ResizeKind>(bytes.below(4));
  const ResizeArgs args{.images = bytes.below(4),
                        .channels = below_2_31(bytes.dimension()),
                        .rows = draw_axis(bytes, kind),
                        .columns = draw_axis(bytes, kind),
                        .is_unsigned = bytes.flag(),
                        .kind = kind,
                        .is_int16 = bytes.flag()};
  const ResizeAxis &rows = args.rows, &columns = args.columns;
  below_2_31(rows.size);
  below_2_31(columns.size);
  product({args.images, args.channels, rows.size, columns.size});
  product({args.images, args.channels, rows.low.size(), columns.low.size()});
  product({args.channels, columns.low.size()});  // of the scratch memory
  return
      [=](const KernelTable& kernels) { return std::make_shared<ResizeBilinear>(args, kernels); };
}

}  // namespace

MakeKernel draw_elementwise(Bytes& bytes) {
  switch (bytes.below(18)) {
    case 0:
      return draw_quantize(bytes);
    case 1:
      return draw_dequantize(bytes);
    case 2:
      return draw_requantize(bytes);
    case 3:
      return draw_unary(bytes);
    case 4:
      return draw_binary(bytes);
    case 5:
      return draw_arithmetic(bytes);
    case 6:
      return draw_pool(bytes);
    case 7:
      return draw_mean(bytes);
    case 8:
      return draw_softmax(bytes);
    case 9:
      return draw_extreme(bytes);
    case 10:
      return draw_quantized_product(bytes);
    case 11:
      return draw_joined_lookup(bytes);
    case 12:
      return draw_fixed_binary(bytes);
    case 13:
      return draw_normalization(bytes);
    case 14:
      return draw_int16_lookup(bytes);
    case 15:
      return draw_fixed_binary_int16(bytes);
    case 16:
      return draw_softmax_int16(bytes);
    default:
      return draw_resize(bytes);
  }
}

}  // namespace intlite::fuzz
