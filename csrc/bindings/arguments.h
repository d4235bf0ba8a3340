// arguments.h: what Python gives to make something of: each argument goes by its name, from the
// call into a field.
#pragma once

#include <array>
#include <stdexcept>

#include "../kernels/kernel.h"
#include "bindings.h"

namespace intlite {

// The keyword arguments of a call, each to be taken once. What is absent, of another type or not
// asked for is a TypeError that names it.
class Arguments {
 public:
  static constexpr size_t kMost = 32;

  // As vectorcall has them; at most kMost.
  Arguments(const char* function, PyObject* const* names, PyObject* const* values, size_t count);
  Arguments(const char* function, const py::kwargs& keywords);

  // References stay valid as long as the call's arguments.
  template <class T>
  T get(const char* name) {
    return cast<T>(name, find(name));
  }
  template <class T>
  T get(const char* name, T otherwise) {
    PyObject* value = find(name);
    return value == nullptr ? otherwise : cast<T>(name, value);
  }

  // The kernels that "isa" names, or the active ones.
  const KernelTable& kernels() { return kernels_for(get<std::string>("isa", "")); }

  // To be called when all have been taken.
  void finish() const;

 private:
  PyObject* find(const char* name);
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail(const char* what, const char* name) const;

  template <class T>
  T cast(const char* name, PyObject* value) const {
    if (value == nullptr) fail("missing", name);
    py::detail::make_caster<T> caster;
    if (!caster.load(value, true)) fail("incompatible", name);
    return py::detail::cast_op<T>(std::move(caster));
  }

  const char* function_;
  std::array<PyObject*, kMost> names_, values_;
  size_t count_ = 0;
  size_t next_ = 0;     // callers mostly have the order of those who ask
  uint32_t taken_ = 0;  // a bit each
};

// What Python knows as `name(**arguments)`.
using KernelMaker = std::shared_ptr<Kernel> (*)(Arguments&);
void def_kernel(py::module_& m, const char* name, KernelMaker make);

// Throws std::invalid_argument.
inline void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(what);
}

template <class T>
using Array = py::array_t<T, py::array::c_style>;

template <class T>
bool is_dtype(const py::dtype& dtype) {
  return dtype.normalized_num() == py::dtype::num_of<T>() && dtype.byteorder() != '>';
}

// a * b as the size of a tensor, or an error: sizes come from model files.
inline size_t checked_product(size_t a, size_t b) {
  require(b == 0 || a <= (size_t{1} << 48) / b, "tensor too large");
  return a * b;
}

// Most that dimensions of windows, rows and images are below.
constexpr size_t kDimensionLimit = size_t{1} << 31;

}  // namespace intlite
