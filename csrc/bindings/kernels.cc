// kernels.cc: makes kernels from checked arguments, and runs one on numpy arrays.
#include <limits>
#include <stdexcept>

#include "../kernels/fully_connected.h"
#include "../kernels/quantize.h"
#include "../runtime/program.h"
#include "bindings.h"

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

std::shared_ptr<Kernel> make_fully_connected(
    size_t rows, const py::array& weights, int32_t weights_zero_point, bool input_unsigned,
    int32_t input_zero_point, const std::optional<Array<int32_t>>& bias, int rounding,
    const Array<int32_t>& multiplier, const Array<int32_t>& shift, const Array<float>& fp32,
    const Array<double>& fp64, int32_t zero_point, int32_t min, int32_t max, bool flip,
    const std::string& isa) {
  const bool weights_unsigned = is_dtype<uint8_t>(weights.dtype());
  require(weights_unsigned || is_dtype<int8_t>(weights.dtype()), "weights must be int8 or uint8");
  require(weights.ndim() == 2 && (weights.flags() & py::array::c_style) != 0,
          "weights must be a C-contiguous matrix");
  const size_t columns = static_cast<size_t>(weights.shape(0));
  const size_t depth = static_cast<size_t>(weights.shape(1));
  checked_product(rows, checked_product(depth, columns == 0 ? 1 : columns));
  checked_product(rows, columns);  // not implied above where depth is 0
  require(rounding >= 0 && rounding < kRoundingCount, "unknown rounding");
  for (const py::array* a :
       {static_cast<const py::array*>(&multiplier), static_cast<const py::array*>(&shift),
        static_cast<const py::array*>(&fp32), static_cast<const py::array*>(&fp64)})
    require(a->ndim() == 1 && static_cast<size_t>(a->shape(0)) == columns,
            "scales must have one entry a column");
  require(!bias || (bias->ndim() == 1 && static_cast<size_t>(bias->shape(0)) == columns),
          "bias must have one entry a column");
  require(min <= max && min >= -128 && max <= 255, "bad activation range");
  require(zero_point >= -128 && zero_point <= 255, "zero point out of range");
  std::vector<ChannelScale> scales(columns);
  for (size_t n = 0; n < columns; ++n) {
    scales[n] = {multiplier.data()[n], shift.data()[n], fp32.data()[n], fp64.data()[n]};
    require(scales[n].multiplier >= 0 && scales[n].shift >= -31 && scales[n].shift <= 1100,
            "multiplier or shift out of range");
  }
  const PackArgs args{depth,
                      columns,
                      static_cast<const uint8_t*>(weights.data()),
                      weights_unsigned,
                      weights_zero_point,
                      input_unsigned,
                      input_zero_point,
                      bias ? bias->data() : nullptr,
                      static_cast<Rounding>(rounding),
                      scales.data(),
                      {zero_point, min, max, static_cast<uint8_t>(flip ? 0x80 : 0)}};
  return std::make_shared<FullyConnected>(rows, args, kernels_for(isa));
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
                                      const py::dtype& dtype, int rounding,
                                      const std::string& isa) {
  checked_product(size, sizeof(float));
  require(rounding >= 0 && rounding <= static_cast<int>(RealRounding::kDivide), "unknown rounding");
  QuantizeArgs args{};
  args.size = size;
  args.scale = scale;
  args.zero_point = zero_point;
  args.type = stored_type(dtype);
  args.rounding = static_cast<RealRounding>(rounding);
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
                                        int rounding) {
  checked_product(size, sizeof(int32_t));
  require(rounding >= 0 && rounding <= static_cast<int>(IntegerRounding::kXnnpack),
          "unknown rounding");
  require(shift >= -31, "shift out of range");
  return std::make_shared<Requantize>(
      RequantizeArgs{size, integer_type(input_dtype), integer_type(output_dtype), input_zero_point,
                     output_zero_point, multiplier, shift, static_cast<IntegerRounding>(rounding)});
}

// Runs a kernel on arrays whose bytes must be exactly what it wants.
void run_kernel(const Kernel& kernel, const std::vector<py::array>& inputs,
                std::vector<py::array>& outputs, size_t samples) {
  require(inputs.size() == kernel.input_bytes().size() &&
              outputs.size() == kernel.output_bytes().size(),
          "wrong number of arrays");
  std::vector<const uint8_t*> in;
  std::vector<uint8_t*> out;
  constexpr int kUsable = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;
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
  const AlignedArray<uint8_t> scratch = make_aligned<uint8_t>(kernel.scratch_bytes());
  const py::gil_scoped_release no_gil;
  kernel.run(in.data(), out.data(), samples, scratch.get());
}

}  // namespace

void bind_kernels(py::module_& m) {
  py::class_<Kernel, std::shared_ptr<Kernel>>(m, "Kernel", "One prepared operator.")
      .def("run", &run_kernel, py::arg("inputs"), py::arg("outputs"), py::arg("samples") = 1)
      .def_property_readonly("input_bytes", &Kernel::input_bytes)
      .def_property_readonly("output_bytes", &Kernel::output_bytes);

  m.def("fully_connected", &make_fully_connected, py::kw_only(), py::arg("rows"),
        py::arg("weights"), py::arg("weights_zero_point"), py::arg("input_unsigned"),
        py::arg("input_zero_point"), py::arg("bias"), py::arg("rounding"), py::arg("multiplier"),
        py::arg("shift"), py::arg("fp32"), py::arg("fp64"), py::arg("zero_point"),
        py::arg("activation_min"), py::arg("activation_max"), py::arg("flip") = false,
        py::arg("isa") = "");
  m.def("quantize", &make_quantize, py::kw_only(), py::arg("size"), py::arg("scale"),
        py::arg("zero_point"), py::arg("dtype"), py::arg("rounding"), py::arg("isa") = "");
  m.def("dequantize", &make_dequantize, py::kw_only(), py::arg("size"), py::arg("scale"),
        py::arg("zero_point"), py::arg("dtype"), py::arg("blocks"), py::arg("isa") = "");
  m.def("requantize", &make_requantize, py::kw_only(), py::arg("size"), py::arg("input_dtype"),
        py::arg("output_dtype"), py::arg("input_zero_point"), py::arg("output_zero_point"),
        py::arg("multiplier"), py::arg("shift"), py::arg("rounding"));
  m.def(
      "copy",
      [](size_t size) -> std::shared_ptr<Kernel> {
        checked_product(size, 1);
        return std::make_shared<Copy>(size);
      },
      py::kw_only(), py::arg("size"));
}

}  // namespace intlite
