// products.cc: makes matrix products, and what follows them.
#include <optional>

#include "../kernels/batch_matmul.h"
#include "../kernels/batch_matmul_int16.h"
#include "../kernels/fully_connected.h"
#include "../kernels/fully_connected_int16.h"
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

const EpilogueSpec& take_epilogue(Arguments& a, bool is_int16) {
  const auto& epilogue = a.get<const EpilogueSpec&>("epilogue");
  require(epilogue.is_int16 == is_int16, "epilogue of another type");
  return epilogue;
}

Int8Weights take_int8_weights(Arguments& a, py::ssize_t rank, size_t channels,
                              py::ssize_t channel_axis) {
  const auto weights = a.get<py::array>("weights");
  require(is_dtype<int8_t>(weights.dtype()), "weights must be int8");
  require(weights.ndim() == rank && (weights.flags() & py::array::c_style) != 0,
          "weights must be C-contiguous and of the operator's rank");
  require(static_cast<size_t>(weights.shape(channel_axis)) == channels,
          "weights and epilogue differ in channels");
  return {weights};
}

namespace {

OutputStage take_output(Arguments& a, bool is_int16) {
  const OutputStage output{.zero_point = a.get<int32_t>("zero_point"),
                           .min = a.get<int32_t>("activation_min"),
                           .max = a.get<int32_t>("activation_max"),
                           .flip = static_cast<uint8_t>(a.get<bool>("flip", false) ? 0x80 : 0)};
  const int32_t min = output.min, max = output.max, zero_point = output.zero_point;
  if (is_int16) {
    require(min <= max && min >= INT16_MIN && max <= INT16_MAX, "bad activation range");
    require(zero_point == 0 && output.flip == 0, "int16 has a zero point of 0, and no flip");
    return output;
  }
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
  const bool is_int16 = a.get<bool>("is_int16", false), wide = a.get<bool>("wide", false);
  require(is_int16 || !wide, "sums of 64 bits are of int16");
  std::optional<Array<int32_t>> bias;
  std::optional<Array<int64_t>> wide_bias;
  if (wide)
    wide_bias = a.get<std::optional<Array<int64_t>>>("bias");
  else
    bias = a.get<std::optional<Array<int32_t>>>("bias");
  const auto scale = a.get<Array<double>>("scale");
  const auto entries = static_cast<size_t>(scale.size());
  require(entries == 1 || entries == channels, "scale must have one entry, or one a channel");
  require((!bias || static_cast<size_t>(bias->size()) == channels) &&
              (!wide_bias || static_cast<size_t>(wide_bias->size()) == channels),
          "bias must have one entry a channel");
  EpilogueSpec spec{
      .bias = {},
      .scales = {},
      .rounding = a.get<Rounding>("rounding"),
      .gemmlowp_channel = a.get<std::optional<size_t>>("gemmlowp_channel").value_or(channels),
      .output = take_output(a, is_int16),
      .is_int16 = is_int16,
      .wide = wide};
  a.finish();
  require(!is_int16 || spec.rounding != Rounding::kFp32, "int16 is not rounded by XNNPACK");
  if (wide_bias) spec.wide_bias.assign(wide_bias->data(), wide_bias->data() + channels);
  if (bias) spec.bias.assign(bias->data(), bias->data() + channels);
  spec.scales.reserve(channels);
  for (size_t c = 0; c < entries; ++c) spec.scales.push_back(channel_scale(scale.data()[c]));
  if (entries == 1) spec.scales.assign(channels, spec.scales.front());
  for (const ChannelScale& scale : spec.scales)
    require(!wide || scale.shift < 15, "scale out of range");
  return spec;
}

std::shared_ptr<Kernel> make_fully_connected(Arguments& a) {
  const size_t rows = a.get<size_t>("rows");
  const auto& epilogue = take_epilogue(a);
  const size_t columns = epilogue.scales.size();
  const WeightsSpec weights = take_weights(a, 2, columns, 0);
  const size_t depth = weights.shape(1);
  checked_product(rows, checked_product(depth, columns == 0 ? 1 : columns));
  checked_product(rows, columns);  // not implied above where depth is 0
  return std::make_shared<FullyConnected>(rows, weights.args(depth, columns, epilogue.args()),
                                          a.kernels());
}

std::shared_ptr<Kernel> make_fully_connected_int16(Arguments& a) {
  const size_t rows = a.get<size_t>("rows");
  const auto& epilogue = take_epilogue(a, true);
  const size_t columns = epilogue.scales.size();
  const Int8Weights weights = take_int8_weights(a, 2, columns, 0);
  const size_t depth = weights.shape(1);
  checked_product(rows, checked_product(depth, columns == 0 ? 1 : columns));
  checked_product(rows, columns);
  return std::make_shared<FullyConnectedInt16>(rows, weights.args(depth, columns, epilogue.args()),
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

// All but what types say, and the right side where it is constant, of so many bytes a value.
BatchMatMulArgs take_batch_matmul(Arguments& a, const EpilogueSpec& epilogue,
                                  const py::array* right, size_t value_bytes) {
  const BatchMatMulArgs args{
      .rows = a.get<size_t>("rows"),
      .depth = a.get<size_t>("depth"),
      .columns = a.get<size_t>("columns"),
      .left_matrices = a.get<size_t>("left_matrices"),
      .right_matrices = a.get<size_t>("right_matrices"),
      .left_adjoint = a.get<bool>("left_adjoint"),
      .right_adjoint = a.get<bool>("right_adjoint"),
      .left_unsigned = false,
      .left_zero_point = 0,
      .right_zero_point = 0,
      .right = right == nullptr ? nullptr : static_cast<const uint8_t*>(right->data()),
      .products = take_products(a),
      .epilogue = epilogue.args()};
  require(epilogue.scales.size() == args.columns, "epilogue and columns differ");
  check_products(args.products, args.rows, args.depth, args.columns, args.left_matrices,
                 args.right_matrices);
  require(right == nullptr || static_cast<size_t>(right->nbytes()) ==
                                  args.right_matrices * args.depth * args.columns * value_bytes,
          "right side of the wrong size");
  return args;
}

std::shared_ptr<Kernel> make_batch_matmul(Arguments& a) {
  const auto& epilogue = take_epilogue(a);
  const auto right = a.get<std::optional<Array<int8_t>>>("right");
  BatchMatMulArgs args = take_batch_matmul(a, epilogue, right ? &*right : nullptr, 1);
  args.left_unsigned = a.get<bool>("left_unsigned");
  args.left_zero_point = a.get<int32_t>("left_zero_point");
  args.right_zero_point = a.get<int32_t>("right_zero_point");
  return std::make_shared<BatchMatMul>(args, a.kernels());
}

std::shared_ptr<Kernel> make_batch_matmul_int16(Arguments& a) {
  const auto& epilogue = take_epilogue(a, true);
  require(epilogue.wide && epilogue.wide_bias.empty(), "sums have 64 bits, and no bias");
  const auto right = a.get<std::optional<py::array>>("right");
  const bool words = a.get<bool>("right_is_int16");
  require(
      !right || ((right->flags() & kUsable) == kUsable &&
                 (words ? is_dtype<int16_t>(right->dtype()) : is_dtype<int8_t>(right->dtype()))),
      "right side of another type or layout");
  return std::make_shared<BatchMatMulInt16>(
      take_batch_matmul(a, epilogue, right ? &*right : nullptr, words ? 2 : 1), words, a.kernels());
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
  def_kernel(m, "fully_connected_int16", &make_fully_connected_int16);
  def_kernel(m, "batch_matmul", &make_batch_matmul);
  def_kernel(m, "hybrid_matmul", &make_hybrid_matmul);
  def_kernel(m, "batch_matmul_int16", &make_batch_matmul_int16);
}

}  // namespace intlite
