// standard_floats.h: floats as IEEE 754 has them, for as long as kernels run.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace intlite {

// Kernels round half to even by the processor's own rounding, and keep subnormal numbers. A
// thread may have been told otherwise: libraries built with -ffast-math do that to whoever
// loads them.
class StandardFloats {
 public:
#if defined(__x86_64__)
  StandardFloats() : before_(_mm_getcsr()) {
    if ((before_ & kControl) != kStandard) _mm_setcsr(kStandard);
  }
  ~StandardFloats() {
    if ((before_ & kControl) != kStandard) _mm_setcsr(before_);
  }
#else
  StandardFloats() {}
  ~StandardFloats() {}
#endif
  StandardFloats(const StandardFloats&) = delete;
  StandardFloats& operator=(const StandardFloats&) = delete;

 private:
#if defined(__x86_64__)
  // Everything but the flags of exceptions that have been; all exceptions masked.
  static constexpr unsigned kControl = 0xFFC0, kStandard = 0x1F80;
  unsigned before_;
#endif
};

// Subnormal numbers are taken and given as 0, as XNNPACK has them in LiteRT.
class FlushedSubnormals {
 public:
#if defined(__x86_64__)
  explicit FlushedSubnormals(bool flushes) : before_(_mm_getcsr()), flushes_(flushes) {
    if (flushes_) _mm_setcsr(before_ | 0x8040);
  }
  ~FlushedSubnormals() {
    if (flushes_) _mm_setcsr(before_);
  }
#else
  explicit FlushedSubnormals(bool) {}
  ~FlushedSubnormals() {}
#endif
  FlushedSubnormals(const FlushedSubnormals&) = delete;
  FlushedSubnormals& operator=(const FlushedSubnormals&) = delete;

#if defined(__x86_64__)
 private:
  unsigned before_;
  bool flushes_;
#endif
};

}  // namespace intlite
