// windows.cc: makes kernels of images: convolutions, pools and resizing.
#include <array>
#include <tuple>

#include "../kernels/conv.h"
#include "../kernels/conv_int16.h"
#include "../kernels/depthwise_conv.h"
#include "../kernels/depthwise_conv_int16.h"
#include "../kernels/hybrid_convolution.h"
#include "../kernels/hybrid_transpose_conv.h"
#include "../kernels/plain/pool.h"
#include "../kernels/plain/resize.h"
#include "../kernels/pool.h"
#include "../kernels/pool_int16.h"
#include "../kernels/resize.h"
#include "../kernels/transpose_conv.h"
#include "../kernels/transpose_conv_int16.h"
#include "epilogue_spec.h"
#include "window_arguments.h"

namespace intlite {

WindowGeometry take_geometry(Arguments& a, const Pair& filter, const Pair& dilation,
                             size_t input_channels, size_t output_channels) {
  const Pair input = a.get<Pair>("input"), output = a.get<Pair>("output");
  const Pair stride = a.get<Pair>("stride"), padding = a.get<Pair>("padding");
  for (size_t i = 0; i < 2; ++i)
    for (const size_t size : {input[i], output[i], filter[i], stride[i], dilation[i], padding[i]})
      require(size < kDimensionLimit, "dimension too large");
  return {.images = a.get<size_t>("images"),
          .input_height = input[0],
          .input_width = input[1],
          .input_channels = input_channels,
          .output_height = output[0],
          .output_width = output[1],
          .output_channels = output_channels,
          .filter_height = filter[0],
          .filter_width = filter[1],
          .stride_height = stride[0],
          .stride_width = stride[1],
          .dilation_height = dilation[0],
          .dilation_width = dilation[1],
          .pad_top = padding[0],
          .pad_left = padding[1]};
}

void check_steps(const WindowGeometry& g) {
  for (const size_t size : {g.filter_height, g.filter_width, g.stride_height, g.stride_width,
                            g.dilation_height, g.dilation_width})
    require(size >= 1, "filter, stride and dilation must be at least 1");
}

void check_images(const WindowGeometry& g) {
  checked_product(g.images, checked_product(g.output_pixels(), g.output_channels));
  checked_product(g.images, checked_product(g.input_pixels(), g.input_channels));
}

namespace {

// A convolution's, by constant weights.
template <class Weights>
WindowGeometry take_geometry(Arguments& a, const Weights& weights, const Pair& dilation,
                             size_t output_channels) {
  const WindowGeometry g = intlite::take_geometry(a, {weights.shape(1), weights.shape(2)}, dilation,
                                                  a.get<size_t>("input_channels"), output_channels);
  check_steps(g);
  return g;
}

// Of channels: so many matrices [columns][depth].
struct Groups {
  size_t count, depth, columns;
};

Groups take_groups(const WindowGeometry& geometry, size_t group_channels, size_t channels) {
  require(group_channels > 0 && geometry.input_channels % group_channels == 0,
          "input channels are not a whole number of groups");
  const size_t groups = geometry.input_channels / group_channels;
  require(groups > 0 && geometry.output_channels % groups == 0,
          "output channels are not a whole number of groups");
  check_images(geometry);
  return {.count = groups,
          .depth = checked_product(geometry.filter_height * geometry.filter_width, group_channels),
          .columns = channels / groups};
}

// Of weights [outputs][depth of a group], whatever their groups are.
std::shared_ptr<Kernel> make_groups_int16(const WindowGeometry& geometry, const Groups& groups,
                                          const int8_t* weights, const EpilogueSpec& epilogue,
                                          const KernelTable& kernels) {
  std::vector<PackInt16Args> args;
  for (size_t g = 0; g < groups.count; ++g) {
    const size_t first = g * groups.columns;
    args.push_back({.depth = groups.depth,
                    .columns = groups.columns,
                    .row_stride = 1,
                    .column_stride = groups.depth,
                    .weights = weights + first * groups.depth,
                    .epilogue = epilogue.args(first)});
  }
  return std::make_shared<Conv2DInt16>(geometry, args, kernels);
}

std::shared_ptr<Kernel> make_conv_2d_int16(Arguments& a) {
  const auto& epilogue = take_epilogue(a, true);
  const size_t channels = epilogue.scales.size();
  const Int8Weights weights = take_int8_weights(a, 4, channels, 0);
  const WindowGeometry geometry = take_geometry(a, weights, a.get<Pair>("dilation"), channels);
  return make_groups_int16(geometry, take_groups(geometry, weights.shape(3), channels),
                           weights.array.data(), epilogue, a.kernels());
}

// From so many outputs on, a depthwise filter of one input channel goes as a dense one.
constexpr size_t kDenseChannels = 4;

std::shared_ptr<Kernel> make_depthwise_conv_2d_int16(Arguments& a) {
  const auto& epilogue = take_epilogue(a, true);
  const size_t channels = epilogue.scales.size();
  const Int8Weights weights = take_int8_weights(a, 4, channels, 3);
  const WindowGeometry g = take_geometry(a, weights, a.get<Pair>("dilation"), channels);
  require(g.input_channels > 0 && channels % g.input_channels == 0,
          "output channels are not a multiple of the input's");
  require(weights.shape(0) == 1, "weights must begin with dimension 1");
  check_images(g);
  const size_t taps = g.filter_height * g.filter_width;
  const PackInt16Args matrix{.depth = taps,
                             .columns = channels,
                             .row_stride = channels,
                             .column_stride = 1,
                             .weights = weights.array.data(),
                             .epilogue = epilogue.args()};
  const bool is_dense = g.input_channels == 1 && channels >= kDenseChannels;
  if (!is_dense && !(epilogue.wide && needs_wide_sums(matrix)))
    return std::make_shared<DepthwiseConvInt16>(g, matrix.weights, matrix.epilogue, a.kernels());
  std::vector<int8_t> rows(taps * channels);
  for (size_t tap = 0; tap < taps; ++tap)
    for (size_t c = 0; c < channels; ++c) rows[c * taps + tap] = matrix.weights[tap * channels + c];
  return make_groups_int16(g, take_groups(g, 1, channels), rows.data(), epilogue, a.kernels());
}

std::shared_ptr<Kernel> make_transpose_conv_2d_int16(Arguments& a) {
  const auto& epilogue = take_epilogue(a, true);
  const size_t channels = epilogue.scales.size();
  const Int8Weights weights = take_int8_weights(a, 4, channels, 0);
  const WindowGeometry g = take_geometry(a, weights, {1, 1}, channels);
  require(weights.shape(3) == g.input_channels && g.input_channels > 0,
          "weights and input differ in channels");
  check_images(g);
  const size_t depth = checked_product(g.filter_height * g.filter_width, g.input_channels);
  return std::make_shared<TransposeConvInt16>(g, weights.args(depth, channels, epilogue.args()),
                                              a.kernels());
}

std::shared_ptr<Kernel> make_conv_2d(Arguments& a) {
  const auto& epilogue = take_epilogue(a);
  const size_t channels = epilogue.scales.size();
  const WeightsSpec weights = take_weights(a, 4, channels, 0);
  const WindowGeometry geometry = take_geometry(a, weights, a.get<Pair>("dilation"), channels);
  const Groups groups = take_groups(geometry, weights.shape(3), channels);
  std::vector<PackArgs> args;
  for (size_t g = 0; g < groups.count; ++g)
    args.push_back(weights.args(groups.depth, groups.columns, epilogue.args(g * groups.columns),
                                g * groups.columns * groups.depth));
  return std::make_shared<Conv2D>(geometry, args, a.kernels());
}

std::shared_ptr<Kernel> make_hybrid_conv_2d(Arguments& a) {
  const HybridSpec spec = take_hybrid(a, 4, 0);
  const WindowGeometry geometry = take_geometry(a, spec, a.get<Pair>("dilation"), spec.channels());
  const Groups groups = take_groups(geometry, spec.shape(3), spec.channels());
  const KernelTable& kernels = a.kernels();
  std::vector<RealEpilogueArgs> epilogues;
  for (size_t g = 0; g < groups.count; ++g) epilogues.push_back(spec.epilogue(g * groups.columns));
  std::vector<PackArgs> args;
  for (size_t g = 0; g < groups.count; ++g)
    args.push_back(hybrid_pack_args(groups.depth, groups.columns,
                                    spec.data() + g * groups.columns * groups.depth, epilogues[g],
                                    kernels.layout));
  return std::make_shared<HybridConvolution<Conv2D>>(geometry, args, spec.rounding, kernels);
}

size_t check_depthwise(const WindowGeometry& geometry, size_t channels) {
  require(geometry.input_channels > 0 && channels % geometry.input_channels == 0,
          "output channels are not a multiple of the input's");
  check_images(geometry);
  return geometry.filter_height * geometry.filter_width;
}

std::shared_ptr<Kernel> make_depthwise_conv_2d(Arguments& a) {
  const auto& epilogue = take_epilogue(a);
  const size_t channels = epilogue.scales.size();
  const WeightsSpec weights = take_weights(a, 4, channels, 3);
  const WindowGeometry geometry = take_geometry(a, weights, a.get<Pair>("dilation"), channels);
  const size_t taps = check_depthwise(geometry, channels);
  return std::make_shared<DepthwiseConv2D>(geometry, weights.args(taps, channels, epilogue.args()),
                                           a.kernels());
}

std::shared_ptr<Kernel> make_hybrid_depthwise_conv_2d(Arguments& a) {
  const HybridSpec spec = take_hybrid(a, 4, 3);
  const size_t channels = spec.channels();
  const WindowGeometry geometry = take_geometry(a, spec, a.get<Pair>("dilation"), channels);
  const size_t taps = check_depthwise(geometry, channels);
  require(spec.stage.formula == RealFormula::kScalesFirst ||
              spec.stage.formula == RealFormula::kColumnBlocks,
          "formula of no depthwise convolution");
  const KernelTable& kernels = a.kernels();
  const RealEpilogueArgs epilogue = spec.epilogue();
  const PackArgs args = hybrid_pack_args(taps, channels, spec.data(), epilogue, kernels.layout);
  return std::make_shared<HybridConvolution<DepthwiseConv2D>>(geometry, args, spec.rounding,
                                                              kernels);
}

size_t check_transpose(const WindowGeometry& geometry, size_t channels) {
  require(channels == geometry.input_channels && channels > 0,
          "weights and input differ in channels");
  check_images(geometry);
  return checked_product(geometry.filter_height * geometry.filter_width, channels);
}

std::shared_ptr<Kernel> make_transpose_conv_2d(Arguments& a) {
  const auto& epilogue = take_epilogue(a);
  const size_t channels = epilogue.scales.size();
  const WeightsSpec weights = take_weights(a, 4, channels, 0);
  const WindowGeometry geometry = take_geometry(a, weights, {1, 1}, channels);
  const size_t depth = check_transpose(geometry, weights.shape(3));
  return std::make_shared<TransposeConv2D>(geometry, weights.args(depth, channels, epilogue.args()),
                                           a.kernels());
}

std::shared_ptr<Kernel> make_hybrid_transpose_conv_2d(Arguments& a) {
  const HybridSpec spec = take_hybrid(a, 4, 0);
  const size_t channels = spec.channels();
  const WindowGeometry geometry = take_geometry(a, spec, {1, 1}, channels);
  const size_t depth = check_transpose(geometry, spec.shape(3));
  const RealEpilogueArgs epilogue = spec.epilogue();
  const KernelTable& kernels = a.kernels();
  if (a.get<bool>("scattered"))
    return std::make_shared<ScatteredTransposeConv2D>(geometry, spec.data(), epilogue,
                                                      spec.rounding, kernels);
  const PackArgs args = hybrid_pack_args(depth, channels, spec.data(), epilogue, kernels.layout);
  return std::make_shared<HybridTransposeConv2D>(geometry, args, spec.rounding, kernels);
}

std::shared_ptr<Kernel> make_pool_2d(Arguments& a) {
  const Pair filter = a.get<Pair>("filter");
  const size_t channels = a.get<size_t>("channels");
  const PoolArgs args{.geometry = take_geometry(a, filter, {1, 1}, channels, channels),
                      .average = a.get<bool>("average"),
                      .is_unsigned = a.get<bool>("is_unsigned"),
                      .min = a.get<int32_t>("activation_min"),
                      .max = a.get<int32_t>("activation_max")};
  require(args.geometry.images < kDimensionLimit && channels < kDimensionLimit,
          "dimension too large");
  // A sum of so many bytes still fits int32.
  require(filter[0] * filter[1] <= (size_t{1} << 22), "window too large");
  const bool moves = args.geometry.stride_height > 0 && args.geometry.stride_width > 0;
  require(moves && args.min <= args.max, "bad stride or activation range");
  const KernelTable& kernels = a.kernels();
  if (a.get<bool>("is_int16", false)) {
    require(!args.average || filter[0] * filter[1] < (size_t{1} << 16), "window too large");
    require(args.min >= INT16_MIN && args.max <= INT16_MAX, "bad stride or activation range");
    return std::make_shared<Pool2DInt16>(args);
  }
  return std::make_shared<Pool2D>(args, kernels);
}

// Python's (low, high, weight).
using AxisTuple = std::tuple<Array<int32_t>, Array<int32_t>, Array<float>>;

ResizeAxis resize_axis(size_t size, const AxisTuple& axis) {
  const auto& [low, high, weight] = axis;
  return {.size = size,
          .low = {low.data(), low.data() + low.size()},
          .high = {high.data(), high.data() + high.size()},
          .weight = {weight.data(), weight.data() + weight.size()}};
}

std::shared_ptr<Kernel> make_plain_pool(Arguments& a) {
  const Pair filter = a.get<Pair>("filter");
  const size_t channels = a.get<size_t>("channels");
  const PlainPool::Arguments arguments{
      .geometry = take_geometry(a, filter, {1, 1}, channels, channels),
      .function = a.get<PoolFunction>("function"),
      .low = a.get<float>("low"),
      .high = a.get<float>("high"),
      .flushes = a.get<bool>("flushes", false)};
  const WindowGeometry& g = arguments.geometry;
  require(g.images < kDimensionLimit && channels < kDimensionLimit, "dimension too large");
  require(g.stride_height > 0 && g.stride_width > 0 && filter[0] > 0 && filter[1] > 0,
          "filter and stride must be at least 1");
  check_images(g);
  return std::make_shared<PlainPool>(arguments, plain_kernels(a.kernels()));
}

std::shared_ptr<Kernel> make_plain_resize(Arguments& a) {
  const Pair input = a.get<Pair>("input");
  PlainResize::Arguments arguments{.images = a.get<size_t>("images"),
                                   .channels = a.get<size_t>("channels"),
                                   .rows = resize_axis(input[0], a.get<AxisTuple>("rows")),
                                   .columns = resize_axis(input[1], a.get<AxisTuple>("columns")),
                                   .kind = a.get<BlendKind>("kind"),
                                   .flushes = a.get<bool>("flushes", false)};
  for (const size_t size : {arguments.images, input[0], input[1], arguments.channels})
    require(size < kDimensionLimit, "dimension too large");
  const size_t images = checked_product(arguments.images, arguments.channels * sizeof(float));
  checked_product(images, checked_product(input[0], input[1]));
  checked_product(images, checked_product(arguments.rows.low.size(), arguments.columns.low.size()));
  return std::make_shared<PlainResize>(std::move(arguments), plain_kernels(a.kernels()));
}

std::shared_ptr<Kernel> make_resize_bilinear(Arguments& a) {
  const Pair input = a.get<Pair>("input");
  ResizeArgs args{.images = a.get<size_t>("images"),
                  .channels = a.get<size_t>("channels"),
                  .rows = resize_axis(input[0], a.get<AxisTuple>("rows")),
                  .columns = resize_axis(input[1], a.get<AxisTuple>("columns")),
                  .is_unsigned = a.get<bool>("is_unsigned"),
                  .kind = a.get<ResizeKind>("kind"),
                  .is_int16 = a.get<bool>("is_int16", false)};
  for (const size_t size : {args.images, input[0], input[1], args.channels})
    require(size < kDimensionLimit, "dimension too large");
  return std::make_shared<ResizeBilinear>(std::move(args), a.kernels());
}

}  // namespace

void bind_windows(py::module_& m) {
  def_kernel(m, "conv_2d", &make_conv_2d);
  def_kernel(m, "conv_2d_int16", &make_conv_2d_int16);
  def_kernel(m, "depthwise_conv_2d_int16", &make_depthwise_conv_2d_int16);
  def_kernel(m, "transpose_conv_2d_int16", &make_transpose_conv_2d_int16);
  def_kernel(m, "depthwise_conv_2d", &make_depthwise_conv_2d);
  def_kernel(m, "hybrid_conv_2d", &make_hybrid_conv_2d);
  def_kernel(m, "hybrid_depthwise_conv_2d", &make_hybrid_depthwise_conv_2d);
  def_kernel(m, "transpose_conv_2d", &make_transpose_conv_2d);
  def_kernel(m, "hybrid_transpose_conv_2d", &make_hybrid_transpose_conv_2d);
  def_kernel(m, "pool_2d", &make_pool_2d);
  def_kernel(m, "plain_pool", &make_plain_pool);
  def_kernel(m, "plain_resize", &make_plain_resize);
  def_kernel(m, "resize_bilinear", &make_resize_bilinear);
}

}  // namespace intlite
