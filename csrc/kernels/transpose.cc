// transpose.cc: block by block, so that lines of both sides are used whole while in the cache.
#include "transpose.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace intlite {
namespace {

// Element by element, of bounded rows and columns.
template <size_t kUnit>
void transpose_some(const uint8_t* from, uint8_t* to, size_t rows, size_t columns,
                    const PlaneArgs& p) {
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j)
      std::memcpy(to + i * p.output_stride + j * kUnit, from + j * p.input_stride + i * kUnit,
                  kUnit);
}

#if defined(__SSE2__)
template <size_t kUnit>
__m128i unpack_low(__m128i a, __m128i b) {
  if constexpr (kUnit == 1) return _mm_unpacklo_epi8(a, b);
  if constexpr (kUnit == 2) return _mm_unpacklo_epi16(a, b);
  if constexpr (kUnit == 4) return _mm_unpacklo_epi32(a, b);
  return _mm_unpacklo_epi64(a, b);
}
template <size_t kUnit>
__m128i unpack_high(__m128i a, __m128i b) {
  if constexpr (kUnit == 1) return _mm_unpackhi_epi8(a, b);
  if constexpr (kUnit == 2) return _mm_unpackhi_epi16(a, b);
  if constexpr (kUnit == 4) return _mm_unpackhi_epi32(a, b);
  return _mm_unpackhi_epi64(a, b);
}

// A square of 16 bytes a side: interleaving the first half of its rows with the second as
// often as its side can be halved brings each element to its place.
template <size_t kUnit>
void transpose_registers(__m128i (&x)[16 / kUnit]) {
  constexpr size_t kSide = 16 / kUnit;
  __m128i y[kSide];
  for (size_t step = 1; step < kSide; step *= 2) {
    for (size_t j = 0; j < kSide / 2; ++j) {
      y[2 * j] = unpack_low<kUnit>(x[j], x[j + kSide / 2]);
      y[2 * j + 1] = unpack_high<kUnit>(x[j], x[j + kSide / 2]);
    }
    std::copy_n(y, kSide, x);
  }
}
__m128i load16(const uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
void store16(uint8_t* p, __m128i x) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), x); }

template <size_t kUnit>
void transpose_block(const uint8_t* from, uint8_t* to, const PlaneArgs& p) {
  constexpr size_t kSide = 16 / kUnit;
  __m128i x[kSide];
  for (size_t j = 0; j < kSide; ++j) x[j] = load16(from + j * p.input_stride);
  transpose_registers<kUnit>(x);
  for (size_t i = 0; i < kSide; ++i) store16(to + i * p.output_stride, x[i]);
}

// Fewer rows than a block has: what is loaded beyond them is not stored. Returns how many
// columns are done: not the last ones, beyond which the input may end.
template <size_t kUnit>
size_t transpose_few_rows(const PlaneArgs& p) {
  constexpr size_t kSide = 16 / kUnit;
  const size_t end = (p.columns - 1) * p.input_stride + p.rows * kUnit;
  size_t j = 0;
  for (; j + kSide <= p.columns && (j + kSide - 1) * p.input_stride + 16 <= end; j += kSide) {
    __m128i x[kSide];
    for (size_t k = 0; k < kSide; ++k) x[k] = load16(p.input + (j + k) * p.input_stride);
    transpose_registers<kUnit>(x);
    for (size_t i = 0; i < p.rows; ++i) store16(p.output + i * p.output_stride + j * kUnit, x[i]);
  }
  return j;
}

template <size_t kBytes, size_t kSide>
void store_rows(const __m128i (&x)[kSide], uint8_t* to, size_t stride) {
  for (size_t k = 0; k < kSide; ++k) std::memcpy(to + k * stride, &x[k], kBytes);
}

// Fewer columns than a block has, and rows one behind the other: what is stored beyond a row
// is stored again with the next ones. Returns how many rows are done: not the last ones.
template <size_t kUnit>
size_t transpose_few_columns(const PlaneArgs& p) {
  constexpr size_t kSide = 16 / kUnit;
  if (p.output_stride != p.columns * kUnit) return 0;
  const size_t end = p.rows * p.output_stride;
  size_t i = 0;
  for (; i + kSide <= p.rows && (i + kSide - 1) * p.output_stride + 16 <= end; i += kSide) {
    __m128i x[kSide] = {};
    for (size_t j = 0; j < p.columns; ++j) x[j] = load16(p.input + j * p.input_stride + i * kUnit);
    transpose_registers<kUnit>(x);
    uint8_t* to = p.output + i * p.output_stride;
    if (p.output_stride <= 4)
      store_rows<4>(x, to, p.output_stride);
    else if (p.output_stride <= 8)
      store_rows<8>(x, to, p.output_stride);
    else
      store_rows<16>(x, to, p.output_stride);
  }
  return i;
}
#else
template <size_t kUnit>
void transpose_block(const uint8_t* from, uint8_t* to, const PlaneArgs& p) {
  transpose_some<kUnit>(from, to, 16 / kUnit, 16 / kUnit, p);
}
template <size_t kUnit>
size_t transpose_few_rows(const PlaneArgs&) {
  return 0;
}
template <size_t kUnit>
size_t transpose_few_columns(const PlaneArgs&) {
  return 0;
}
#endif

template <size_t kUnit>
void transpose_narrow(const PlaneArgs& p) {
  size_t i = 0, j = 0;
  if (p.columns >= 16 / kUnit)
    j = transpose_few_rows<kUnit>(p);
  else
    i = transpose_few_columns<kUnit>(p);
  transpose_some<kUnit>(p.input + j * p.input_stride + i * kUnit,
                        p.output + i * p.output_stride + j * kUnit, p.rows - i, p.columns - j, p);
}

template <size_t kUnit>
void transpose_blocks(const PlaneArgs& p) {
  constexpr size_t kSide = 16 / kUnit, kLine = 64 / kUnit;
  if (p.rows < kSide || p.columns < kSide) return transpose_narrow<kUnit>(p);
  for (size_t line = 0; line < p.columns; line += kLine) {
    const size_t end = std::min(p.columns, line + kLine);
    for (size_t row = 0; row < p.rows; row += kSide) {
      // The last block of a row or column may do again what the one before it did.
      const size_t i = std::min(row, p.rows - kSide);
      for (size_t column = line; column < end; column += kSide) {
        const size_t j = std::min(column, p.columns - kSide);
        transpose_block<kUnit>(p.input + j * p.input_stride + i * kUnit,
                               p.output + i * p.output_stride + j * kUnit, p);
      }
    }
  }
}

}  // namespace

void transpose_plane(const PlaneArgs& args) {
  switch (args.unit) {
    case 1:
      return transpose_blocks<1>(args);
    case 2:
      return transpose_blocks<2>(args);
    case 4:
      return transpose_blocks<4>(args);
    case 8:
      return transpose_blocks<8>(args);
  }
}

}  // namespace intlite
