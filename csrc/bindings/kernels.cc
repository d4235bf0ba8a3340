// kernels.cc: makes kernels from checked arguments, and runs one on numpy arrays.
#include <array>
#include <optional>
#include <stdexcept>

#include "../kernels/batch_matmul.h"
#include "../kernels/conv.h"
#include "../kernels/depthwise_conv.h"
#include "../kernels/fully_connected.h"
#include "../kernels/quantize.h"
#include "../kernels/transpose_conv.h"
#include "../runtime/program.h"
#include "../simd/standard_floats.h"
#include "gil.h"

namespace intlite {
namespace {

template <class T>
using Array = py::array_t<T, py::array::c_style>;

template <class T>
bool is_dtype(const py::dtype& dtype) {
  return dtype.normalized_num() == py::dtype::num_of<T>() && dtype.byteorder() != '>';
}

void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(what);
}

// rows * cols as the size of a tensor, or an error: sizes come from model files.
size_t checked_product(size_t a, size_t b) {
  require(b == 0 || a <= (size_t{1} << 48) / b, "tensor too large");
  return a * b;
}

// An Epilogue's arguments, owned: what Python's `Epilogue` holds.
struct EpilogueSpec {
  std::vector<int32_t> bias;
  std::vector<ChannelScale> scales;
  Rounding rounding;
  size_t gemmlowp_channel;
  OutputStage output;

