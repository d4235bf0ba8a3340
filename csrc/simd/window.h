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

// Windows of more pixels are not averaged by average_window: up to here a float32 quotient
// lies on the right side of each half, or on it.
constexpr size_t kMostAveraged = 1 << 15;

}  // namespace intlite
