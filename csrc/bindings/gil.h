// gil.h: how native code gives up the GIL, and takes it again.
//
// A thread that asks for the GIL while Python shuts down is ended there and then by Python
// before 3.14, which unwinds its stack through frames that can't be unwound: the process
// would abort. So such threads are held where they are, as from 3.14 on, until it is gone.
#pragma once

#if defined(__GLIBCXX__)
#include <cxxabi.h>
#endif
#include <exception>

#include "../runtime/watch.h"
#include "bindings.h"

namespace intlite {

[[noreturn]] void hang();

// Calls f, which takes the GIL; does not return if Python wants the thread to end.
template <class F>
auto held_at_exit(F f) {
#if defined(__GLIBCXX__)
  try {
    return f();
  } catch (abi::__forced_unwind&) {
    hang();
  }
#else
  return f();
#endif
}

// Gives the GIL up as long as it lives, which must end by `take_back`. On the main thread
// Python's handlers of signals run once an interval; what one raises ends the run.
class GilReleased final : public Watch {
 public:
  GilReleased() : state_(PyEval_SaveThread()) {}
  void take_back() { restore(); }

 protected:
  bool ask() override;

 private:
  void restore();

  PyThreadState* state_;
  bool asked_ = false, elsewhere_ = false;  // whether this is another than the main thread
};

// Runs f(watch) without the GIL. A Python error may be set afterwards.
template <class F>
void without_gil(F f) {
  std::exception_ptr error;
  GilReleased released;
  try {
    f(released);
  } catch (const std::exception&) {
    error = std::current_exception();
  }
  released.take_back();
  if (error) std::rethrow_exception(error);
}

}  // namespace intlite
