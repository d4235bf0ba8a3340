// model_face.cc: Model.__call__ on arrays, one for each input.
#include <atomic>

#include "faces.h"

namespace intlite {
namespace {

// Models with more inputs or outputs go through Python.
constexpr size_t kMostEnds = 16, kMostDimensions = 32;

struct ModelState {
  std::shared_ptr<const Program> program;
  std::vector<ArraySpec> inputs, outputs;  // at the model's own shapes
  double work_per_sample;
  npy_intp max_samples;  // whose results may be made: _call refuses more
};

// Set once, so that whoever holds the model may use it.
struct ModelHeld {
  std::atomic<const ModelState*> state{nullptr};
  ~ModelHeld() { delete state.load(); }
};

struct ModelFace {
  PyObject_HEAD ModelHeld held;
};

// How many samples the arguments are, and where; -1 if they need more than that.
npy_intp read_arguments(const ModelState& state, PyObject* args, const uint8_t** in) {
  npy_intp samples = -1;
  for (size_t i = 0; i < state.inputs.size(); ++i) {
    PyObject* arg = PyTuple_GET_ITEM(args, static_cast<Py_ssize_t>(i));
    if (!is_array(arg) || !state.inputs[i].matches_rows(as_array(arg))) return -1;
    const npy_intp rows = PyArray_DIM(as_array(arg), 0), unit = state.inputs[i].shape[0];
    const npy_intp count = unit == 1 ? rows : rows / unit;
    if (count * unit != rows || (i != 0 && count != samples)) return -1;
    samples = count;
    in[i] = reinterpret_cast<const uint8_t*>(PyArray_BYTES(as_array(arg)));
  }
  return samples <= state.max_samples ? samples : -1;
}

PyObject* new_output(const ArraySpec& spec, npy_intp samples) {
  npy_intp dims[kMostDimensions];
  std::copy(spec.shape.begin(), spec.shape.end(), dims);
  dims[0] *= samples;
  return PyArray_SimpleNew(static_cast<int>(spec.shape.size()), dims, spec.type);
}

// The output, or a tuple of several.
PyObject* run_samples(const ModelState& state, const uint8_t* const* in, npy_intp samples) {
  PyObject* arrays[kMostEnds];
  uint8_t* out[kMostEnds];
  const size_t count = state.outputs.size();
  size_t made = 0;
  for (; made < count; ++made) {
    arrays[made] = new_output(state.outputs[made], samples);
    if (arrays[made] == nullptr) break;
    out[made] = reinterpret_cast<uint8_t*>(PyArray_BYTES(as_array(arrays[made])));
  }
  // Arguments, outputs and the model are referenced for as long as this runs.
  if (made == count && run_program(*state.program, in, out, static_cast<size_t>(samples),
                                   state.work_per_sample * static_cast<double>(samples))) {
    if (count == 1) return arrays[0];
    if (PyObject* results = PyTuple_New(static_cast<Py_ssize_t>(count))) {
      for (size_t i = 0; i < count; ++i)
        PyTuple_SET_ITEM(results, static_cast<Py_ssize_t>(i), arrays[i]);
      return results;
    }
  }
  while (made != 0) Py_DECREF(arrays[--made]);
  return nullptr;
}

PyObject* model_call(PyObject* self, PyObject* args, PyObject* keywords) {
  const ModelState* state =
      reinterpret_cast<ModelFace*>(self)->held.state.load(std::memory_order_acquire);
  if (state != nullptr && keywords == nullptr &&
      PyTuple_GET_SIZE(args) == static_cast<Py_ssize_t>(state->inputs.size())) {
    const uint8_t* in[kMostEnds];
    const npy_intp samples = read_arguments(*state, args, in);
    if (samples >= 0) return run_samples(*state, in, samples);
  }
  PyObject* method = PyObject_GetAttrString(self, "_call");
  if (method == nullptr) return nullptr;
  PyObject* result = PyObject_Call(method, args, keywords);
  Py_DECREF(method);
  return result;
}

using Ends = std::vector<std::tuple<py::dtype, std::vector<npy_intp>>>;

std::vector<ArraySpec> make_specs(const Ends& ends, const std::vector<size_t>& bytes) {
  if (ends.size() != bytes.size() || ends.empty() || ends.size() > kMostEnds)
    throw std::invalid_argument("too many inputs or outputs, or none");
  std::vector<ArraySpec> specs;
  for (size_t i = 0; i < ends.size(); ++i) {
    const auto& [dtype, shape] = ends[i];
    size_t size = static_cast<size_t>(dtype.itemsize());
    for (const npy_intp d : shape) size *= static_cast<size_t>(d);
    if (shape.empty() || shape[0] < 1 || shape.size() > kMostDimensions)
      throw std::invalid_argument("each array needs a leading dimension");
    if (size != bytes[i]) throw std::invalid_argument("shape and program differ in size");
    specs.push_back(make_spec(dtype, shape));
  }
  return specs;
}

PyObject* model_bind(PyObject* self, PyObject* args) {
  return guarded([&] {
    const auto [program, inputs, outputs, work, max_samples] =
        py::cast<std::tuple<std::shared_ptr<Program>, Ends, Ends, double, npy_intp>>(
            py::handle(args));
    std::vector<size_t> in(program->inputs()), out(program->outputs());
    for (size_t i = 0; i < in.size(); ++i) in[i] = program->input_bytes(i);
    for (size_t i = 0; i < out.size(); ++i) out[i] = program->output_bytes(i);
    auto made = std::make_unique<const ModelState>(
        ModelState{program, make_specs(inputs, in), make_specs(outputs, out), work, max_samples});
    const ModelState* none = nullptr;
    if (!reinterpret_cast<ModelFace*>(self)->held.state.compare_exchange_strong(none, made.get()))
      throw std::invalid_argument("a model is bound once");
    (void)made.release();
  });
}

PyMethodDef kModelMethods[] = {
    {"_bind", model_bind, METH_VARARGS,
     "Set the program of the fast path, once: (program, a dtype and shape for each input, for\n"
     "each output, work a sample, most samples)."},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot kModelSlots[] = {{Py_tp_doc, const_cast<char*>("The native part of Model.")},
                             {Py_tp_new, reinterpret_cast<void*>(new_face<ModelFace>)},
                             {Py_tp_dealloc, reinterpret_cast<void*>(delete_face<ModelFace>)},
                             {Py_tp_call, reinterpret_cast<void*>(model_call)},
                             {Py_tp_methods, kModelMethods},
                             {0, nullptr}};
}  // namespace

PyType_Spec kModelSpec = {"intlite._native.ModelFace", sizeof(ModelFace), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, kModelSlots};

}  // namespace intlite
