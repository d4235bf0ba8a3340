// faces.cc: the calls that a loop over single images makes, as plain CPython types.
//
// pybind11's argument casters cost more than a small model's arithmetic, so
// Model.__call__ and Interpreter.set_tensor, invoke and get_tensor start here.
// They take the common case: one C-contiguous array of just the right type and
// shape. Everything else, errors too, is passed to the Python method that handles
// it in full (Model._call, Interpreter._set_tensor, ...).
#include <new>

#include "../runtime/program.h"
#include "bindings.h"

#define NPY_NO_DEPRECATED_API NPY_1_22_API_VERSION
#define NPY_TARGET_VERSION NPY_1_22_API_VERSION
#include <numpy/arrayobject.h>

namespace intlite {
namespace {

// Below this much work a call keeps the GIL: giving it up costs more than it brings.
constexpr double kWorkWorthReleasing = 2e6;

struct ArraySpec {
  int type = 0;
  std::vector<npy_intp> shape;

  // The right type and rank, in C order, aligned, native; the leading dimension is free.
  bool matches_rows(PyArrayObject* a) const {
    if (PyArray_TYPE(a) != type || PyArray_NDIM(a) != static_cast<int>(shape.size())) return false;
    if (!PyArray_ISCARRAY_RO(a)) return false;
    const npy_intp* dims = PyArray_DIMS(a);
    for (size_t i = 1; i < shape.size(); ++i)
      if (dims[i] != shape[i]) return false;
    return true;
  }
  bool matches(PyArrayObject* a) const {
    return matches_rows(a) && (shape.empty() || PyArray_DIM(a, 0) == shape[0]);
  }
};

ArraySpec make_spec(const py::dtype& dtype, const std::vector<npy_intp>& shape) {
  return {dtype.num(), shape};
}

bool is_array(PyObject* x) { return PyArray_CheckExact(x); }
PyArrayObject* as_array(PyObject* x) { return reinterpret_cast<PyArrayObject*>(x); }

// Runs with or without the GIL; false, with a Python error set, if that failed.
bool run_program(const Program& program, const uint8_t* const* inputs, uint8_t* const* outputs,
                 size_t samples, double work) {
  bool ok = true;
  const auto run = [&] {
    try {
      program.run(inputs, outputs, samples);
    } catch (const std::bad_alloc&) {
      ok = false;
    }
  };
  if (work > kWorkWorthReleasing) {
    Py_BEGIN_ALLOW_THREADS run();
    Py_END_ALLOW_THREADS
  } else {
    run();
  }
  if (!ok) PyErr_NoMemory();
  // A step that Python computes may have left an error behind.
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

// Turns what a C++ constructor or cast threw into a Python error.
template <class F>
PyObject* guarded(F f) {
  try {
    f();
    Py_RETURN_NONE;
  } catch (py::error_already_set& e) {
    e.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_ValueError, e.what());
  }
  return nullptr;
}

template <class Face>
PyObject* new_face(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self != nullptr) new (&reinterpret_cast<Face*>(self)->state) decltype(Face::state)();
  return self;
}

template <class Face>
void delete_face(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  std::destroy_at(&reinterpret_cast<Face*>(self)->state);
  type->tp_free(self);
  Py_DECREF(type);
}

// ---------------------------------------------------------------------- Model

struct ModelState {
  std::shared_ptr<const Program> program;
  ArraySpec input, output;  // at the model's own shape
  double work_per_sample;
};

struct ModelFace {
  PyObject_HEAD std::shared_ptr<const ModelState> state;
};

PyObject* model_call(PyObject* self, PyObject* args, PyObject* keywords) {
  const ModelState* state = reinterpret_cast<ModelFace*>(self)->state.get();
  if (state != nullptr && keywords == nullptr && PyTuple_GET_SIZE(args) == 1 &&
      is_array(PyTuple_GET_ITEM(args, 0))) {
    PyArrayObject* x = as_array(PyTuple_GET_ITEM(args, 0));
    if (state->input.matches_rows(x)) {
      const npy_intp rows = PyArray_DIM(x, 0), unit = state->input.shape[0];
      const npy_intp samples = unit == 1 ? rows : rows / unit;
      if (samples * unit == rows) {
        npy_intp dims[NPY_MAXDIMS];
        std::copy(state->output.shape.begin(), state->output.shape.end(), dims);
        dims[0] *= samples;
        PyObject* y = PyArray_SimpleNew(static_cast<int>(state->output.shape.size()), dims,
                                        state->output.type);
        if (y == nullptr) return nullptr;
        const uint8_t* in = reinterpret_cast<const uint8_t*>(PyArray_BYTES(x));
        uint8_t* out = reinterpret_cast<uint8_t*>(PyArray_BYTES(as_array(y)));
        // x, y and the state are referenced for as long as this runs.
        const std::shared_ptr<const ModelState> keep =
            samples > 1 ? reinterpret_cast<ModelFace*>(self)->state : nullptr;
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
    const auto [program, input_dtype, input_shape, output_dtype, output_shape, work] =
        py::cast<std::tuple<std::shared_ptr<Program>, py::dtype, std::vector<npy_intp>, py::dtype,
                            std::vector<npy_intp>, double>>(py::handle(args));
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
    reinterpret_cast<ModelFace*>(self)->state = std::make_shared<ModelState>(ModelState{
        program, make_spec(input_dtype, input_shape), make_spec(output_dtype, output_shape), work});
  });
}

PyMethodDef kModelMethods[] = {
    {"_bind", model_bind, METH_VARARGS,
     "Set the program of the fast path: (program, input dtype, input shape, output dtype,\n"
     "output shape, work a sample)."},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot kModelSlots[] = {{Py_tp_doc, const_cast<char*>("The native part of Model.")},
                             {Py_tp_new, reinterpret_cast<void*>(new_face<ModelFace>)},
                             {Py_tp_dealloc, reinterpret_cast<void*>(delete_face<ModelFace>)},
                             {Py_tp_call, reinterpret_cast<void*>(model_call)},
                             {Py_tp_methods, kModelMethods},
                             {0, nullptr}};
PyType_Spec kModelSpec = {"intlite._native.ModelFace", sizeof(ModelFace), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, kModelSlots};

// ---------------------------------------------------------------- Interpreter

// A tensor that lives in the interpreter: an array that it alone refers to,
// unless a view of it is alive.
struct Slot {
  py::object array;
  ArraySpec spec;
  bool is_input;

  PyArrayObject* get() const { return as_array(array.ptr()); }
};

struct InterpreterState {
  std::shared_ptr<const Program> program;
  std::vector<Slot> slots;
  std::vector<int> slot_of_tensor;  // -1: not held
  std::vector<const uint8_t*> inputs;
  std::vector<uint8_t*> outputs;
  size_t samples;
  double work;
  size_t carried = 0;          // so many of the last inputs are the last outputs of the run before
  bool inputs_changed = true;  // since the last invoke

  Slot* find(PyObject* index) {
    if (!PyLong_CheckExact(index)) return nullptr;
    const long i = PyLong_AsLong(index);
    if (i == -1 && PyErr_Occurred()) PyErr_Clear();
    if (i < 0 || static_cast<size_t>(i) >= slot_of_tensor.size()) return nullptr;
    const int slot = slot_of_tensor[static_cast<size_t>(i)];
    return slot < 0 ? nullptr : &slots[static_cast<size_t>(slot)];
  }
  // The last run's outputs become the inputs that they are values of.
  void carry() {
    for (size_t i = 0; i < carried; ++i) {
      const size_t from = outputs.size() - carried + i, to = inputs.size() - carried + i;
      std::memcpy(const_cast<uint8_t*>(inputs[to]), outputs[from],
                  samples * program->input_bytes(to));
    }
  }
  bool views_alive() const {
    for (const Slot& slot : slots)
      if (Py_REFCNT(slot.array.ptr()) > 1) return true;
    return false;
  }
};

struct InterpreterFace {
  PyObject_HEAD std::shared_ptr<InterpreterState> state;
};

std::shared_ptr<InterpreterState>& state_of(PyObject* self) {
  return reinterpret_cast<InterpreterFace*>(self)->state;
}

PyObject* interpreter_set_tensor(PyObject* self, PyObject* const* args, Py_ssize_t count,
                                 PyObject* keywords) {
  InterpreterState* state = state_of(self).get();
  if (state != nullptr && keywords == nullptr && count == 2 && is_array(args[1])) {
    const Slot* slot = state->find(args[0]);
    if (slot != nullptr && slot->is_input && slot->spec.matches(as_array(args[1]))) {
      std::memmove(PyArray_DATA(slot->get()), PyArray_DATA(as_array(args[1])),
                   static_cast<size_t>(PyArray_NBYTES(slot->get())));
      state->inputs_changed = true;
      Py_RETURN_NONE;
    }
  }
  return call_method(self, "_set_tensor", args, count, keywords);
}

PyObject* interpreter_get_tensor(PyObject* self, PyObject* const* args, Py_ssize_t count,
                                 PyObject* keywords) {
  InterpreterState* state = state_of(self).get();
  if (state != nullptr && keywords == nullptr && count == 1) {
    const Slot* slot = state->find(args[0]);
    if (slot != nullptr) {
      PyArrayObject* from = slot->get();
      PyObject* to = PyArray_SimpleNew(PyArray_NDIM(from), PyArray_DIMS(from), slot->spec.type);
      if (to == nullptr) return nullptr;
      std::memcpy(PyArray_DATA(as_array(to)), PyArray_DATA(from),
                  static_cast<size_t>(PyArray_NBYTES(from)));
      return PyArray_Return(as_array(to));  // a scalar where LiteRT gives one
    }
  }
  return call_method(self, "_get_tensor", args, count, keywords);
}

PyObject* interpreter_invoke(PyObject* self, PyObject*) {
  // Kept alive here: another thread may allocate anew while this one runs.
  const std::shared_ptr<InterpreterState> state = state_of(self);
  if (state == nullptr || state->views_alive()) {
    PyObject* const none[1] = {nullptr};
    return call_method(self, "_invoke", none, 0, nullptr);
  }
  state->inputs_changed = false;
  state->carry();
  if (!run_program(*state->program, state->inputs.data(), state->outputs.data(), state->samples,
                   state->work))
    return nullptr;
  Py_RETURN_NONE;
}

// (program, [(tensor index, array, is input)], number of tensors, samples, work, how many
// of the last inputs are carried over from the last outputs); or () to forget.
// The inputs, then the outputs, in the program's order; the caller drops its references.
PyObject* interpreter_bind(PyObject* self, PyObject* args) {
  if (PyTuple_GET_SIZE(args) == 0) {
    state_of(self).reset();
    Py_RETURN_NONE;
  }
  return guarded([&] {
    const auto [program, slots, tensors, samples, work, carried] =
        py::cast<std::tuple<std::shared_ptr<Program>, py::list, size_t, size_t, double, size_t>>(
            py::handle(args));
    auto state = std::make_shared<InterpreterState>();
    state->program = program;
    state->slot_of_tensor.assign(tensors, -1);
    state->samples = samples;
    state->work = work;
    for (const py::handle item : slots) {
      const auto [index, array, is_input] = py::cast<std::tuple<size_t, py::array, bool>>(item);
      if (index >= tensors || !is_array(array.ptr()) || !PyArray_ISCARRAY(as_array(array.ptr())))
        throw std::invalid_argument("bad slot");
      PyArrayObject* a = as_array(array.ptr());
      const size_t bytes = static_cast<size_t>(PyArray_NBYTES(a));
      uint8_t* data = static_cast<uint8_t*>(PyArray_DATA(a));
      const size_t position = is_input ? state->inputs.size() : state->outputs.size();
      if (position >= (is_input ? program->inputs() : program->outputs()) ||
          bytes != samples * (is_input ? program->input_bytes(position)
                                       : program->output_bytes(position)))
        throw std::invalid_argument("slots and program differ");
      if (is_input)
        state->inputs.push_back(data);
      else
        state->outputs.push_back(data);
      if (state->slot_of_tensor[index] < 0)
        state->slot_of_tensor[index] = static_cast<int>(state->slots.size());
      const std::vector<npy_intp> shape(PyArray_DIMS(a), PyArray_DIMS(a) + PyArray_NDIM(a));
      state->slots.push_back({array, {PyArray_TYPE(a), shape}, is_input});
    }
    state->carried = carried;
    const size_t in = state->inputs.size(), out = state->outputs.size();
    bool fits =
        in == program->inputs() && out == program->outputs() && carried <= in && carried <= out;
    for (size_t i = 1; fits && i <= carried; ++i)
      fits = program->input_bytes(in - i) == program->output_bytes(out - i);
    if (!fits) throw std::invalid_argument("slots and program differ");
    state_of(self) = std::move(state);
  });
}

// A view of a held tensor's memory, or None; invoke refuses while one is alive.
PyObject* interpreter_peek(PyObject* self, PyObject* index) {
  InterpreterState* state = state_of(self).get();
  const Slot* slot = state == nullptr ? nullptr : state->find(index);
  if (slot == nullptr) Py_RETURN_NONE;
  return PyArray_View(slot->get(), nullptr, nullptr);
}

// The same for somebody who may write to it.
PyObject* interpreter_view(PyObject* self, PyObject* index) {
  InterpreterState* state = state_of(self).get();
  const Slot* slot = state == nullptr ? nullptr : state->find(index);
  if (slot != nullptr && slot->is_input) state->inputs_changed = true;
  return interpreter_peek(self, index);
}

PyObject* interpreter_views_alive(PyObject* self, PyObject*) {
  const InterpreterState* state = state_of(self).get();
  return PyBool_FromLong(state != nullptr && state->views_alive());
}

PyObject* interpreter_inputs_changed(PyObject* self, PyObject*) {
  const InterpreterState* state = state_of(self).get();
  return PyBool_FromLong(state == nullptr || state->inputs_changed);
}

template <class F>
PyCFunction as_cfunction(F f) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}

PyMethodDef kInterpreterMethods[] = {
    {"set_tensor", as_cfunction(interpreter_set_tensor), METH_FASTCALL | METH_KEYWORDS,
     "set_tensor($self, tensor_index, value)\n--\n\nCopy ``value`` into an input tensor."},
    {"get_tensor", as_cfunction(interpreter_get_tensor), METH_FASTCALL | METH_KEYWORDS,
     "get_tensor($self, tensor_index, subgraph_index=0)\n--\n\nA copy of a tensor's value."},
    {"invoke", interpreter_invoke, METH_NOARGS, "invoke($self)\n--\n\nRun the model."},
    {"_bind", interpreter_bind, METH_VARARGS, "Set the program and the tensors it runs on."},
    {"_peek", interpreter_peek, METH_O, "A view of a held tensor to read, or None."},
    {"_view", interpreter_view, METH_O, "A view of a held tensor to write, or None."},
    {"_views_alive", interpreter_views_alive, METH_NOARGS, "Whether a view is alive."},
    {"_inputs_changed", interpreter_inputs_changed, METH_NOARGS,
     "Whether an input changed since the last invoke."},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot kInterpreterSlots[] = {
    {Py_tp_doc, const_cast<char*>("The native part of Interpreter.")},
    {Py_tp_new, reinterpret_cast<void*>(new_face<InterpreterFace>)},
    {Py_tp_dealloc, reinterpret_cast<void*>(delete_face<InterpreterFace>)},
    {Py_tp_methods, kInterpreterMethods},
    {0, nullptr}};
PyType_Spec kInterpreterSpec = {"intlite._native.InterpreterFace", sizeof(InterpreterFace), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, kInterpreterSlots};

void add_type(py::module_& m, const char* name, PyType_Spec& spec) {
  m.attr(name) = py::reinterpret_steal<py::object>(PyType_FromSpec(&spec));
}

int import_numpy() {
  import_array1(-1);
  return 0;
}

}  // namespace

void bind_faces(py::module_& m) {
  if (import_numpy() != 0) throw py::error_already_set();
  add_type(m, "ModelFace", kModelSpec);
  add_type(m, "InterpreterFace", kInterpreterSpec);
}

}  // namespace intlite
