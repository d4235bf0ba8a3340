// kernels.cc: a kernel for Python, and one run of it on numpy arrays.
#include "../runtime/program.h"
#include "../simd/standard_floats.h"
#include "arguments.h"
#include "gil.h"

namespace intlite {
namespace {

// Runs a kernel on arrays whose bytes must be exactly what it wants.
void run_kernel(const Kernel& kernel, const std::vector<py::array>& inputs,
                std::vector<py::array>& outputs, size_t samples) {
  require(inputs.size() == kernel.input_bytes().size() &&
              outputs.size() == kernel.output_bytes().size(),
          "wrong number of arrays");
  std::vector<const uint8_t*> in;
  std::vector<uint8_t*> out;
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
  if (kernel.is_idle()) return;
  const AlignedArray<uint8_t> scratch = make_aligned<uint8_t>(kernel.scratch_bytes());
  without_gil([&](Watch& watch) {
    const StandardFloats floats;
    if (const char* refusal = kernel.refusal(in.data(), samples)) throw ValuesRefused(refusal);
    run_watched(kernel, in.data(), out.data(), samples, scratch.get(), &watch, true);
  });
  raise_pending();
}

}  // namespace

void bind_kernels(py::module_& m) {
  py::class_<Kernel, std::shared_ptr<Kernel>>(m, "Kernel", "One prepared operator.")
      .def("run", &run_kernel, py::arg("inputs"), py::arg("outputs"), py::arg("samples") = 1)
      .def_property_readonly("input_bytes", &Kernel::input_bytes)
      .def_property_readonly("output_bytes", &Kernel::output_bytes)
      .def_property_readonly("scratch_bytes", &Kernel::scratch_bytes)
      .def_property_readonly("rows", &Kernel::rows);
}

}  // namespace intlite