  // Of the channels from `first` on.
  EpilogueArgs args(size_t first = 0) const {
    return {bias.empty() ? nullptr : bias.data() + first, scales.data() + first, rounding,
            gemmlowp_channel > first ? gemmlowp_channel - first : 0, output};
  }
};

// A factor in the forms that the roundings need.
ChannelScale channel_scale(double factor) {
  require_finite(factor);
  const QuantizedMultiplier q = quantize_multiplier(factor);
  require(q.multiplier >= 0 && q.shift <= 1100, "scale out of range");
  return {q.multiplier, static_cast<int32_t>(q.shift), static_cast<float>(factor), factor};
}

EpilogueSpec make_epilogue_spec(size_t channels, const std::optional<Array<int32_t>>& bias,
                                const Array<double>& scale, Rounding rounding,
                                std::optional<size_t> gemmlowp_channel, int32_t zero_point,
                                int32_t min, int32_t max, bool flip) {
  const auto entries = static_cast<size_t>(scale.size());
  require(entries == 1 || entries == channels, "scale must have one entry, or one a channel");
  require(!bias || static_cast<size_t>(bias->size()) == channels,
          "bias must have one entry a channel");
  require(min <= max && min >= -128 && max <= (min < 0 ? 127 : 255), "bad activation range");
  require(zero_point >= -128 && zero_point <= 255, "zero point out of range");
  EpilogueSpec spec{.bias = {},
                    .scales = {},
                    .rounding = rounding,
                    .gemmlowp_channel = gemmlowp_channel.value_or(channels),
                    .output = {zero_point, min, max, static_cast<uint8_t>(flip ? 0x80 : 0)}};
  if (bias) spec.bias.assign(bias->data(), bias->data() + channels);
  spec.scales.reserve(channels);
  for (size_t c = 0; c < entries; ++c) spec.scales.push_back(channel_scale(scale.data()[c]));
  if (entries == 1) spec.scales.assign(channels, spec.scales.front());
  return spec;
}

// The weights' bytes, if they are int8 or uint8 of this rank and these channels.
const uint8_t* check_weights(const py::array& weights, py::ssize_t rank, size_t channels,
                             py::ssize_t channel_axis) {
  require(is_dtype<uint8_t>(weights.dtype()) || is_dtype<int8_t>(weights.dtype()),
          "weights must be int8 or uint8");
  require(weights.ndim() == rank && (weights.flags() & py::array::c_style) != 0,
          "weights must be C-contiguous and of the operator's rank");
  require(static_cast<size_t>(weights.shape(channel_axis)) == channels,
          "weights and epilogue differ in channels");
  return static_cast<const uint8_t*>(weights.data());
}

std::shared_ptr<Kernel> make_fully_connected(size_t rows, const py::array& weights,
                                             int32_t weights_zero_point, bool input_unsigned,
                                             int32_t input_zero_point, const EpilogueSpec& epilogue,
                                             const std::string& isa) {
  const size_t columns = epilogue.scales.size();
  const uint8_t* data = check_weights(weights, 2, columns, 0);
  const size_t depth = static_cast<size_t>(weights.shape(1));
  checked_product(rows, checked_product(depth, columns == 0 ? 1 : columns));
  checked_product(rows, columns);  // not implied above where depth is 0
  const PackArgs args{.depth = depth,
                      .columns = columns,
                      .weights = data,
                      .weights_unsigned = is_dtype<uint8_t>(weights.dtype()),
                      .weights_zero_point = weights_zero_point,
                      .input_unsigned = input_unsigned,
                      .input_zero_point = input_zero_point,
                      .epilogue = epilogue.args()};
  return std::make_shared<FullyConnected>(rows, args, kernels_for(isa));
}

std::shared_ptr<Kernel> make_batch_matmul(size_t rows, size_t depth, size_t columns,
                                          size_t left_matrices, size_t right_matrices,
                                          bool left_adjoint, bool right_adjoint,
                                          const std::optional<Array<int8_t>>& right,
                                          bool left_unsigned, int32_t left_zero_point,
                                          int32_t right_zero_point, const Array<int64_t>& products,
                                          const EpilogueSpec& epilogue, const std::string& isa) {
  require(epilogue.scales.size() == columns, "epilogue and columns differ");
  require(products.ndim() == 2 && products.shape(1) == 3, "products must be of 3 columns");
  checked_product(left_matrices, checked_product(rows, depth));
  checked_product(right_matrices, checked_product(depth, columns));
  BatchMatMulArgs args{};
  size_t matrices = 0;
  for (py::ssize_t i = 0; i < products.shape(0); ++i) {
    const int64_t* row = products.data(i, 0);
    require(row[0] >= 0 && row[1] >= 0 && row[2] >= 0, "bad product");
    const BatchMatMulArgs::Product product{static_cast<size_t>(row[0]), static_cast<size_t>(row[1]),
                                           static_cast<size_t>(row[2])};
    require(product.left < left_matrices && product.matrices <= left_matrices - product.left &&
                product.right < right_matrices,
            "product out of range");
    matrices = matrices + product.matrices;
    args.products.push_back(product);
  }
  checked_product(matrices, checked_product(rows, columns));
  if (right) {
    require(static_cast<size_t>(right->size()) == right_matrices * depth * columns,
            "right side of the wrong size");
    args.right = reinterpret_cast<const uint8_t*>(right->data());
  }
  args.rows = rows;
  args.depth = depth;
  args.columns = columns;
  args.left_matrices = left_matrices;
  args.right_matrices = right_matrices;
  args.left_adjoint = left_adjoint;
  args.right_adjoint = right_adjoint;
  args.left_unsigned = left_unsigned;
  args.left_zero_point = left_zero_point;
  args.right_zero_point = right_zero_point;
  args.epilogue = epilogue.args();
  return std::make_shared<BatchMatMul>(args, kernels_for(isa));
}

using Pair = std::array<size_t, 2>;  // height, width

// Of a convolution, if sizes are such as kernels take.
WindowGeometry window_geometry(size_t images, const Pair& input, size_t input_channels,
                               const Pair& output, size_t output_channels, const Pair& filter,
                               const Pair& stride, const Pair& dilation, const Pair& padding) {
  for (size_t i = 0; i < 2; ++i) {
    require(filter[i] >= 1 && stride[i] >= 1 && dilation[i] >= 1,
            "filter, stride and dilation must be at least 1");
    for (const size_t size : {input[i], output[i], filter[i], stride[i], dilation[i], padding[i]})
      require(size < (size_t{1} << 31), "dimension too large");
  }
  return {.images = images,
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

void check_images(const WindowGeometry& g) {
  checked_product(g.images, checked_product(g.output_pixels(), g.output_channels));
  checked_product(g.images, checked_product(g.input_pixels(), g.input_channels));
}

std::shared_ptr<Kernel> make_conv_2d(size_t images, const Pair& input, size_t input_channels,
                                     const Pair& output, const Pair& stride, const Pair& dilation,
                                     const Pair& padding, const py::array& weights,
                                     int32_t weights_zero_point, bool input_unsigned,
                                     int32_t input_zero_point, const EpilogueSpec& epilogue,
                                     const std::string& isa) {
  const size_t channels = epilogue.scales.size();
  const uint8_t* data = check_weights(weights, 4, channels, 0);
  const Pair filter{static_cast<size_t>(weights.shape(1)), static_cast<size_t>(weights.shape(2))};
  const size_t group_channels = static_cast<size_t>(weights.shape(3));
  const WindowGeometry geometry = window_geometry(images, input, input_channels, output, channels,
                                                  filter, stride, dilation, padding);
  require(group_channels > 0 && input_channels % group_channels == 0,
          "input channels are not a whole number of groups");
  const size_t groups = input_channels / group_channels;
  require(groups > 0 && channels % groups == 0, "output channels are not a whole number of groups");
  check_images(geometry);
  const size_t depth = checked_product(filter[0] * filter[1], group_channels);
  const size_t columns = channels / groups;
  std::vector<PackArgs> args;
  for (size_t g = 0; g < groups; ++g)
    args.push_back({.depth = depth,
                    .columns = columns,
                    .weights = data + g * columns * depth,
                    .weights_unsigned = is_dtype<uint8_t>(weights.dtype()),
                    .weights_zero_point = weights_zero_point,
                    .input_unsigned = input_unsigned,
                    .input_zero_point = input_zero_point,
                    .epilogue = epilogue.args(g * columns)});
  return std::make_shared<Conv2D>(geometry, args, kernels_for(isa));
}

std::shared_ptr<Kernel> make_depthwise_conv_2d(
    size_t images, const Pair& input, size_t input_channels, const Pair& output, const Pair& stride,
    const Pair& dilation, const Pair& padding, const py::array& weights, int32_t weights_zero_point,
    bool input_unsigned, int32_t input_zero_point, const EpilogueSpec& epilogue,
    const std::string& isa) {
  const size_t channels = epilogue.scales.size();
  const uint8_t* data = check_weights(weights, 4, channels, 3);
  const Pair filter{static_cast<size_t>(weights.shape(1)), static_cast<size_t>(weights.shape(2))};
  const WindowGeometry geometry = window_geometry(images, input, input_channels, output, channels,
                                                  filter, stride, dilation, padding);
  require(input_channels > 0 && channels % input_channels == 0,
          "output channels are not a multiple of the input's");
  check_images(geometry);
  const PackArgs args{.depth = filter[0] * filter[1],
                      .columns = channels,
                      .weights = data,
                      .weights_unsigned = is_dtype<uint8_t>(weights.dtype()),
                      .weights_zero_point = weights_zero_point,
                      .input_unsigned = input_unsigned,
                      .input_zero_point = input_zero_point,
                      .epilogue = epilogue.args()};
  return std::make_shared<DepthwiseConv2D>(geometry, args, kernels_for(isa));
}

std::shared_ptr<Kernel> make_transpose_conv_2d(
    size_t images, const Pair& input, size_t input_channels, const Pair& output, const Pair& stride,
    const Pair& padding, const py::array& weights, int32_t weights_zero_point, bool input_unsigned,
    int32_t input_zero_point, const EpilogueSpec& epilogue, const std::string& isa) {
  const size_t channels = epilogue.scales.size();
  const uint8_t* data = check_weights(weights, 4, channels, 0);
  const Pair filter{static_cast<size_t>(weights.shape(1)), static_cast<size_t>(weights.shape(2))};
  const WindowGeometry geometry = window_geometry(images, input, input_channels, output, channels,
                                                  filter, stride, {1, 1}, padding);
  require(static_cast<size_t>(weights.shape(3)) == input_channels && input_channels > 0,
          "weights and input differ in channels");
  check_images(geometry);
  const PackArgs args{.depth = checked_product(filter[0] * filter[1], input_channels),
                      .columns = channels,
                      .weights = data,
                      .weights_unsigned = is_dtype<uint8_t>(weights.dtype()),
                      .weights_zero_point = weights_zero_point,
                      .input_unsigned = input_unsigned,
                      .input_zero_point = input_zero_point,
                      .epilogue = epilogue.args()};
  return std::make_shared<TransposeConv2D>(geometry, args, kernels_for(isa));
}

StoredType stored_type(const py::dtype& dtype) {
  if (is_dtype<int8_t>(dtype)) return StoredType::kInt8;
  if (is_dtype<uint8_t>(dtype)) return StoredType::kUint8;
  if (is_dtype<int16_t>(dtype)) return StoredType::kInt16;
  throw std::invalid_argument("stored type must be int8, uint8 or int16");
}

IntegerType integer_type(const py::dtype& dtype) {
  if (is_dtype<int32_t>(dtype)) return IntegerType::kInt32;
  return static_cast<IntegerType>(stored_type(dtype));
}

std::shared_ptr<Kernel> make_quantize(size_t size, float scale, int32_t zero_point,
                                      const py::dtype& dtype, RealRounding rounding,
                                      const std::string& isa) {
  checked_product(size, sizeof(float));
  QuantizeArgs args{};
  args.size = size;
  args.scale = scale;
  args.zero_point = zero_point;
  args.type = stored_type(dtype);
  args.rounding = rounding;
  return std::make_shared<Quantize>(args, kernels_for(isa));
}

std::shared_ptr<Kernel> make_dequantize(size_t size, float scale, int32_t zero_point,
                                        const py::dtype& dtype, bool blocks,
                                        const std::string& isa) {
  checked_product(size, sizeof(float));
  DequantizeArgs args{};
  args.size = size;
  args.scale = scale;
  args.zero_point = zero_point;
  args.type = stored_type(dtype);
  args.blocks = blocks;
  return std::make_shared<Dequantize>(args, kernels_for(isa));
}

std::shared_ptr<Kernel> make_requantize(size_t size, const py::dtype& input_dtype,
                                        const py::dtype& output_dtype, int32_t input_zero_point,
                                        int32_t output_zero_point, int32_t multiplier, int shift,
                                        IntegerRounding rounding, const std::string& isa) {
  checked_product(size, sizeof(int32_t));
  require(shift >= -31, "shift out of range");
  return std::make_shared<Requantize>(
      RequantizeArgs{size, integer_type(input_dtype), integer_type(output_dtype), input_zero_point,
                     output_zero_point, multiplier, shift, rounding},
      kernels_for(isa));
}

// Runs a kernel on arrays whose bytes must be exactly what it wants.
void run_kernel(const Kernel& kernel, const std::vector<py::array>& inputs,
                std::vector<py::array>& outputs, size_t samples) {
  require(inputs.size() == kernel.input_bytes().size() &&
              outputs.size() == kernel.output_bytes().size(),
          "wrong number of arrays");
  std::vector<const uint8_t*> in;
  std::vector<uint8_t*> out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    require((inputs[i].flags() & kUsable) == kUsable &&
                static_cast<size_t>(inputs[i].nbytes()) ==
                    checked_product(kernel.input_bytes()[i], samples),
            "input array of the wrong size or layout");
    in.push_back(static_cast<const uint8_t*>(inputs[i].data()));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    require((outputs[i].flags() & kUsable) == kUsable &&
                static_cast<size_t>(outputs[i].nbytes()) ==
                    checked_product(kernel.output_bytes()[i], samples),
            "output array of the wrong size or layout");
    out.push_back(static_cast<uint8_t*>(outputs[i].mutable_data()));
  }
  if (kernel.is_idle()) return;
  const AlignedArray<uint8_t> scratch = make_aligned<uint8_t>(kernel.scratch_bytes());
  without_gil([&](Watch& watch) {
    const StandardFloats floats;
    run_watched(kernel, in.data(), out.data(), samples, scratch.get(), &watch, true);
  });
  raise_pending();
}

}  // namespace

void bind_kernels(py::module_& m) {
  py::class_<Kernel, std::shared_ptr<Kernel>>(m, "Kernel", "One prepared operator.")
      .def("run", &run_kernel, py::arg("inputs"), py::arg("outputs"), py::arg("samples") = 1)
      .def_property_readonly("input_bytes", &Kernel::input_bytes)
      .def_property_readonly("output_bytes", &Kernel::output_bytes)
      .def_property_readonly("scratch_bytes", &Kernel::scratch_bytes)
      .def_property_readonly("rows", &Kernel::rows);
  m.def(
      "packed_bytes",
      [](size_t depth, size_t columns) {
        checked_product(depth + kPanelColumns * kGroupBytes, columns + kPanelColumns);
        const PackPlan plan{.depth = depth,
                            .columns = columns,
                            .row_stride = 1,
                            .column_stride = depth,
                            .weights_flip = 0,
                            .weights_zero_point = 0,
                            .input_zero_point = 0,
                            .layout = kernels_for("").layout};
        // An epilogue's arrays, and what they are made of.
        constexpr size_t kChannel = 6 * sizeof(int32_t) + sizeof(double) + sizeof(ChannelScale);
        return plan.data_bytes() + padded_channels(columns) * kChannel;
      },
      py::arg("depth"), py::arg("columns"));

  py::class_<EpilogueSpec>(m, "Epilogue", "What follows accumulation, for each output channel.")
      .def(py::init(&make_epilogue_spec), py::kw_only(), py::arg("channels"), py::arg("bias"),
           py::arg("scale"), py::arg("rounding"), py::arg("gemmlowp_channel"),
           py::arg("zero_point"), py::arg("activation_min"), py::arg("activation_max"),
           py::arg("flip") = false);
  m.def("fully_connected", &make_fully_connected, py::kw_only(), py::arg("rows"),
        py::arg("weights"), py::arg("weights_zero_point"), py::arg("input_unsigned"),
        py::arg("input_zero_point"), py::arg("epilogue"), py::arg("isa") = "");
  m.def("batch_matmul", &make_batch_matmul, py::kw_only(), py::arg("rows"), py::arg("depth"),
        py::arg("columns"), py::arg("left_matrices"), py::arg("right_matrices"),
        py::arg("left_adjoint"), py::arg("right_adjoint"), py::arg("right").none(true),
        py::arg("left_unsigned"), py::arg("left_zero_point"), py::arg("right_zero_point"),
        py::arg("products"), py::arg("epilogue"), py::arg("isa") = "");
  const auto convolution = [&m](const char* name, auto make) {
    m.def(name, make, py::kw_only(), py::arg("images"), py::arg("input"), py::arg("input_channels"),
          py::arg("output"), py::arg("stride"), py::arg("dilation"), py::arg("padding"),
          py::arg("weights"), py::arg("weights_zero_point"), py::arg("input_unsigned"),
          py::arg("input_zero_point"), py::arg("epilogue"), py::arg("isa") = "");
  };
  convolution("conv_2d", &make_conv_2d);
  convolution("depthwise_conv_2d", &make_depthwise_conv_2d);
  m.def("transpose_conv_2d", &make_transpose_conv_2d, py::kw_only(), py::arg("images"),
        py::arg("input"), py::arg("input_channels"), py::arg("output"), py::arg("stride"),
        py::arg("padding"), py::arg("weights"), py::arg("weights_zero_point"),
        py::arg("input_unsigned"), py::arg("input_zero_point"), py::arg("epilogue"),
        py::arg("isa") = "");
  m.def("quantize", &make_quantize, py::kw_only(), py::arg("size"), py::arg("scale"),
        py::arg("zero_point"), py::arg("dtype"), py::arg("rounding"), py::arg("isa") = "");
  m.def("dequantize", &make_dequantize, py::kw_only(), py::arg("size"), py::arg("scale"),
        py::arg("zero_point"), py::arg("dtype"), py::arg("blocks"), py::arg("isa") = "");
  m.def("requantize", &make_requantize, py::kw_only(), py::arg("size"), py::arg("input_dtype"),
        py::arg("output_dtype"), py::arg("input_zero_point"), py::arg("output_zero_point"),
        py::arg("multiplier"), py::arg("shift"), py::arg("rounding"), py::arg("isa") = "");
  m.def(
      "copy",
      [](size_t size) -> std::shared_ptr<Kernel> {
        checked_product(size, 1);
        return std::make_shared<Copy>(size);
      },
      py::kw_only(), py::arg("size"));
}

}  // namespace intlite
