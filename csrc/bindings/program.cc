// program.cc: assembles a Program from the steps that were planned.
#include "../kernels/chain.h"
#include "../runtime/program.h"

#include <limits>
#include <stdexcept>

#include "gil.h"

namespace intlite {
namespace {

using RefTuple = std::tuple<TensorRef::Place, size_t, size_t>;  // place, index, bytes a sample
using StepTuple = std::tuple<std::shared_ptr<Kernel>, std::vector<RefTuple>, std::vector<RefTuple>>;

std::vector<TensorRef> tensor_refs(const std::vector<RefTuple>& tuples) {
  std::vector<TensorRef> refs;
  for (const auto& [place, index, bytes] : tuples) {
    refs.push_back({.place = place, .index = index, .sample_bytes = bytes});
  }
  return refs;
}

std::shared_ptr<Program> make_program(const std::vector<StepTuple>& steps,
                                      std::vector<size_t> input_bytes,
                                      std::vector<size_t> output_bytes,
                                      const std::vector<py::bytes>& constants, size_t arena_bytes,
                                      size_t tile_samples, size_t threads) {
  ProgramPlan plan;
  for (const auto& [kernel, inputs, outputs] : steps) {
    if (kernel == nullptr) throw std::invalid_argument("Program: a step has no kernel");
    plan.steps.push_back({kernel, tensor_refs(inputs), tensor_refs(outputs)});
  }
  plan.input_bytes = std::move(input_bytes);
  plan.output_bytes = std::move(output_bytes);
  for (const py::bytes& constant : constants) {
    const std::string_view bytes = constant;
    plan.constants.emplace_back(bytes.begin(), bytes.end());
  }
  plan.arena_bytes = arena_bytes;
  plan.tile_samples = tile_samples;
  plan.threads = threads;
  return std::make_shared<Program>(std::move(plan));
}

std::shared_ptr<Kernel> make_chain(
    const std::shared_ptr<Kernel>& head,
    const std::vector<std::pair<std::shared_ptr<Kernel>, std::vector<bool>>>& links) {
  std::vector<ChainLink> all;
  for (const auto& [kernel, from_before] : links) all.push_back({kernel, from_before});
  const auto is_missing = [](const ChainLink& link) { return link.kernel == nullptr; };
  if (head == nullptr || std::any_of(all.begin(), all.end(), is_missing))
    throw std::invalid_argument("Chain: a kernel is missing");
  return std::make_shared<Chain>(head, std::move(all));
}

void check_array(const py::array& array, size_t bytes, size_t samples, const char* what) {
  if ((array.flags() & kUsable) != kUsable ||
      (samples != 0 && bytes > std::numeric_limits<size_t>::max() / samples) ||
      static_cast<size_t>(array.nbytes()) != bytes * samples)
    throw std::invalid_argument(std::string("Program: ") + what + " of the wrong size or layout");
}

void run_program(const Program& program, const std::vector<py::array>& inputs,
                 std::vector<py::array>& outputs, size_t samples) {
  if (inputs.size() != program.inputs() || outputs.size() != program.outputs())
    throw std::invalid_argument("Program: wrong number of arrays");
  std::vector<const uint8_t*> in;
  std::vector<uint8_t*> out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    check_array(inputs[i], program.input_bytes(i), samples, "input");
    in.push_back(static_cast<const uint8_t*>(inputs[i].data()));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    check_array(outputs[i], program.output_bytes(i), samples, "output");
    out.push_back(static_cast<uint8_t*>(outputs[i].mutable_data()));
  }
  without_gil([&](Watch& watch) { program.run(in.data(), out.data(), samples, &watch); });
  raise_pending();
}

}  // namespace

void bind_program(py::module_& m) {
  m.def("chain", &make_chain, py::kw_only(), py::arg("head"), py::arg("links"));
  py::class_<Program, std::shared_ptr<Program>>(m, "Program",
                                                "A model's steps for one set of shapes.")
      .def(py::init(&make_program), py::kw_only(), py::arg("steps"), py::arg("input_bytes"),
           py::arg("output_bytes"), py::arg("constants"), py::arg("arena_bytes"),
           py::arg("tile_samples"), py::arg("threads"))
      .def("run", &run_program, py::arg("inputs"), py::arg("outputs"), py::arg("samples"))
      .def_property_readonly("arena_bytes", &Program::arena_bytes)
      .def_property_readonly("tile_samples", &Program::tile_samples)
      .def_property_readonly("steps", &Program::steps);
}

}  // namespace intlite
