// transpose.h: planes of small elements, rows becoming columns: of 1, 2, 4 or 8 bytes, of any type.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

// output[i * output_stride + j * unit] = input[j * input_stride + i * unit], an element of
// `unit` bytes each; strides in bytes.
struct PlaneArgs {
  const uint8_t* input;
  uint8_t* output;
  size_t unit;
  size_t rows, columns;  // of the output
  size_t input_stride, output_stride;
};

// Whether there are planes of elements of so many bytes.
constexpr bool can_transpose(size_t unit) {
  return unit == 1 || unit == 2 || unit == 4 || unit == 8;
}

void transpose_plane(const PlaneArgs& args);

}  // namespace intlite
