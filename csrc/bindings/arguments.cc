// arguments.cc: keyword arguments by their names, and functions that take nothing else.
#include "arguments.h"

#include <new>

namespace intlite {

Arguments::Arguments(const char* function, PyObject* const* names, PyObject* const* values,
                     size_t count)
    : function_(function), count_(count) {
  if (count > kMost) fail("too many arguments");
  std::copy_n(names, count, names_.begin());
  std::copy_n(values, count, values_.begin());
}

Arguments::Arguments(const char* function, const py::kwargs& keywords) : function_(function) {
  if (keywords.size() > kMost) fail("too many arguments");
  Py_ssize_t position = 0;
  while (PyDict_Next(keywords.ptr(), &position, &names_[count_], &values_[count_])) {
    if (++count_ == keywords.size()) break;
  }
}

PyObject* Arguments::find(const char* name) {
  for (size_t i = 0; i < count_; ++i) {
    const size_t at = next_ + i < count_ ? next_ + i : next_ + i - count_;
    if (PyUnicode_CompareWithASCIIString(names_[at], name) != 0) continue;
    next_ = at + 1;
    taken_ |= uint32_t{1} << at;
    return values_[at];
  }
  return nullptr;
}

void Arguments::fail(const std::string& what) const {
  throw py::type_error(std::string(function_) + "(): " + what);
}

void Arguments::fail(const char* what, const char* name) const {
  fail(std::string(what) + " argument '" + name + "'");
}

void Arguments::finish() const {
  for (size_t i = 0; i < count_; ++i)
    if ((taken_ >> i & 1) == 0)
      fail("unexpected", py::handle(names_[i]).cast<std::string>().c_str());
}

namespace {

// A function of the module, which lives as long as the process.
struct BoundMaker {
  PyMethodDef method;
  KernelMaker make;
};

PyObject* call_maker(PyObject* self, PyObject* const* values, Py_ssize_t positional,
                     PyObject* names) {
  const auto* bound = static_cast<BoundMaker*>(PyCapsule_GetPointer(self, nullptr));
  if (positional != 0) {
    PyErr_Format(PyExc_TypeError, "%s(): takes keyword arguments only", bound->method.ml_name);
    return nullptr;
  }
  try {
    const size_t count = names == nullptr ? 0 : static_cast<size_t>(PyTuple_GET_SIZE(names));
    PyObject* const* first =
        names == nullptr ? nullptr : reinterpret_cast<PyTupleObject*>(names)->ob_item;
    Arguments arguments(bound->method.ml_name, first, values, count);
    const std::shared_ptr<Kernel> kernel = bound->make(arguments);
    arguments.finish();
    return py::cast(kernel).release().ptr();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::invalid_argument& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

}  // namespace

void def_kernel(py::module_& m, const char* name, KernelMaker make) {
  auto* bound = new BoundMaker{
      {.ml_name = name,
       .ml_meth = reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(call_maker)),
       .ml_flags = METH_FASTCALL | METH_KEYWORDS,
       .ml_doc = nullptr},
      make};
  const auto self = py::reinterpret_steal<py::object>(PyCapsule_New(bound, nullptr, nullptr));
  const py::object module_name = m.attr("__name__");
  PyObject* function = PyCFunction_NewEx(&bound->method, self.ptr(), module_name.ptr());
  if (function == nullptr) throw py::error_already_set();
  m.attr(name) = py::reinterpret_steal<py::object>(function);
}

}  // namespace intlite
