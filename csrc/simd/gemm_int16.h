// gemm_int16.h: matrix products of int16 rows by weights of 8 or 16 bits, whose sums have 64 bits,
// or are modulo 2^32.
#pragma once

#include "gemm.h"

namespace intlite {

// Some of a row's pairs, whose products int32 sums hold; the sums count << shift.
struct PairSection {
  size_t first, count;
  int shift;
};
// What the weights of a column may sum up to, each without its sign, so that int32 holds their
// products with any int16.
constexpr int64_t kMostWeights = INT32_MAX / 32768;

// Weights as the kernels read them: panels of 16 columns, each with the sections' pairs one behind
// the other, [pairs][16 columns][2 depth]. Owns nothing.
struct Int16Matrix {
  size_t depth, columns;
  const void* data;  // int8_t, or int16_t if weights are wide
  bool wide_weights;
  size_t stored_pairs;  // of a panel
  const PairSection* sections;
  size_t section_count;
  bool wide_sums;  // else one section, whose sums with the bias int32 holds, or may wrap
  const Epilogue* epilogue;

  static constexpr size_t most_panels = 4;  // that parts take together
  size_t panels() const { return (columns + kPanelColumns - 1) / kPanelColumns; }
  size_t panel_values() const { return stored_pairs * 2 * kPanelColumns; }
  size_t data_bytes() const { return panels() * panel_values() * (wide_weights ? 2 : 1); }
  size_t row_bytes() const { return (depth + 1) / 2 * 4; }  // that are read
};

struct PackInt16Args {
  size_t depth, columns;
  size_t row_stride, column_stride;  // of the weights, from one to the next
  const int8_t* weights;
  EpilogueArgs epilogue;
};

// Whether int32 may not hold a column's sum, with its bias of 64 bits.
bool needs_wide_sums(const PackInt16Args& args);

// Weights as loaded.
struct PackedInt16 {
  size_t depth = 0, columns = 0;
  AlignedArray<int8_t> data;
  std::vector<PairSection> sections;
  bool wide_sums = false;
  Epilogue epilogue;

  Int16Matrix matrix() const;
};
PackedInt16 pack_int16(const PackInt16Args& args);

// Weights that only a run knows, of 8 or of 16 bits: how they lie, and are packed, into memory that
// the caller has. Those of 16 bits are two factors of 8, each of which has its sections.
struct Int16PackPlan {
  size_t depth, columns;
  size_t row_stride, column_stride;  // in values
  bool wide_weights;
  std::vector<PairSection> sections;

  Int16PackPlan(size_t depth, size_t columns, size_t row_stride, size_t column_stride,
                bool wide_weights);
  // Of a wide epilogue without a bias, of what pack() made.
  Int16Matrix matrix(const void* data, const Epilogue& epilogue) const;
  size_t data_bytes() const;
  void pack(const uint8_t* weights, void* data) const;
};

struct Int16GemmArgs {
  Int16Matrix weights;
  const uint8_t* input;  // rows of int16, input_stride bytes apart
  size_t rows;
  size_t input_stride;
  size_t readable;  // bytes from `input` on that may be read
  uint8_t* output;  // int16, rows output_stride bytes apart
  size_t output_stride;
  uint8_t* scratch;  // weights.row_bytes()
  size_t first_panel = 0, end_panel = SIZE_MAX;
};

}  // namespace intlite
