// interpreter_face.cc: Interpreter's tensors, its run, and whose turn it is.
#include <atomic>

#include "faces.h"

namespace intlite {
namespace {

// A tensor that lives in the interpreter.
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
};

// What all that an interpreter does asks for first. A call that finds it taken, by another
// thread or further up its own, is refused.
class Turn {
 public:
  bool take() {
#if defined(Py_GIL_DISABLED)
    return !taken_.exchange(true, std::memory_order_acquire);
#else
    const bool free = !taken_.load(std::memory_order_relaxed);  // the GIL is held
    taken_.store(true, std::memory_order_relaxed);
    return free;
#endif
  }
  void give_back() { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};

// How many views of an interpreter's memory are alive; they may outlive it.
using Loans = std::shared_ptr<std::atomic<size_t>>;

struct InterpreterHeld {
  std::shared_ptr<InterpreterState> state;
  size_t runs = 0;  // whatever tensors they were on
  // All tensors of a run by number, since somebody asked for one that is not held; a dict, or null.
  py::object computed;
  size_t computed_run = 0;

  // That dict, if it is of the last run and its inputs are still there; null otherwise.
  PyObject* last_computed() const {
    const bool is_last = state != nullptr && !state->inputs_changed && computed_run == runs;
    return is_last ? computed.ptr() : nullptr;
  }
  Turn turn;
  Loans loans = std::make_shared<std::atomic<size_t>>(0);
};

struct InterpreterFace {
  PyObject_HEAD InterpreterHeld held;
};

InterpreterHeld& held_by(PyObject* self) { return reinterpret_cast<InterpreterFace*>(self)->held; }

std::shared_ptr<InterpreterState>& state_of(PyObject* self) { return held_by(self).state; }

void refuse() {
  set_error("InterpreterError",
            "the interpreter is in the middle of a call by another thread, or was when the "
            "process was forked: give each thread its own, or call one intlite.Model");
}

// The result of f() at a time when nothing else happens to the interpreter.
template <class F>
PyObject* alone(PyObject* self, F f) {
  Turn& turn = held_by(self).turn;
  if (!turn.take()) {
    refuse();
    return nullptr;
  }
  PyObject* result = f();
  turn.give_back();
  return result;
}

// A method of Python's calling convention, alone.
template <PyObject* (*method)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*)>
PyObject* alone_with(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return alone(self, [&] { return method(self, args, count, keywords); });
}

template <PyObject* (*method)(PyObject*, PyObject*)>
PyObject* alone_with(PyObject* self, PyObject* argument) {
  return alone(self, [&] { return method(self, argument); });
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

// A copy that the caller owns; a scalar where LiteRT gives one.
PyObject* copied(PyArrayObject* from) {
  PyObject* to = PyArray_SimpleNew(PyArray_NDIM(from), PyArray_DIMS(from), PyArray_TYPE(from));
  if (to == nullptr) return nullptr;
  std::memcpy(PyArray_DATA(as_array(to)), PyArray_DATA(from),
              static_cast<size_t>(PyArray_NBYTES(from)));
  return PyArray_Return(as_array(to));
}

PyObject* interpreter_get_tensor(PyObject* self, PyObject* const* args, Py_ssize_t count,
                                 PyObject* keywords) {
  const InterpreterHeld& held = held_by(self);
  if (held.state != nullptr && keywords == nullptr && count == 1) {
    const Slot* slot = held.state->find(args[0]);
    if (slot != nullptr) return copied(slot->get());
    PyObject* computed = held.last_computed();
    if (computed != nullptr && PyLong_CheckExact(args[0])) {
      PyObject* value = PyDict_GetItemWithError(computed, args[0]);
      if (value != nullptr && is_array(value) && PyArray_ISCARRAY_RO(as_array(value)))
        return copied(as_array(value));
      if (PyErr_Occurred()) return nullptr;
    }
  }
  return call_method(self, "_get_tensor", args, count, keywords);
}

PyObject* interpreter_invoke(PyObject* self, PyObject*) {
  const std::shared_ptr<InterpreterState>& state = state_of(self);
  if (state == nullptr || held_by(self).loans->load() != 0) {
    PyObject* const none[1] = {nullptr};
    PyObject* result = call_method(self, "_invoke", none, 0, nullptr);
    if (result != nullptr) ++held_by(self).runs;
    return result;
  }
  state->inputs_changed = false;
  ++held_by(self).runs;
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
  held_by(self).computed = py::object();
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

// What a view refers to: it keeps the array, and counts as one of the interpreter's loans.
struct Loan {
  PyObject_HEAD struct Held {
    py::object array;
    Loans loans;
    ~Held() {
      if (loans != nullptr) loans->fetch_sub(1);
    }
  } held;
};

PyType_Slot kLoanSlots[] = {
    {Py_tp_doc, const_cast<char*>("What a view of an interpreter's memory refers to.")},
    {Py_tp_new, reinterpret_cast<void*>(new_face<Loan>)},
    {Py_tp_dealloc, reinterpret_cast<void*>(delete_face<Loan>)},
    {0, nullptr}};
// A view of an array that this interpreter owns; invoke refuses while one is alive.
PyObject* interpreter_lend(PyObject* self, PyObject* array) {
  if (!is_array(array)) {
    PyErr_SetString(PyExc_TypeError, "expected an array");
    return nullptr;
  }
  PyArrayObject* a = as_array(array);
  PyObject* loan = PyObject_CallNoArgs(loan_type);
  if (loan == nullptr) return nullptr;
  Loan::Held& held = reinterpret_cast<Loan*>(loan)->held;
  held.array = py::reinterpret_borrow<py::object>(array);
  held.loans = held_by(self).loans;
  held.loans->fetch_add(1);
  Py_INCREF(PyArray_DESCR(a));
  PyObject* view = PyArray_NewFromDescr(&PyArray_Type, PyArray_DESCR(a), PyArray_NDIM(a),
                                        PyArray_DIMS(a), PyArray_STRIDES(a), PyArray_DATA(a),
                                        PyArray_FLAGS(a) & NPY_ARRAY_CARRAY, nullptr);
  if (view == nullptr) {
    Py_DECREF(loan);
    return nullptr;
  }
  if (PyArray_SetBaseObject(as_array(view), loan) != 0) {
    Py_DECREF(view);
    return nullptr;
  }
  return view;
}

// A view of a held tensor's memory, or None.
PyObject* interpreter_peek(PyObject* self, PyObject* index) {
  InterpreterState* state = state_of(self).get();
  const Slot* slot = state == nullptr ? nullptr : state->find(index);
  if (slot == nullptr) Py_RETURN_NONE;
  return interpreter_lend(self, slot->array.ptr());
}

// The same for somebody who may write to it.
PyObject* interpreter_view(PyObject* self, PyObject* index) {
  InterpreterState* state = state_of(self).get();
  const Slot* slot = state == nullptr ? nullptr : state->find(index);
  if (slot != nullptr && slot->is_input) state->inputs_changed = true;
  return interpreter_peek(self, index);
}

PyObject* interpreter_views_alive(PyObject* self, PyObject*) {
  return PyBool_FromLong(held_by(self).loans->load() != 0);
}

// (function, *arguments): the function's result, at a time when nothing else happens.
PyObject* interpreter_alone(PyObject* self, PyObject* const* args, Py_ssize_t count,
                            PyObject* keywords) {
  if (count == 0) {
    PyErr_SetString(PyExc_TypeError, "expected a function");
    return nullptr;
  }
  return alone(self, [&] {
    return PyObject_Vectorcall(args[0], args + 1, static_cast<size_t>(count - 1), keywords);
  });
}

PyObject* interpreter_holds_last_run(PyObject* self, PyObject*) {
  const InterpreterState* state = state_of(self).get();
  return PyBool_FromLong(state != nullptr && !state->inputs_changed);
}

PyObject* interpreter_computed(PyObject* self, PyObject*) {
  PyObject* computed = held_by(self).last_computed();
  if (computed == nullptr) Py_RETURN_NONE;
  return Py_NewRef(computed);
}

PyObject* interpreter_keep_computed(PyObject* self, PyObject* computed) {
  if (!PyDict_CheckExact(computed)) {
    PyErr_SetString(PyExc_TypeError, "expected a dict");
    return nullptr;
  }
  held_by(self).computed = py::reinterpret_borrow<py::object>(computed);
  held_by(self).computed_run = held_by(self).runs;
  Py_RETURN_NONE;
}

PyObject* interpreter_has_run(PyObject* self, PyObject*) {
  return PyBool_FromLong(held_by(self).runs != 0);
}

PyMethodDef kInterpreterMethods[] = {
    {"set_tensor", as_cfunction(alone_with<interpreter_set_tensor>), METH_FASTCALL | METH_KEYWORDS,
     "set_tensor($self, tensor_index, value)\n--\n\nCopy ``value`` into an input tensor."},
    {"get_tensor", as_cfunction(alone_with<interpreter_get_tensor>), METH_FASTCALL | METH_KEYWORDS,
     "get_tensor($self, tensor_index, subgraph_index=0)\n--\n\nA copy of a tensor's value."},
    {"invoke", alone_with<interpreter_invoke>, METH_NOARGS, "invoke($self)\n--\n\nRun the model."},
    {"_alone", as_cfunction(interpreter_alone), METH_FASTCALL | METH_KEYWORDS,
     "Call a function on arguments while nothing else happens to the interpreter. These,\n"
     "unlike those above, are for use in it:"},
    {"_set_now", as_cfunction(interpreter_set_tensor), METH_FASTCALL | METH_KEYWORDS,
     "set_tensor."},
    {"_get_now", as_cfunction(interpreter_get_tensor), METH_FASTCALL | METH_KEYWORDS,
     "get_tensor."},
    {"_invoke_now", interpreter_invoke, METH_NOARGS, "invoke."},
    {"_lend", interpreter_lend, METH_O, "A view of an array, counted while it is alive."},
    {"_bind", interpreter_bind, METH_VARARGS, "Set the program and the tensors it runs on."},
    {"_peek", interpreter_peek, METH_O, "A view of a held tensor to read, or None."},
    {"_view", interpreter_view, METH_O, "A view of a held tensor to write, or None."},
    {"_views_alive", interpreter_views_alive, METH_NOARGS, "Whether a view is alive."},
    {"_holds_last_run", interpreter_holds_last_run, METH_NOARGS,
     "Whether the inputs are still those of the last invoke."},
    {"_computed", interpreter_computed, METH_NOARGS,
     "What was kept of the last invoke; None if there is nothing, or an input changed since."},
    {"_keep_computed", interpreter_keep_computed, METH_O,
     "Keep all tensors of the last invoke, by number, until there is another."},
    {"_has_run", interpreter_has_run, METH_NOARGS, "Whether there was an invoke."},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot kInterpreterSlots[] = {
    {Py_tp_doc, const_cast<char*>("The native part of Interpreter.")},
    {Py_tp_new, reinterpret_cast<void*>(new_face<InterpreterFace>)},
    {Py_tp_dealloc, reinterpret_cast<void*>(delete_face<InterpreterFace>)},
    {Py_tp_methods, kInterpreterMethods},
    {0, nullptr}};
}  // namespace

PyType_Spec kLoanSpec = {"intlite._native.Loan", sizeof(Loan), 0, Py_TPFLAGS_DEFAULT, kLoanSlots};
PyType_Spec kInterpreterSpec = {"intlite._native.InterpreterFace", sizeof(InterpreterFace), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, kInterpreterSlots};

}  // namespace intlite
