// cast.h: elements of one type as elements of another.
#pragma once

#include "element_type.h"

namespace intlite {

// Integers wrap, whatever is not 0 is true, and floats that become integers saturate; NaN becomes
// 0, or the greatest integer.
struct CastArgs {
  const uint8_t* input;
  size_t size;
  ElementType from, to;
  bool nan_is_zero;
  uint8_t* output;
};

}  // namespace intlite
