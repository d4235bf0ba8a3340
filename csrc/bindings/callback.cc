// callback.cc: a kernel that calls Python, for operators that numpy computes.
#include <stdexcept>

#include "../kernels/kernel.h"
#include "bindings.h"

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

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t*) const noexcept override {
    const py::gil_scoped_acquire gil;
    if (PyErr_Occurred() != nullptr) return;
    try {
      py::list in, out;
      for (size_t i = 0; i < input_bytes().size(); ++i)
        in.append(py::memoryview::from_memory(inputs[i], size(input_bytes()[i], samples)));
      for (size_t i = 0; i < output_bytes().size(); ++i)
        out.append(py::memoryview::from_memory(outputs[i], size(output_bytes()[i], samples)));
      function_(samples, in, out);
    } catch (py::error_already_set& error) {
      error.restore();
    } catch (const std::exception& error) {
      PyErr_SetString(PyExc_RuntimeError, error.what());
    }
  }

 private:
  static py::ssize_t size(size_t bytes, size_t samples) {
    return static_cast<py::ssize_t>(bytes * samples);
  }

  py::function function_;
};

}  // namespace

void bind_callback(py::module_& m) {
  m.def(
      "callback",
      [](std::vector<size_t> input_bytes, std::vector<size_t> output_bytes,
         py::function function) -> std::shared_ptr<Kernel> {
        return std::make_shared<Callback>(std::move(input_bytes), std::move(output_bytes),
                                          std::move(function));
      },
      py::kw_only(), py::arg("input_bytes"), py::arg("output_bytes"), py::arg("function"));
}

}  // namespace intlite
