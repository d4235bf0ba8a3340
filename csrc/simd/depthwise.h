// depthwise.h: depthwise convolution: one filter a channel.
#pragma once

#include "gemm.h"

namespace intlite {

// Of one image, NHWC; the filter is 1HWC.
struct DepthwiseGeometry {
  size_t input_height, input_width, input_channels;
  size_t output_height, output_width;
  size_t filter_height, filter_width;
  size_t stride_height, stride_width;
  size_t dilation_height, dilation_width;
  size_t pad_top, pad_left;
  size_t multiplier;  // output channel c reads input channel c / multiplier

  size_t output_channels() const { return input_channels * multiplier; }
  // Columns of the padded image that any output reads.
  size_t padded_width() const {
    return output_width == 0
               ? 0
               : (output_width - 1) * stride_width + (filter_width - 1) * dilation_width + 1;
  }
};

// The filter's rows are taken four at a time, or two where activations have 16 bits: those of
// the input lie side by side, channel by channel, four bytes each, so that one dot4 multiplies
// a column of the filter.
constexpr size_t kLaneBytes = 4;
// Channels that go through an image together: their interleaved rows stay in L1.
constexpr size_t kDepthwiseChannels = 64;

struct DepthwiseWeights {
  DepthwiseGeometry geometry;
  // A few channels at stride 1: rows are run as one vector after the other, whose 16 lanes
  // hold several pixels. Filter and epilogue then repeat the channels over 16 lanes.
  bool flat;
  size_t row_groups;       // filter rows by those taken at a time, rounded up
  size_t padded_channels;  // a multiple of 16
  // [row group][column][padded channel] of four signed bytes, or of two values of 16 bits with
  // the zero point taken off.
  AlignedArray<int8_t> filter;
  // [row group][16][4]: -zero point of a byte filter, or 0
  std::vector<int8_t> corrector;
  int corrections;              // how often it is added: 0 where there is no zero point
  uint8_t input_flip, padding;  // padding as stored
  Epilogue epilogue;            // its bias has the zero points' share

  // Channels of the pixels in a row of the scratch memory, of which `channels` are used.
  size_t pitch(size_t channels) const { return flat ? channels : round_up(channels, kLanes); }
};

struct DepthwiseArgs {
  const DepthwiseWeights* weights;
  const uint8_t* input;       // one image
  uint8_t* output;            // one image
  size_t first_row, end_row;  // of the output, to compute
  uint8_t* scratch;           // DepthwiseScratch's size, aligned to 64
};

// A kernel's working memory, carved out of one piece.
struct DepthwiseScratch {
  DepthwiseScratch(const DepthwiseWeights& w, uint8_t* start) {
    const DepthwiseGeometry& g = w.geometry;
    const size_t channels = g.output_channels();
    // Vectors are read and written whole, so each part has room for one more.
    row_bytes = round_up(g.input_width * channels + 64, 64);
    const size_t pitch = w.pitch(std::min(channels, kDepthwiseChannels));
    group_bytes = round_up(g.padded_width() * pitch * kLaneBytes + 128, 64);
    padding = start;
    repeated = padding + row_bytes;
    interleaved = repeated + (g.multiplier == 1 ? 0 : g.filter_height * row_bytes);
    size = static_cast<size_t>(interleaved - start) + w.row_groups * group_bytes;
  }

  size_t row_bytes, group_bytes, size;
  uint8_t* padding;      // a row of the input's zero point
  uint8_t* repeated;     // rows whose channels are repeated for the multiplier
  uint8_t* interleaved;  // [row group][padded column][channel][4 rows]
};

}  // namespace intlite
