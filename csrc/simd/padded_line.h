// padded_line.h: which columns of a line between its padding are the image's.
#pragma once

#include <algorithm>
#include <cstddef>

namespace intlite {

// Of so many columns, those before the image, and those of the image; and how many of the
// image's own come before the first column. `pad_left` is modulo 2^64: a line can begin inside
// of the image.
struct PaddedLine {
  PaddedLine(size_t pad_left, size_t input_width, size_t columns) {
    const size_t negative = ~pad_left + 1;
    const bool is_cut = pad_left > negative;
    left = is_cut ? 0 : std::min(pad_left, columns);
    skipped = is_cut ? std::min(negative, input_width) : 0;
    inside = std::min(input_width - skipped, columns - left);
  }
  size_t left, skipped, inside;
};

}  // namespace intlite
