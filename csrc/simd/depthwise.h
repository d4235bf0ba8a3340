// depthwise.h: depthwise convolution: one filter a channel.
#pragma once

#include "gemm.h"
#include "window_geometry.h"

namespace intlite {

// Activations lie side by side, channel by channel, four bytes each, as one dot4 multiplies
// them: of four rows under the filter, or, where they have 16 bits, of two columns, so that the
// interleaved rows serve several rows of the output.
constexpr size_t kLaneBytes = 4;
constexpr size_t kLaneRows = 4, kLaneColumns = 2;

struct DepthwiseWeights {
  WindowGeometry geometry;
  size_t multiplier;  // output channel c reads input channel c / multiplier
  // A few channels at stride 1: rows are run as one vector after the other, whose 16 lanes
  // hold several pixels. Filter and epilogue then repeat the channels over 16 lanes.
  bool flat;
  bool in_columns;         // two of them in a lane, instead of four rows
  size_t lines;            // interleaved ones under the filter: its rows, or groups of them
  size_t taps;             // of the filter in a line: its columns, or pairs of them
  size_t padded_channels;  // a multiple of 16
  // [line][tap][padded channel] of four signed bytes, or of two values of 16 bits. Their zero
  // point is taken off, but from 16 channels of bytes of which one would not fit.
  AlignedArray<int8_t> filter;
  std::vector<uint8_t> corrected;  // for each 16 channels, whether they have it yet
  std::vector<int8_t> corrector;   // [line][16][4]: what is to be added to their bytes
  int corrections;                 // how often
  uint8_t input_flip, padding;     // padding as stored
  Epilogue epilogue;               // its bias has the zero points' share

  // Channels that go through an image together: what is interleaved stays in L1.
  size_t chunk() const {
    constexpr size_t kMost = 64, kKept = 24 * 1024;
    if (!in_columns) return kMost;
    const size_t vector = kept_lines() * columns() * kLanes * kLaneBytes;
    return std::min(kMost, std::max<size_t>(kKept / std::max<size_t>(vector, 1), 1) * kLanes);
  }
  // Channels of the pixels in a row of the scratch memory, of which `channels` are used.
  size_t pitch(size_t channels) const { return flat ? channels : round_up(channels, kLanes); }
  // Of a row's columns, interleaved lines have each, or every second one where no tap begins at
  // the others.
  size_t column_step() const {
    return in_columns && geometry.stride_width % kLaneColumns == 0 ? kLaneColumns : 1;
  }
  size_t columns() const { return (geometry.padded_width() + column_step() - 1) / column_step(); }
  // Interleaved lines that are kept: all that lie between the filter's first row and its last,
  // so that the next output row finds them; but no more than some.
  size_t kept_lines() const {
    const size_t all = (geometry.filter_height - 1) * geometry.dilation_height + 1;
    return in_columns && all <= kMostKept ? all : lines;
  }
  static constexpr size_t kMostKept = 32;
};

struct DepthwiseArgs {
  const DepthwiseWeights* weights;
  const uint8_t* input;       // one image
  uint8_t* output;            // of the image's row first_row
  size_t first_row, end_row;  // of the output, to compute
  size_t first_channel, end_channel;
  uint8_t* scratch;  // DepthwiseScratch's size, aligned to 64
  // What the image was quantized by, if it was; its padding is then the zero point.
  const QuantizedRow* quantized = nullptr;

  uint8_t padding() const {
    return quantized == nullptr ? weights->padding : static_cast<uint8_t>(quantized->zero_point);
  }
};

// A kernel's working memory, carved out of one piece.
struct DepthwiseScratch {
  DepthwiseScratch(const DepthwiseWeights& w, uint8_t* start) {
    const WindowGeometry& g = w.geometry;
    const size_t channels = g.output_channels;
    // Vectors are read and written whole, so each part has room for one more.
    row_bytes = round_up(g.input_width * channels + 64, 64);
    const size_t pitch = w.pitch(std::min(channels, w.chunk()));
    const size_t values = g.padded_width() * pitch;
    line_bytes = round_up(w.columns() * pitch * kLaneBytes + 128, 64);
    padding = start;
    repeated = padding + row_bytes;
    padded = repeated + (w.multiplier == 1 ? 0 : g.filter_height * row_bytes);
    // Taps of the last pair may reach behind the columns.
    padded_bytes = w.in_columns ? round_up(values + g.dilation_width * pitch + 64, 64) : 0;
    outside = padded + padded_bytes;
    lines = reinterpret_cast<const uint8_t**>(outside + (w.in_columns ? line_bytes : 0));
    kept = reinterpret_cast<size_t*>(lines + w.lines);
    const uint8_t* end = reinterpret_cast<uint8_t*>(kept + w.kept_lines());
    interleaved = start + round_up(static_cast<size_t>(end - start), 64);
    size = static_cast<size_t>(interleaved - start) + w.kept_lines() * line_bytes;
  }

  size_t row_bytes, line_bytes, padded_bytes, size;
  uint8_t* padding;       // a row of the input's zero point
  uint8_t* repeated;      // rows whose channels are repeated for the multiplier
  uint8_t* padded;        // a row between its padding, of some channels
  uint8_t* outside;       // an interleaved line of padding
  const uint8_t** lines;  // under an output row
  size_t* kept;           // rows that the kept lines are of
  uint8_t* interleaved;   // [kept line][padded column][channel][lane]
};

}  // namespace intlite
