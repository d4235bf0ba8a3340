// numerics.cc: the fixed-point primitives on numpy arrays.
#include "../numerics/fixed_point.h"

#include "bindings.h"

namespace intlite {

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
}

}  // namespace intlite
