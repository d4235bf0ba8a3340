// transpose_phases.h: what transposed convolutions are made of: a convolution for each output
// phase.
#pragma once

#include <cstdint>
#include <vector>

#include "../simd/window_geometry.h"

namespace intlite {

// Output row y is reached by filter rows k with (y + pad - k) a multiple of the stride,
// so output rows of one remainder (y + pad) % stride form an image of their own: a
// convolution of stride 1 by every stride-th filter row, last one first. Columns likewise.
struct TransposePhase {
  size_t remainder_row, remainder_column;
  size_t first_row, first_column;  // of the output
  WindowGeometry window;

  size_t depth() const {
    return window.filter_height * window.filter_width * window.input_channels;
  }
};

// Those that have outputs. Stride and padding are those of the output, dilations are 1.
std::vector<TransposePhase> transpose_phases(const WindowGeometry& geometry);

// A phase's weights, [outputs][depth], of the whole filter's bytes.
std::vector<uint8_t> phase_weights(const WindowGeometry& geometry, const TransposePhase& phase,
                                   const uint8_t* weights);

}  // namespace intlite
