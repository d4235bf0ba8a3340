// products.h: float32 matrix products: packed weights and arguments.
#pragma once

#include "../../numerics/sums_of_products.h"
#include "../gemm.h"
#include "../window_geometry.h"

namespace intlite {

// Columns are packed in panels of kPanelColumns, and as many panels in a block as a tile of the
// instruction set has: a block is [depth][panels][columns].
struct FloatMatrix {  // owns nothing
  size_t depth, columns, most_panels;
  const float* data;
  const float* bias;  // zeros where there is none; padded to whole panels

  size_t panels() const { return (columns + kPanelColumns - 1) / kPanelColumns; }
  size_t data_size() const { return panels() * kPanelColumns * depth; }
  size_t data_bytes() const { return data_size() * sizeof(float); }
  size_t bias_size() const { return panels() * kPanelColumns; }
  // Of a block.
  const float* block(size_t first_panel) const {
    return data + first_panel * kPanelColumns * depth;
  }
};

// Of columns `column_stride` apart, whose values are `row_stride` apart, the panels from the first
// one of a block on: to where those of the whole matrix lie.
struct FloatPackArgs {
  size_t depth, columns, most_panels;
  const float* weights;
  size_t row_stride, column_stride;
  float* data;
  size_t first_panel, end_panel;
};

// After the sums: NaN and the signs of zeros stay.
struct FloatClamp {
  float low, high;
};

struct FloatGemmArgs {
  FloatMatrix weights;
  FloatSums sums;
  FloatClamp clamp;
  const float* input;  // [rows][depth], rows input_stride values apart
  size_t rows, input_stride;
  float* output;  // [rows][columns], rows output_stride values apart
  size_t output_stride;
  size_t first_panel, end_panel;  // those that are wanted, from the first one of a block on
};

// The values under each window, [pixels][filter height][filter width][channels]; 0 outside.
struct FloatPatchArgs {
  const WindowGeometry* geometry;
  const float* image;
  size_t first_channel, channels;
  size_t first_pixel, pixels;  // of the output
  float* patches;
};

}  // namespace intlite
