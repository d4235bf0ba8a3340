// window.h: sums and maxima over windows of pixels, channel by channel.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

struct WindowArgs {
  const uint8_t* input;  // the window's first pixel
  bool is_unsigned;
  size_t rows, row_stride;  // strides in bytes
  size_t columns, column_stride;
  size_t channels;
};

}  // namespace intlite
