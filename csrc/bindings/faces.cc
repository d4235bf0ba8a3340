// faces.cc: what the faces share, and their types.
#define INTLITE_IMPORTS_NUMPY
#include "faces.h"

namespace intlite {
namespace {

// Below this much work a call keeps the GIL: giving it up costs more than it brings.
constexpr double kWorkWorthReleasing = 2e6;

int import_numpy() {
  import_array1(-1);
  return 0;
}

}  // namespace

PyObject* loan_type = nullptr;

PyTypeObject* add_type(py::module_& m, const char* name, PyType_Spec& spec) {
  PyObject* type = PyType_FromSpec(&spec);
  if (type == nullptr) throw py::error_already_set();
  m.attr(name) = py::reinterpret_borrow<py::object>(type);
  return reinterpret_cast<PyTypeObject*>(type);
}

bool run_program(const Program& program, const uint8_t* const* inputs, uint8_t* const* outputs,
                 size_t samples, double work) {
  try {
    if (work > kWorkWorthReleasing)
      without_gil([&](Watch& watch) { program.run(inputs, outputs, samples, &watch); });
    else
      program.run(inputs, outputs, samples);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const ValuesRefused& error) {
    set_error("ShapeError", error.what());
  }
  // A step that Python computes, or a signal's handler, may have left an error behind.
  return PyErr_Occurred() == nullptr;
}

PyObject* call_method(PyObject* self, const char* name, PyObject* const* args, Py_ssize_t count,
                      PyObject* keywords) {
  PyObject* method = PyObject_GetAttrString(self, name);
  if (method == nullptr) return nullptr;
  PyObject* result = PyObject_Vectorcall(method, args, static_cast<size_t>(count), keywords);
  Py_DECREF(method);
  return result;
}

void bind_faces(py::module_& m) {
  if (import_numpy() != 0) throw py::error_already_set();
  add_type(m, "ModelFace", kModelSpec);
  add_type(m, "InterpreterFace", kInterpreterSpec);
  loan_type = reinterpret_cast<PyObject*>(add_type(m, "Loan", kLoanSpec));
}

}  // namespace intlite
