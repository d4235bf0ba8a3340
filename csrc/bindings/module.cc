// module.cc: the native module, and which instruction set it runs.
#include <stdexcept>

#include "../kernels/kernel.h"
#include "../simd/cpu.h"
#include "gil.h"

namespace intlite {

const KernelTable& active_kernels() {
  static const KernelTable& table = choose_kernels();
  return table;
}

const KernelTable& kernels_for(const std::string& isa) {
  if (isa.empty()) return active_kernels();
  const KernelTable* table = find_kernels(isa);
  if (table == nullptr) throw std::invalid_argument("no such instruction set: " + isa);
  if (!table->supported()) throw std::invalid_argument(isa + ": not supported by this processor");
  return *table;
}

void set_error(const char* type, const char* message) {
  PyObject* errors = PyImport_ImportModule("intlite.errors");
  PyObject* found = errors == nullptr ? nullptr : PyObject_GetAttrString(errors, type);
  if (found != nullptr) PyErr_SetString(found, message);
  Py_XDECREF(found);
  Py_XDECREF(errors);
}

PYBIND11_MODULE(_native, m, py::mod_gil_not_used()) {
  m.doc() = "Native kernels of intlite; use them through intlite.kernels and intlite.Model.";
  // Loading must fail here, with a message, if INTLITE_ISA asks for what is not there.
  active_kernels();
  m.def(
      "active_isa", [] { return std::string(active_kernels().name); },
      "The instruction set whose kernels run.");
  m.def(
      "supported_isas",
      [] {
        std::vector<std::string> names;
        for (const KernelTable* table : all_kernel_tables())
          if (table->supported()) names.emplace_back(table->name);
        return names;
      },
      "The instruction sets that this processor runs, best first, emulations last.");
  m.def(
      "all_isas",
      [] {
        std::vector<std::string> names;
        for (const KernelTable* table : all_kernel_tables()) names.emplace_back(table->name);
        return names;
      },
      "The instruction sets that kernels were built for.");
  m.def("has_avx512f", &cpu_has_avx512f, "Whether the processor has AVX-512, whatever runs.");
  m.def(
      "register_peak",
      [](const std::string& isa, uint64_t iterations) {
        const KernelTable& table = kernels_for(isa);
        uint64_t done = 0;
        without_gil([&](Watch&) { done = table.peak(iterations); });
        return done;
      },
      py::arg("isa"), py::arg("iterations"),
      "Multiplies on registers only, for a benchmark to time; returns how often.");
  m.def(
      "float_register_peak",
      [](const std::string& isa, uint64_t iterations) {
        const PlainKernels& table = plain_kernels(kernels_for(isa));
        uint64_t done = 0;
        without_gil([&](Watch&) { done = table.float_peak(iterations); });
        return done;
      },
      py::arg("isa"), py::arg("iterations"), "The same of fused multiply-adds of float32.");
  py::register_local_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const ValuesRefused& refused) {
      set_error("ShapeError", refused.what());
    }
  });
  bind_enums(m);
  bind_numerics(m);
  bind_kernels(m);
  bind_callback(m);
  bind_products(m);
  bind_windows(m);
  bind_float_products(m);
  bind_elementwise(m);
  bind_plain_elementwise(m);
  bind_plain_rows(m);
  bind_movement(m);
  bind_reductions(m);
  bind_rows(m);
  bind_plain(m);
  bind_places(m);
  bind_integers(m);
  bind_program(m);
  bind_faces(m);
  bind_schema(m);
}

}  // namespace intlite
