// products.cc: makes matrix products, and what follows them.
#include <optional>

#include "../kernels/batch_matmul.h"
#include "../kernels/fully_connected.h"
#include "../kernels/hybrid_matmul.h"
#include "epilogue_spec.h"

namespace intlite {

WeightsSpec take_weights(Arguments& a, py::ssize_t rank, size_t channels,
                         py::ssize_t channel_axis) {
  const auto weights = a.get<py::array>("weights");
  require(is_dtype<uint8_t>(weights.dtype()) || is_dtype<int8_t>(weights.dtype()),
          "weights must be int8 or uint8");
  require(weights.ndim() == rank && (weights.flags() & py::array::c_style) != 0,
          "weights must be C-contiguous and of the operator's rank");
  require(static_cast<size_t>(weights.shape(channel_axis)) == channels,
          "weights and epilogue differ in channels");
  return {.array = weights,
          .data = static_cast<const uint8_t*>(weights.data()),
          .is_unsigned = is_dtype<uint8_t>(weights.dtype()),
          .zero_point = a.get<int32_t>("weights_zero_point"),
          .input_unsigned = a.get<bool>("input_unsigned"),
          .input_zero_point = a.get<int32_t>("input_zero_point")};
}

HybridSpec take_hybrid(Arguments& a, py::ssize_t rank, py::ssize_t channel_axis) {
  HybridSpec spec{.weights = a.get<py::array>("weights"),
                  .bias = a.get<Array<float>>("bias"),
                  .scale = a.get<Array<float>>("scale"),
                  .stage = {.formula = a.get<RealFormula>("formula"),
                            .min = a.get<float>("activation_min"),
                            .max = a.get<float>("activation_max")},
                  .block_end = a.get<size_t>("block_end", 0),
                  .rounding = a.get<RowRounding>("rounding")};
  require(is_dtype<int8_t>(spec.weights.dtype()), "weights must be int8");
  require(spec.weights.ndim() == rank && (spec.weights.flags() & py::array::c_style) != 0,
          "weights must be C-contiguous and of the operator's rank");
  require(spec.shape(channel_axis) == spec.channels() && spec.bias.size() == spec.scale.size(),
          "weights, scale and bias differ in channels");
  return spec;
}

namespace {

OutputStage take_output(Arguments& a) {
  const OutputStage output{.zero_point = a.get<int32_t>("zero_point"),
                           .min = a.get<int32_t>("activation_min"),
                           .max = a.get<int32_t>("activation_max"),
                           .flip = static_cast<uint8_t>(a.get<bool>("flip", false) ? 0x80 : 0)};
  const int32_t min = output.min, max = output.max, zero_point = output.zero_point;
  require(min <= max && min >= -128 && max <= (min < 0 ? 127 : 255), "bad activation range");
  require(zero_point >= -128 && zero_point <= 255, "zero point out of range");
  return output;
}

// A factor in the forms that the roundings need.
ChannelScale channel_scale(double factor) {
  require_finite(factor);
  const QuantizedMultiplier q = quantize_multiplier(factor);
  require(q.multiplier >= 0 && q.shift <= 1100, "scale out of range");
  return {.multiplier = q.multiplier,
          .shift = static_cast<int32_t>(q.shift),
          .fp32 = static_cast<float>(factor),
          .fp64 = factor};
}

EpilogueSpec make_epilogue_spec(const py::kwargs& keywords) {
  Arguments a("Epilogue", keywords);
  const auto channels = a.get<size_t>("channels");
  const auto bias = a.get<std::optional<Array<int32_t>>>("bias");
  const auto scale = a.get<Array<double>>("scale");
  const auto entries = static_cast<size_t>(scale.size());
  require(entries == 1 || entries == channels, "scale must have one entry, or one a channel");
  require(!bias || static_cast<size_t>(bias->size()) == channels,
          "bias must have one entry a channel");
  EpilogueSpec spec{
      .bias = {},
      .scales = {},
      .rounding = a.get<Rounding>("rounding"),
      .gemmlowp_channel = a.get<std::optional<size_t>>("gemmlowp_channel").value_or(channels),
      .output = take_output(a)};
  a.finish();
  if (bias) spec.bias.assign(bias->data(), bias->data() + channels);
  spec.scales.reserve(channels);
  for (size_t c = 0; c < entries; ++c) spec.scales.push_back(channel_scale(scale.data()[c]));
  if (entries == 1) spec.scales.assign(channels, spec.scales.front());
  return spec;
}

std::shared_ptr<Kernel> make_fully_connected(Arguments& a) {
  const size_t rows = a.get<size_t>("rows");
  const auto& epilogue = a.get<const EpilogueSpec&>("epilogue");
  const size_t columns = epilogue.scales.size();
  const WeightsSpec weights = take_weights(a, 2, columns, 0);
  const size_t depth = weights.shape(1);
  checked_product(rows, checked_product(depth, columns == 0 ? 1 : columns));
  checked_product(rows, columns);  // not implied above where depth is 0
  return std::make_shared<FullyConnected>(rows, weights.args(depth, columns, epilogue.args()),
                                          a.kernels());
}

// Rows of (left, right, matrices).
std::vector<BatchMatMulArgs::Product> take_products(Arguments& a) {
  const auto rows = a.get<Array<int64_t>>("products");
  require(rows.ndim() == 2 && rows.shape(1) == 3, "products must be of 3 columns");
  std::vector<BatchMatMulArgs::Product> products;
  for (py::ssize_t i = 0; i < rows.shape(0); ++i) {
    const int64_t* row = rows.data(i, 0);
    require(row[0] >= 0 && row[1] >= 0 && row[2] >= 0, "bad product");
    products.push_back({.left = static_cast<size_t>(row[0]),
                        .right = static_cast<size_t>(row[1]),
                        .matrices = static_cast<size_t>(row[2])});
  }
  return products;
}

void check_products(const std::vector<BatchMatMulArgs::Product>& products, size_t rows,
                    size_t depth, size_t columns, size_t left_matrices, size_t right_matrices) {
  checked_product(left_matrices, checked_product(rows, depth));
  checked_product(right_matrices, checked_product(depth, columns));
  size_t matrices = 0;
  for (const BatchMatMulArgs::Product& product : products) {
    require(product.left < left_matrices && product.matrices <= left_matrices - product.left &&
                product.right < right_matrices,
            "product out of range");
    matrices += product.matrices;
  }
  checked_product(matrices, checked_product(rows, columns));
}

std::shared_ptr<Kernel> make_batch_matmul(Arguments& a) {
  const auto& epilogue = a.get<const EpilogueSpec&>("epilogue");
  const auto right = a.get<std::optional<Array<int8_t>>>("right");
  const BatchMatMulArgs args{
      .rows = a.get<size_t>("rows"),
      .depth = a.get<size_t>("depth"),
      .columns = a.get<size_t>("columns"),
      .left_matrices = a.get<size_t>("left_matrices"),
      .right_matrices = a.get<size_t>("right_matrices"),
      .left_adjoint = a.get<bool>("left_adjoint"),
      .right_adjoint = a.get<bool>("right_adjoint"),
      .left_unsigned = a.get<bool>("left_unsigned"),
      .left_zero_point = a.get<int32_t>("left_zero_point"),
      .right_zero_point = a.get<int32_t>("right_zero_point"),
      .right = right ? reinterpret_cast<const uint8_t*>(right->data()) : nullptr,
      .products = take_products(a),
      .epilogue = epilogue.args()};
  require(epilogue.scales.size() == args.columns, "epilogue and columns differ");
  check_products(args.products, args.rows, args.depth, args.columns, args.left_matrices,
                 args.right_matrices);
  require(!right ||
              static_cast<size_t>(right->size()) == args.right_matrices * args.depth * args.columns,
          "right side of the wrong size");
  return std::make_shared<BatchMatMul>(args, a.kernels());
}

std::shared_ptr<Kernel> make_hybrid_matmul(Arguments& a) {
  const HybridSpec spec = take_hybrid(a, 3, 1);
  const HybridMatMulArgs args{.rows = a.get<size_t>("rows"),
                              .depth = spec.shape(2),
                              .columns = spec.channels(),
                              .left_matrices = a.get<size_t>("left_matrices"),
                              .right_matrices = spec.shape(0),
                              .left_adjoint = a.get<bool>("left_adjoint"),
                              .weights = spec.data(),
                              .products = take_products(a),
                              .rounding = spec.rounding,
                              .epilogue = spec.epilogue()};
  check_products(args.products, args.rows, args.depth, args.columns, args.left_matrices,
                 args.right_matrices);
  return std::make_shared<HybridMatMul>(args, a.kernels());
}

size_t packed_bytes(size_t depth, size_t columns) {
  checked_product(depth + kPanelColumns * kGroupBytes, columns + kPanelColumns);
  const PackPlan plan{.depth = depth,
                      .columns = columns,
                      .row_stride = 1,
                      .column_stride = depth,
                      .weights_flip = 0,
                      .weights_zero_point = 0,
                      .input_zero_point = 0,
                      .layout = active_kernels().layout};
  // An epilogue's arrays, and what they are made of.
  constexpr size_t kChannel = 6 * sizeof(int32_t) + sizeof(double) + sizeof(ChannelScale);
  return plan.data_bytes() + padded_channels(columns) * kChannel;
}

}  // namespace

void bind_products(py::module_& m) {
  m.def("packed_bytes", &packed_bytes, py::arg("depth"), py::arg("columns"));
  py::class_<EpilogueSpec>(m, "Epilogue", "What follows accumulation, for each output channel.")
      .def(py::init(&make_epilogue_spec));
  def_kernel(m, "fully_connected", &make_fully_connected);
  def_kernel(m, "batch_matmul", &make_batch_matmul);
  def_kernel(m, "hybrid_matmul", &make_hybrid_matmul);
}

}  // namespace intlite
