// numerics.cc: the fixed-point primitives on numpy arrays.
#include "../numerics/fixed_point.h"

#include <algorithm>
#include <vector>

#include "../numerics/sums_of_products.h"
#include "../simd/standard_floats.h"
#include "bindings.h"

namespace intlite {

namespace {

template <class T>
using Numbers = py::array_t<T, py::array::c_style>;

// The least and the greatest number; NaN if one of them is.
template <class T>
std::pair<T, T> extremes(const Numbers<T>& numbers) {
  if (numbers.size() == 0) throw py::value_error("no numbers have no extremes");
  const T* number = numbers.data();
  T low = number[0], high = number[0];
  for (py::ssize_t i = 1; i < numbers.size(); ++i) {
    // Comparisons that NaN keeps true once it is there.
    if (!(low <= number[i])) low = low == low ? number[i] : low;
    if (!(high >= number[i])) high = high == high ? number[i] : high;
  }
  return {low, high};
}

using FloatFunction = float (*)(float);

FloatFunction libm_function(const std::string& name) {
  constexpr std::pair<const char*, FloatFunction> kFunctions[] = {
      {"exp", expf}, {"expm1", expm1f}, {"erfc", erfcf}, {"log", logf}, {"tanh", tanhf}};
  for (const auto& [known, function] : kFunctions)
    if (name == known) return function;
  throw py::value_error("no such function: " + name);
}

// [groups][rows][depth] by [groups][depth][columns], each sum from its start on; where products are
// fused, subnormal numbers are 0.
Numbers<float> sums_of_products(const Numbers<float>& x, const Numbers<float>& w,
                                const Numbers<float>& start, bool fused) {
  const StandardFloats standard;
  if (x.ndim() != 3 || w.ndim() != 3 || start.ndim() != 3 || x.shape(0) != w.shape(0) ||
      x.shape(0) != start.shape(0) || x.shape(1) != start.shape(1) || x.shape(2) != w.shape(1) ||
      w.shape(2) != start.shape(2))
    throw py::value_error("shapes do not multiply");
  const auto depth = static_cast<size_t>(x.shape(2)), columns = static_cast<size_t>(w.shape(2));
  const auto groups = static_cast<size_t>(x.shape(0)), rows = static_cast<size_t>(x.shape(1));
  const FloatSums sums = fused ? FloatSums::kFused : FloatSums::kRounded;
  Numbers<float> y({x.shape(0), x.shape(1), w.shape(2)});
  const float *row = x.data(), *from = start.data();
  float* to = y.mutable_data();
  const FlushedSubnormals flushed(fused);
  for (size_t g = 0; g < groups; ++g)
    for (size_t r = 0; r < rows; ++r, row += depth)
      for (size_t c = 0; c < columns; ++c)
        *to++ =
            sum_of_products(row, w.data() + g * depth * columns + c, columns, depth, *from++, sums);
  return y;
}

}  // namespace

void bind_numerics(py::module_& m) {
  m.def("saturating_rounding_doubling_high_mul",
        py::vectorize(saturating_rounding_doubling_high_mul), py::arg("a"), py::arg("b"));
  m.def("rounding_divide_by_pot", py::vectorize(rounding_divide_by_pot), py::arg("x"),
        py::arg("exponent"));
  m.def("rounding_shift_right_half_up", py::vectorize(rounding_shift_right_half_up), py::arg("x"),
        py::arg("exponent"));
  m.def("multiply_by_quantized_multiplier_gemmlowp",
        py::vectorize(multiply_by_quantized_multiplier_gemmlowp), py::arg("x"),
        py::arg("multiplier"), py::arg("shift"));
  m.def("multiply_by_quantized_multiplier_ruy", py::vectorize(multiply_by_quantized_multiplier_ruy),
        py::arg("x"), py::arg("multiplier"), py::arg("shift"));
  m.def("multiply_by_quantized_multiplier_single",
        py::vectorize(multiply_by_quantized_multiplier_single), py::arg("x"), py::arg("multiplier"),
        py::arg("shift"));
  m.def(
      "quantize_multiplier",
      [](double factor) {
        const QuantizedMultiplier q = quantize_multiplier(factor);
        return py::make_tuple(q.multiplier, q.shift);
      },
      py::arg("factor"));
  m.def(
      "quantize_multipliers",
      [](const py::array_t<double, py::array::c_style | py::array::forcecast>& factors) {
        py::array_t<int32_t> multipliers(factors.size()), shifts(factors.size());
        const double* factor = factors.data();
        int32_t* multiplier = multipliers.mutable_data();
        int32_t* shift = shifts.mutable_data();
        for (py::ssize_t i = 0; i < factors.size(); ++i) {
          require_finite(factor[i]);
          const QuantizedMultiplier q = quantize_multiplier(factor[i]);
          multiplier[i] = q.multiplier;
          shift[i] = static_cast<int32_t>(q.shift);
        }
        return py::make_tuple(multipliers, shifts);
      },
      py::arg("factors"));
  m.def("extremes", &extremes<float>, py::arg("numbers"));
  m.def("extremes", &extremes<int64_t>, py::arg("numbers"));
  m.def("extremes", &extremes<double>, py::arg("numbers"));
  m.def(
      "libm",
      [](const std::string& name, const Numbers<float>& x) {
        const StandardFloats standard;
        Numbers<float> y(std::vector<py::ssize_t>(x.shape(), x.shape() + x.ndim()));
        std::transform(x.data(), x.data() + x.size(), y.mutable_data(), libm_function(name));
        return y;
      },
      py::arg("name"), py::arg("x"));
  m.def("sums_of_products", &sums_of_products, py::arg("x"), py::arg("w"), py::arg("start"),
        py::arg("fused"));
}

}  // namespace intlite
