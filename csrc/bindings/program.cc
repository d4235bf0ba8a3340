// program.cc: assembles a Program from the steps that were planned.
#include "../kernels/chain.h"
#include "../runtime/program.h"

#include <limits>
#include <stdexcept>

#include "arguments.h"
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

std::shared_ptr<Program> make_program(const py::kwargs& keywords) {
  Arguments a("Program", keywords);
  ProgramPlan plan{.steps = {},
                   .input_bytes = a.get<std::vector<size_t>>("input_bytes"),
                   .output_bytes = a.get<std::vector<size_t>>("output_bytes"),
                   .constants = {},
                   .arena_bytes = a.get<size_t>("arena_bytes"),
                   .tile_samples = a.get<size_t>("tile_samples"),
                   .threads = a.get<size_t>("threads"),
                   .pool = a.get<std::shared_ptr<ThreadPool>>("pool", nullptr)};
  for (auto& [kernel, inputs, outputs] : a.get<std::vector<StepTuple>>("steps")) {
    require(kernel != nullptr, "Program: a step has no kernel");
    plan.steps.push_back(
        {.kernel = kernel, .inputs = tensor_refs(inputs), .outputs = tensor_refs(outputs)});
  }
  for (const py::bytes& constant : a.get<std::vector<py::bytes>>("constants")) {
    const std::string_view bytes = constant;
    plan.constants.emplace_back(bytes.begin(), bytes.end());
  }
  a.finish();
  return std::make_shared<Program>(std::move(plan));
}

using Link = std::pair<std::shared_ptr<Kernel>, std::vector<bool>>;

std::shared_ptr<Kernel> make_chain(Arguments& a) {
  const auto head = a.get<std::shared_ptr<Kernel>>("head");
  require(head != nullptr, "Chain: a kernel is missing");
  std::vector<ChainLink> links;
  for (const auto& [kernel, from_before] : a.get<std::vector<Link>>("links")) {
    require(kernel != nullptr, "Chain: a kernel is missing");
    links.push_back({.kernel = kernel, .from_before = from_before});
  }
  return std::make_shared<Chain>(head, std::move(links));
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
  def_kernel(m, "chain", &make_chain);
  py::class_<ThreadPool, std::shared_ptr<ThreadPool>>(
      m, "ThreadPool", "Threads for programs that run one after the other, started when needed.")
      .def(py::init([](size_t threads) {
             require(threads > 0, "ThreadPool: no threads");
             return std::make_shared<ThreadPool>(threads);
           }),
           py::arg("threads"));
  py::class_<Program, std::shared_ptr<Program>>(m, "Program",
                                                "A model's steps for one set of shapes.")
      .def(py::init(&make_program))
      .def("run", &run_program, py::arg("inputs"), py::arg("outputs"), py::arg("samples"))
      .def_property_readonly("arena_bytes", &Program::arena_bytes)
      .def_property_readonly("tile_samples", &Program::tile_samples)
      .def_property_readonly("steps", &Program::steps);
}

}  // namespace intlite
