// matrix_split.h: which rows and panels of a matrix product belong to a part of it.
#pragma once

#include "../simd/gemm.h"
#include "kernel.h"

namespace intlite {

// Multiplications that are worth a thread.
constexpr size_t kProductsOfPart = 120'000;

struct MatrixSplit {
  size_t first_row, end_row;
  size_t first_panel, end_panel;

  bool is_empty() const { return first_row == end_row || first_panel == end_panel; }
};

// Rows in whole units. Where weights are more bytes than the rows are, threads take columns
// first, so that each reads its own weights only; else rows, and columns if there are too few.
template <class Matrix>
inline MatrixSplit split_matrix(Part part, size_t rows, size_t row_unit, size_t row_bytes,
                                const Matrix& w) {
  const size_t units = (rows + row_unit - 1) / row_unit;
  const size_t blocks = (w.panels() + w.most_panels - 1) / w.most_panels;
  const bool columns_first = w.data_bytes() > rows * row_bytes;
  size_t across = 1, down = 1;
  if (columns_first) {
    across = std::min(part.count, std::max<size_t>(blocks, 1));
    down = part.count / across;
  } else {
    down = std::min(part.count, std::max<size_t>(units, 1));
    across = part.count / down;
  }
  if (part.index >= down * across) return {0, 0, 0, 0};
  const Part row_part{part.index % down, down}, column_part{part.index / down, across};
  return {.first_row = row_part.begin(rows, row_unit),
          .end_row = row_part.end(rows, row_unit),
          .first_panel = column_part.begin(w.panels(), w.most_panels),
          .end_panel = column_part.end(w.panels(), w.most_panels)};
}

// A part of [rows, depth] x weights, neither with gaps between rows.
inline void multiply_part(void (*gemm)(const GemmArgs&), const PackedMatrix& w, Part part,
                          size_t rows, const uint8_t* input, uint8_t input_flip, uint8_t* output,
                          uint8_t* scratch, QuantizedRows quantized = {}) {
  const MatrixSplit mine = split_matrix(part, rows, kPartRows, w.depth, w);
  if (mine.is_empty()) return;
  const size_t first = mine.first_row, row_bytes = w.columns * w.epilogue->value_bytes();
  gemm({.weights = w,
        .input = input + first * w.depth,
        .rows = mine.end_row - first,
        .input_stride = w.depth,
        .readable = (rows - first) * w.depth,
        .input_flip = input_flip,
        .output = output + first * row_bytes,
        .output_stride = row_bytes,
        .scratch = scratch,
        .first_panel = mine.first_panel,
        .end_panel = mine.end_panel,
        .quantized = quantized.from(first)});
}

}  // namespace intlite
