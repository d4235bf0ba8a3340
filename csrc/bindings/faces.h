// faces.h: the calls that a loop over single images makes, as plain CPython types.
//
// pybind11's argument casters cost more than a small model's arithmetic, so
// Model.__call__ and Interpreter.set_tensor, invoke and get_tensor start here.
// They take the common case: one C-contiguous array of just the right type and
// shape. Everything else, errors too, is passed to the Python method that handles
// it in full (Model._call, Interpreter._set_tensor, ...).
#pragma once

#include <new>

#include "../runtime/program.h"
#include "gil.h"

#define NPY_NO_DEPRECATED_API NPY_1_22_API_VERSION
#define NPY_TARGET_VERSION NPY_1_22_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL intlite_array_api
#if !defined(INTLITE_IMPORTS_NUMPY)
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

namespace intlite {

struct ArraySpec {
  int type = 0;
  std::vector<npy_intp> shape;

  // The right type and rank, in C order, aligned, native; the leading dimension is free.
  bool matches_rows(PyArrayObject* a) const {
    if (PyArray_TYPE(a) != type || PyArray_NDIM(a) != static_cast<int>(shape.size())) return false;
    if (!PyArray_ISCARRAY_RO(a)) return false;
    const npy_intp* dims = PyArray_DIMS(a);
    for (size_t i = 1; i < shape.size(); ++i)
      if (dims[i] != shape[i]) return false;
    return true;
  }
  bool matches(PyArrayObject* a) const {
    return matches_rows(a) && (shape.empty() || PyArray_DIM(a, 0) == shape[0]);
  }
};

inline ArraySpec make_spec(const py::dtype& dtype, const std::vector<npy_intp>& shape) {
  return {dtype.num(), shape};
}

inline bool is_array(PyObject* x) { return PyArray_CheckExact(x); }
inline PyArrayObject* as_array(PyObject* x) { return reinterpret_cast<PyArrayObject*>(x); }

// Runs with or without the GIL; false, with a Python error set, if that failed.
bool run_program(const Program& program, const uint8_t* const* inputs, uint8_t* const* outputs,
                 size_t samples, double work);

// Calls the method of this name, on arguments as vectorcall has them.
PyObject* call_method(PyObject* self, const char* name, PyObject* const* args, Py_ssize_t count,
                      PyObject* keywords);

// Turns what a C++ constructor or cast threw into a Python error.
template <class F>
PyObject* guarded(F f) {
  try {
    f();
    Py_RETURN_NONE;
  } catch (py::error_already_set& e) {
    e.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_ValueError, e.what());
  }
  return nullptr;
}

template <class Face>
PyObject* new_face(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  try {
    new (&reinterpret_cast<Face*>(self)->held) decltype(Face::held)();
  } catch (const std::bad_alloc&) {
    type->tp_free(self);
    return PyErr_NoMemory();
  }
  return self;
}

template <class Face>
void delete_face(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  std::destroy_at(&reinterpret_cast<Face*>(self)->held);
  type->tp_free(self);
  Py_DECREF(type);
}

template <class F>
PyCFunction as_cfunction(F f) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}

// Makes a type that lives as long as the process, and is the module's by this name.
PyTypeObject* add_type(py::module_& m, const char* name, PyType_Spec& spec);

extern PyType_Spec kModelSpec, kInterpreterSpec, kLoanSpec;
extern PyObject* loan_type;  // made when the module is loaded

}  // namespace intlite
