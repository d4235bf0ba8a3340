// bindings.h: what the binding files share. They check arguments and compute nothing.
#pragma once

#include <pybind11/native_enum.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cmath>
#include <string>

#include "../simd/dispatch.h"

namespace intlite {

namespace py = pybind11;

// The kernels that the module runs by default, chosen when it was loaded.
const KernelTable& active_kernels();

// The named kernels, or the active ones for "". Throws std::invalid_argument.
const KernelTable& kernels_for(const std::string& isa);

// Flags of arrays whose memory kernels read and write as it lies.
constexpr int kUsable = static_cast<int>(py::array::c_style) |
                        static_cast<int>(py::detail::npy_api::NPY_ARRAY_ALIGNED_);

// Sets the Python error of this type of intlite.errors.
void set_error(const char* type, const char* message);

// Throws the exception that a step computed by Python left behind, if one did.
inline void raise_pending() {
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
}

// A scale of which there is to be a multiplier.
inline void require_finite(double factor) {
  if (!std::isfinite(factor))
    throw py::value_error("factor must be finite, not " +
                          py::repr(py::float_(factor)).cast<std::string>());
}

void bind_enums(py::module_& m);  // before those whose arguments they are
void bind_numerics(py::module_& m);
void bind_kernels(py::module_& m);  // before those that make some
void bind_callback(py::module_& m);
void bind_products(py::module_& m);
void bind_windows(py::module_& m);
void bind_float_products(py::module_& m);
void bind_elementwise(py::module_& m);
void bind_plain_elementwise(py::module_& m);
void bind_plain_rows(py::module_& m);
void bind_movement(py::module_& m);
void bind_reductions(py::module_& m);
void bind_rows(py::module_& m);
void bind_plain(py::module_& m);
void bind_places(py::module_& m);
void bind_integers(py::module_& m);
void bind_program(py::module_& m);
void bind_faces(py::module_& m);
void bind_schema(py::module_& m);

}  // namespace intlite
