// gil.cc: signals in long runs, and threads that outlive Python.
#include "gil.h"

#include <thread>

#include "../runtime/process.h"

namespace intlite {
namespace {

// Only Python knows which thread it is: after a fork another one may be. Python's code runs
// here, and so may a signal's handler, whose error is left as it is.
bool on_main_thread() {
  PyObject* threading = PyImport_ImportModule("threading");
  PyObject* main =
      threading == nullptr ? nullptr : PyObject_CallMethod(threading, "main_thread", nullptr);
  PyObject* ident = main == nullptr ? nullptr : PyObject_GetAttrString(main, "ident");
  const bool same = ident != nullptr && PyLong_AsUnsignedLong(ident) == PyThread_get_thread_ident();
  Py_XDECREF(ident);
  Py_XDECREF(main);
  Py_XDECREF(threading);
  return same;
}

}  // namespace

void hang() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

void GilReleased::restore() {
  held_at_exit([this] { PyEval_RestoreThread(state_); });
}

bool GilReleased::ask() {
  if (elsewhere_) return false;
  const uint32_t process = process_number();
  restore();
  // A step that Python computes may have failed.
  bool stop = PyErr_Occurred() != nullptr || PyErr_CheckSignals() != 0;
  if (!stop && !asked_) {
    asked_ = true;
    elsewhere_ = !on_main_thread();
    stop = PyErr_Occurred() != nullptr;
  }
  if (!stop && process != process_number()) {
    stop = true;
    PyErr_SetString(PyExc_RuntimeError,
                    "a signal's handler forked in the middle of a run, which can't go on here");
  }
  state_ = PyEval_SaveThread();
  return stop;
}

}  // namespace intlite
