// quantized_rows.h: rows of float32 as 8-bit activations, each by its own extremes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

// How a runtime quantizes a row. Its extremes have 0 among them.
enum class RowRounding : int {
  // LiteRT's kernels, symmetric: x * (127 / greatest). In whole blocks of 8 x +- 0.5 is cut off,
  // rounded to float32 before; the rest goes half away from zero.
  kSymmetric = 0,
  // The same between the extremes, with a zero point; the scale is computed in double.
  kAsymmetric = 1,
  // LiteRT's kernel of 4-bit weights: symmetric, half away throughout.
  kSymmetricHalfAway = 2,
  // XNNPACK: asymmetric, all in float32, half to even.
  kHalfEven = 3,
};

// What a row was quantized by: real = scale * (stored - zero_point).
struct QuantizedRow {
  float factor;  // stored = rounded(x * factor) + zero_point
  float scale;
  // Of activations as they are multiplied.
  int32_t zero_point;
  int32_t correction;  // -zero_point - 1: how often the sum of a column's weights is to be added
  float offset;        // -7 * the sum of the row's values, where weights have 4 bits
};

// Elements that LiteRT's vector code rounds at a time.
constexpr size_t kRoundedBlock = 8;

struct QuantizeRowsArgs {
  const float* input;  // [rows][depth]
  size_t rows, depth;
  RowRounding rounding;
  uint8_t flip;             // stored are int8 values ^ flip; 0x80 moves zero points by 128
  uint8_t* output;          // rows output_stride bytes apart, or null: only `quantized` is wanted
  size_t output_stride;     // up to 15 bytes behind a row's last are written
  QuantizedRow* quantized;  // one a row
};

// Some elements of a row that is measured.
struct QuantizeSomeArgs {
  const float* input;
  size_t count;
  size_t in_blocks;  // the first of them that lie in whole blocks of the row
  const QuantizedRow* row;
  RowRounding rounding;
  uint8_t flip;
  uint8_t* output;  // up to 15 bytes behind the last are written
};

}  // namespace intlite
