// model_face.cc: Model.__call__ on one array.
#include <atomic>

#include "faces.h"

namespace intlite {
namespace {

struct ModelState {
  std::shared_ptr<const Program> program;
  ArraySpec input, output;  // at the model's own shape
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

PyObject* model_call(PyObject* self, PyObject* args, PyObject* keywords) {
  const ModelState* state =
      reinterpret_cast<ModelFace*>(self)->held.state.load(std::memory_order_acquire);
  if (state != nullptr && keywords == nullptr && PyTuple_GET_SIZE(args) == 1 &&
      is_array(PyTuple_GET_ITEM(args, 0))) {
    PyArrayObject* x = as_array(PyTuple_GET_ITEM(args, 0));
    if (state->input.matches_rows(x)) {
      const npy_intp rows = PyArray_DIM(x, 0), unit = state->input.shape[0];
      const npy_intp samples = unit == 1 ? rows : rows / unit;
      if (samples * unit == rows && samples <= state->max_samples) {
        npy_intp dims[NPY_MAXDIMS];
        std::copy(state->output.shape.begin(), state->output.shape.end(), dims);
        dims[0] *= samples;
        PyObject* y = PyArray_SimpleNew(static_cast<int>(state->output.shape.size()), dims,
                                        state->output.type);
        if (y == nullptr) return nullptr;
        const uint8_t* in = reinterpret_cast<const uint8_t*>(PyArray_BYTES(x));
        uint8_t* out = reinterpret_cast<uint8_t*>(PyArray_BYTES(as_array(y)));
        // x, y and the model are referenced for as long as this runs.
        if (run_program(*state->program, &in, &out, static_cast<size_t>(samples),
                        state->work_per_sample * static_cast<double>(samples)))
          return y;
        Py_DECREF(y);
        return nullptr;
      }
    }
  }
  PyObject* method = PyObject_GetAttrString(self, "_call");
  if (method == nullptr) return nullptr;
  PyObject* result = PyObject_Call(method, args, keywords);
  Py_DECREF(method);
  return result;
}

PyObject* model_bind(PyObject* self, PyObject* args) {
  return guarded([&] {
    const auto [program, input_dtype, input_shape, output_dtype, output_shape, work, max_samples] =
        py::cast<std::tuple<std::shared_ptr<Program>, py::dtype, std::vector<npy_intp>, py::dtype,
                            std::vector<npy_intp>, double, npy_intp>>(py::handle(args));
    if (input_shape.empty() || input_shape[0] < 1 || output_shape.empty() ||
        input_shape.size() > 32 || output_shape.size() > 32 || program->inputs() != 1 ||
        program->outputs() != 1)
      throw std::invalid_argument("only one input and one output, each with a leading dimension");
    const auto check = [](const py::dtype& dtype, const std::vector<npy_intp>& shape,
                          size_t bytes) {
      size_t size = static_cast<size_t>(dtype.itemsize());
      for (const npy_intp d : shape) size *= static_cast<size_t>(d);
      if (size != bytes) throw std::invalid_argument("shape and program differ in size");
    };
    check(input_dtype, input_shape, program->input_bytes(0));
    check(output_dtype, output_shape, program->output_bytes(0));
    auto made = std::make_unique<const ModelState>(
        ModelState{program, make_spec(input_dtype, input_shape),
                   make_spec(output_dtype, output_shape), work, max_samples});
    const ModelState* none = nullptr;
    if (!reinterpret_cast<ModelFace*>(self)->held.state.compare_exchange_strong(none, made.get()))
      throw std::invalid_argument("a model is bound once");
    (void)made.release();
  });
}

PyMethodDef kModelMethods[] = {
    {"_bind", model_bind, METH_VARARGS,
     "Set the program of the fast path, once: (program, input dtype, input shape, output\n"
     "dtype, output shape, work a sample, most samples)."},
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
