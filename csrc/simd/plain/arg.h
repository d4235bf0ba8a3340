// arg.h: where the greatest or least of some elements is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "element_type.h"

namespace intlite {

// Of bool, int8, uint8, int32 or float32 elements. Of equal ones the first is found; NaN is less
// than all else, and so is what they are compared by, also where the least is wanted.
struct ArgArgs {
  const uint8_t* input;
  ElementType type;
  bool least;
  size_t axis, stride;  // how many elements, at least 1, and from one to the next
  size_t count;         // so many neighbours, at most kArgLanes, are looked for by themselves
  int32_t* found;       // of each
};

// As many as are found side by side.
constexpr size_t kArgLanes = 64;

}  // namespace intlite
