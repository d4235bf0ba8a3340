// depthwise-registers-inl.h: 3x3 filters whose pixels are interleaved in registers, column after
// column, and never stored: for instruction sets that have 32 of them. At stride 1 the four rows
// of a lane serve two rows of the output.

constexpr size_t kFilterSide = 3;

// Some rows of the output, 16 channels wide.
struct RegisterRows {
  const DepthwiseWeights& w;
  const uint8_t* rows[kLaneRows];  // of the image, from their first column's first channel
  size_t channel;
  uint8_t* output;  // of the first row's first pixel
};

// A column of the padded image, of which `x`, modulo 2^64, counts the image's own.
INTLITE_INLINE Pixels column_of(const RegisterRows& r, size_t x) {
  const DepthwiseGeometry& g = r.w.geometry;
  if (x >= g.input_width) return set1_pixels(static_cast<uint8_t>(r.w.padding ^ r.w.input_flip));
  const size_t at = x * g.input_channels;
  const uint8_t* const rows[kLaneRows] = {r.rows[0] + at, r.rows[1] + at, r.rows[2] + at,
                                          r.rows[3] + at};
  return interleave(rows, r.w.input_flip);
}

// kRows rows of the output at once: the second one's taps are the first one's, a row lower.
template <size_t kStride, size_t kRows>
INTLITE_NOINLINE void filter_rows(const RegisterRows& r, const Fp32End& end) {
  constexpr size_t kColumns = kStagedVectors / kRows;  // of the output, together
  constexpr size_t kNew = kColumns * kStride, kOld = kFilterSide - kStride;
  const DepthwiseWeights& w = r.w;
  const DepthwiseGeometry& g = w.geometry;
  const size_t channels = g.output_channels(), line = g.output_width * channels;
  Taps taps[kRows][kFilterSide];
  INTLITE_UNROLL
  for (size_t j = 0; j < kFilterSide; ++j) {
    taps[0][j] = load_taps(w.filter.get() + (j * w.padded_channels + r.channel) * kLaneBytes);
    if constexpr (kRows == 2) taps[1][j] = a_row_lower(taps[0][j]);
  }
  const I32 start = load(w.epilogue.bias.data() + r.channel);
  Pixels columns[kOld + kNew];
  size_t x = size_t{0} - g.pad_left;
  INTLITE_UNROLL
  for (size_t k = 0; k < kOld; ++k) columns[k] = column_of(r, x++);
  uint8_t* out = r.output;
  for (size_t ox = 0; ox < g.output_width; ox += kColumns) {
    INTLITE_UNROLL
    for (size_t k = 0; k < kNew; ++k) columns[kOld + k] = column_of(r, x++);
    I32 acc[kStagedVectors];
    INTLITE_UNROLL
    for (size_t i = 0; i < kStagedVectors; ++i) {
      acc[i] = start;
      INTLITE_UNROLL
      for (size_t j = 0; j < kFilterSide; ++j)
        acc[i] = dot4(acc[i], columns[i / kRows * kStride + j], taps[i % kRows][j]);
    }
    Bytes16 bytes[kStagedVectors];
    finish_staged(acc, end, bytes);
    INTLITE_UNROLL
    for (size_t i = 0; i < kStagedVectors; i += kRows, out += channels) {
      if (ox + i / kRows >= g.output_width) return;
      store_bytes16(out, bytes[i]);
      if constexpr (kRows == 2) store_bytes16(out + line, bytes[i + 1]);
    }
    INTLITE_UNROLL
    for (size_t k = 0; k < kOld; ++k) columns[k] = columns[kNew + k];
  }
}

inline bool fits_registers(const DepthwiseArgs& args) {
  const DepthwiseWeights& w = *args.weights;
  const DepthwiseGeometry& g = w.geometry;
  const auto is_corrected = [&](size_t c) { return w.corrected[c / kLanes] != 0; };
  bool corrected = false;
  for (size_t c = args.first_channel; c < args.end_channel; c += kLanes)
    corrected |= is_corrected(c);
  return g.filter_height == kFilterSide && g.filter_width == kFilterSide &&
         g.dilation_height == 1 && g.dilation_width == 1 && g.multiplier == 1 &&
         g.stride_height == g.stride_width && g.stride_width <= 2 &&
         args.end_channel - args.first_channel >= kLanes && is_fp32(w.epilogue) && !corrected;
}

inline void depthwise_in_registers(const DepthwiseArgs& args) {
  const DepthwiseWeights& w = *args.weights;
  const DepthwiseGeometry& g = w.geometry;
  const DepthwiseScratch scratch(w, args.scratch);
  RowFinder finder(args, scratch);
  Fp32End end(w.epilogue.output, w.epilogue.fp32.data(), false);
  const size_t line = g.output_width * g.output_channels(), last = args.end_channel - kLanes;
  size_t rows = 1;
  uint8_t* output = args.output;
  for (size_t oy = args.first_row; oy < args.end_row; oy += rows, output += rows * line) {
    rows = g.stride_height == 1 && args.end_row - oy >= 2 ? 2 : 1;
    const uint8_t *from[kLaneRows], *ends[kLaneRows];
    finder.find(oy, 0, kFilterSide - 1 + rows, from, ends);
    for (size_t block = args.first_channel; block < args.end_channel; block += kLanes) {
      const size_t c = std::min(block, last);  // the last ones may have been among those before
      end.scale = load(w.epilogue.fp32.data() + c);
      const RegisterRows r{w, {from[0] + c, from[1] + c, from[2] + c, from[3] + c}, c, output + c};
      if (g.stride_height == 2)
        filter_rows<2, 1>(r, end);
      else if (rows == 2)
        filter_rows<1, 2>(r, end);
      else
        filter_rows<1, 1>(r, end);
    }
  }
}
