// callback.cc: a kernel that calls Python, for operators that numpy computes.
#include "../kernels/kernel.h"
#include "arguments.h"
#include "gil.h"

namespace intlite {
namespace {

// `function(samples, inputs, outputs)` gets views of the tensors' bytes, the outputs
// writable. An exception stays pending in the thread, whose later callbacks then do
// nothing, until whoever started the run looks (PyErr_Occurred) and raises it. So a
// program with such a step must run on the caller's own thread.
class Callback final : public Kernel {
 public:
  Callback(std::vector<size_t> input_bytes, std::vector<size_t> output_bytes, py::function function)
      : Kernel(std::move(input_bytes), std::move(output_bytes)), function_(std::move(function)) {}
  ~Callback() override {
    const py::gil_scoped_acquire gil;
    function_ = py::function();
  }

  // What Python computes may raise an error.
  bool is_idle() const override { return false; }
  bool on_caller() const override { return true; }

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t*) const noexcept override {
    held_at_exit([&] {
      const PyGILState_STATE gil = PyGILState_Ensure();
      if (PyErr_Occurred() == nullptr) call(inputs, outputs, samples);
      PyGILState_Release(gil);
    });
  }

 private:
  // In plain C: Python may end the thread in here, whose stack then has nothing to clean up.
  void call(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples) const {
    PyObject* arguments = PyTuple_New(3);
    if (arguments == nullptr) return;
    PyTuple_SET_ITEM(arguments, 0, PyLong_FromSize_t(samples));
    PyTuple_SET_ITEM(arguments, 1, views(input_bytes(), inputs, samples, PyBUF_READ));
    PyTuple_SET_ITEM(arguments, 2, views(output_bytes(), outputs, samples, PyBUF_WRITE));
    PyObject* result = nullptr;
    if (PyErr_Occurred() == nullptr) result = PyObject_Call(function_.ptr(), arguments, nullptr);
    Py_XDECREF(result);
    Py_DECREF(arguments);
  }

  template <class Pointer>
  static PyObject* views(const std::vector<size_t>& bytes, Pointer tensors, size_t samples,
                         int flags) {
    PyObject* list = PyList_New(static_cast<Py_ssize_t>(bytes.size()));
    for (size_t i = 0; list != nullptr && i < bytes.size(); ++i) {
      char* memory = const_cast<char*>(reinterpret_cast<const char*>(tensors[i]));
      const Py_ssize_t size = static_cast<Py_ssize_t>(bytes[i] * samples);
      PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i),
                      PyMemoryView_FromMemory(memory, size, flags));
    }
    return list;
  }

  py::function function_;
};

}  // namespace

void bind_callback(py::module_& m) {
  def_kernel(m, "callback", [](Arguments& a) -> std::shared_ptr<Kernel> {
    return std::make_shared<Callback>(a.get<std::vector<size_t>>("input_bytes"),
                                      a.get<std::vector<size_t>>("output_bytes"),
                                      a.get<py::function>("function"));
  });
}

}  // namespace intlite
