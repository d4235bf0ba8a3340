// float_products.cc: makes matrix products and convolutions on float32.
#include <optional>

#include "../kernels/plain/batch_matmul.h"
#include "../kernels/plain/conv.h"
#include "../kernels/plain/depthwise_conv.h"
#include "../kernels/plain/transpose_conv.h"
#include "window_arguments.h"

namespace intlite {
namespace {

using Floats = std::optional<Array<float>>;

FloatSums take_sums(Arguments& a) {
  return a.get<bool>("fused") ? FloatSums::kFused : FloatSums::kRounded;
}

FloatClamp take_clamp(Arguments& a) {
  const auto [low, high] = a.get<std::array<float, 2>>("activation");
  require(low <= high, "bad activation range");
  return {.low = low, .high = high};
}

// Of an array that is given and has so many values; else null.
const float* values_of(const Floats& array, size_t size, const char* what) {
  if (!array) return nullptr;
  require(static_cast<size_t>(array->size()) == size, what);
  return array->data();
}

WindowGeometry take_geometry(Arguments& a, const Pair& dilation) {
  const WindowGeometry g =
      take_geometry(a, a.get<Pair>("filter"), dilation, a.get<size_t>("input_channels"),
                    a.get<size_t>("output_channels"));
  check_steps(g);
  check_images(g);
  return g;
}

std::shared_ptr<Kernel> make_float_conv_2d(Arguments& a) {
  const auto weights = a.get<Floats>("weights"), bias = a.get<Floats>("bias");
  FloatConvArgs args{.geometry = take_geometry(a, a.get<Pair>("dilation")),
                     .group_channels = a.get<size_t>("group_channels"),
                     .weights = nullptr,
                     .bias = nullptr,
                     .has_bias = a.get<bool>("has_bias"),
                     .sums = take_sums(a),
                     .clamp = take_clamp(a)};
  const WindowGeometry& g = args.geometry;
  require(g.input_channels == 0
              ? args.group_channels == 0
              : args.group_channels > 0 && g.input_channels % args.group_channels == 0,
          "input channels are not a whole number of groups");
  require(g.output_channels % args.groups() == 0,
          "output channels are not a whole number of groups");
  const size_t depth = checked_product(g.filter_height * g.filter_width, args.group_channels);
  const size_t size = checked_product(depth, g.output_channels);
  checked_product(depth, g.output_channels + args.groups() * kPanelColumns);
  args.weights = values_of(weights, size, "weights of the wrong size");
  args.bias = values_of(bias, g.output_channels, "bias must have one entry a channel");
  require(args.has_bias || !bias, "a bias that is not to be had");
  return std::make_shared<FloatConv2D>(args, a.kernels());
}

std::shared_ptr<Kernel> make_float_depthwise_conv_2d(Arguments& a) {
  const auto weights = a.get<Floats>("weights"), bias = a.get<Floats>("bias");
  FloatDepthwiseConvArgs args{.geometry = take_geometry(a, a.get<Pair>("dilation")),
                              .columns_first = a.get<bool>("columns_first"),
                              .weights = nullptr,
                              .bias = nullptr,
                              .has_bias = a.get<bool>("has_bias"),
                              .sums = take_sums(a),
                              .from_bias = a.get<bool>("from_bias"),
                              .clamp = take_clamp(a)};
  const WindowGeometry& g = args.geometry;
  require(g.input_channels > 0 && g.output_channels % g.input_channels == 0,
          "output channels are not a multiple of the input's");
  checked_product(g.input_pixels(), g.output_channels);
  const size_t size = checked_product(g.filter_height * g.filter_width, g.output_channels);
  args.weights = values_of(weights, size, "weights of the wrong size");
  args.bias = values_of(bias, g.output_channels, "bias must have one entry a channel");
  require(args.has_bias || !bias, "a bias that is not to be had");
  return std::make_shared<FloatDepthwiseConv2D>(args, a.kernels());
}

std::shared_ptr<Kernel> make_float_transpose_conv_2d(Arguments& a) {
  const auto weights = a.get<Floats>("weights"), bias = a.get<Floats>("bias");
  FloatTransposeConvArgs args{.geometry = take_geometry(a, {1, 1}),
                              .taps_descend = a.get<bool>("taps_descend"),
                              .weights = nullptr,
                              .bias = nullptr,
                              .has_bias = a.get<bool>("has_bias"),
                              .sums = take_sums(a),
                              .clamp = take_clamp(a)};
  const WindowGeometry& g = args.geometry;
  require(g.input_channels > 0, "no input channels");
  const size_t depth = checked_product(g.filter_height * g.filter_width, g.input_channels);
  const size_t size = checked_product(depth, g.output_channels);
  checked_product(depth, g.output_channels + kPanelColumns);
  args.weights = values_of(weights, size, "weights of the wrong size");
  args.bias = values_of(bias, g.output_channels, "bias must have one entry a channel");
  require(args.has_bias || !bias, "a bias that is not to be had");
  return std::make_shared<FloatTransposeConv2D>(args, a.kernels());
}

// Rows of (left, right).
std::vector<FloatBatchMatMulArgs::Product> take_products(Arguments& a) {
  const auto rows = a.get<Array<int64_t>>("products");
  require(rows.ndim() == 2 && rows.shape(1) == 2, "products must be of 2 columns");
  std::vector<FloatBatchMatMulArgs::Product> products;
  for (py::ssize_t i = 0; i < rows.shape(0); ++i) {
    const int64_t* row = rows.data(i, 0);
    require(row[0] >= 0 && row[1] >= 0, "bad product");
    products.push_back({static_cast<size_t>(row[0]), static_cast<size_t>(row[1])});
  }
  return products;
}

std::shared_ptr<Kernel> make_float_batch_matmul(Arguments& a) {
  const auto right = a.get<Floats>("right");
  FloatBatchMatMulArgs args{.rows = a.get<size_t>("rows"),
                            .depth = a.get<size_t>("depth"),
                            .columns = a.get<size_t>("columns"),
                            .left_matrices = a.get<size_t>("left_matrices"),
                            .right_matrices = a.get<size_t>("right_matrices"),
                            .left_adjoint = a.get<bool>("left_adjoint"),
                            .right_adjoint = a.get<bool>("right_adjoint"),
                            .right = nullptr,
                            .products = take_products(a),
                            .sums = take_sums(a)};
  checked_product(args.left_matrices, checked_product(args.rows, args.depth));
  checked_product(args.products.size(), checked_product(args.rows, args.columns));
  const size_t size =
      checked_product(args.right_matrices, checked_product(args.depth, args.columns));
  checked_product(checked_product(args.right_matrices, args.depth), args.columns + kPanelColumns);
  for (const FloatBatchMatMulArgs::Product& product : args.products)
    require(product.left < args.left_matrices && product.right < args.right_matrices,
            "product out of range");
  args.right = values_of(right, size, "right side of the wrong size");
  return std::make_shared<FloatBatchMatMul>(args, a.kernels());
}

}  // namespace

void bind_float_products(py::module_& m) {
  def_kernel(m, "float_conv_2d", &make_float_conv_2d);
  def_kernel(m, "float_depthwise_conv_2d", &make_float_depthwise_conv_2d);
  def_kernel(m, "float_transpose_conv_2d", &make_float_transpose_conv_2d);
  def_kernel(m, "float_batch_matmul", &make_float_batch_matmul);
}

}  // namespace intlite
