// convolve.h: convolutions that read padded lines of the image instead of gathered patches.
#pragma once

#include "patches.h"

namespace intlite {

// How the image's lines lie in scratch memory: padded, as the GEMM reads activations, those of
// some output rows, or of some whole images, at once.
struct ConvolvePlan {
  WindowGeometry geometry;
  size_t group_channels;    // input channels that a filter sees
  size_t activation_bytes;  // of a value
  // What a filter reads of each line: segments of so many values, and of so many once they are
  // padded to whole steps of the GEMM. Weights lie likewise.
  size_t segments, segment_values, padded_values;
  size_t line_bytes;
  size_t rows, images;  // of the output, at once; rows only where images is 1

  size_t lines(size_t output_rows) const {
    const WindowGeometry& g = geometry;
    return (output_rows - 1) * g.stride_height + (g.filter_height - 1) * g.dilation_height + 1;
  }
  size_t most_lines() const { return images * lines(rows); }
  size_t depth() const { return geometry.filter_height * segments * padded_values; }
  size_t pixels() const { return images * rows * geometry.output_width; }
};

// Whether lines are worth it: padding or dilation may make them far larger than the image.
bool plan_convolve(const WindowGeometry& geometry, size_t group_channels, size_t columns,
                   size_t activation_bytes, ConvolvePlan* plan);

// The weights of a group for it, [columns][depth()]: segments padded by `zero`.
std::vector<uint8_t> convolve_weights(const ConvolvePlan& plan, const uint8_t* weights,
                                      size_t columns, uint8_t zero);

struct ConvolveArgs {
  const ConvolvePlan* plan;
  const PackedWeights* groups;  // one for each group of input channels
  size_t group_count;
  const uint8_t* input;
  size_t first_row, end_row;                // output rows of all images
  uint8_t* output;                          // of the row first_row
  size_t pixel_bytes, row_bytes;            // of the output, from one to the next
  uint8_t padding, flip;                    // the lines are the input's bytes ^ flip
  uint8_t* scratch;                         // ConvolveScratch's size, aligned to 64
  size_t first_panel, end_panel;            // of each group's weights
  const QuantizedRow* quantized = nullptr;  // what the one image was quantized by, if it was
};

struct ConvolveScratch {
  ConvolveScratch(const ConvolvePlan& plan, uint8_t* start)
      : terms(reinterpret_cast<int32_t*>(start)),
        lines(start + round_up(plan.pixels() * sizeof(int32_t), 64)),
        size(static_cast<size_t>(lines - start) +
             round_up(plan.most_lines() * plan.line_bytes + kSlack, 64)) {}

  // Vectors may be written, and steps read, behind the last line.
  static constexpr size_t kSlack = 128;

  int32_t* terms;
  uint8_t* lines;
  size_t size;
};

}  // namespace intlite
