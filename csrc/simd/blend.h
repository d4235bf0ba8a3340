// blend.h: neighbouring pixels weighted by integers: the two passes of bilinear resizing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

// One line across: each output pixel lies between two of the line's pixels, `weight` away from
// the first, in units of which 1 << bits are the distance.
struct BlendColumnsArgs {
  const uint8_t* line;
  size_t readable;  // bytes from `line` on that may be read
  bool is_unsigned;
  size_t channels;
  const int32_t *low, *high, *weight;
  size_t pixels;
  int bits;
  int32_t* output;  // kBlendSlack more may be written
};
constexpr size_t kBlendSlack = 16;

// Two such lines, weighted likewise, back to 8 bits. Ties go up, or away from zero.
struct BlendRowsArgs {
  const int32_t *top, *bottom;
  int32_t weight;
  int bits;
  bool half_away;
  size_t size;
  uint8_t* output;
};

}  // namespace intlite
