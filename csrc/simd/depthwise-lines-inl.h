// depthwise-lines-inl.h: what the two ways of interleaving have in common: they are a class
// Interleaver, that has the lines under each output row.

// Channels of the outputs that go through an image together.
struct DepthwiseChunk {
  size_t first, channels;
  size_t pitch;  // interleaved channels a column
};

// A row of the image, its channels repeated if the filter has several for each. What follows
// it may be read up to `end`.
inline const uint8_t* input_row(const DepthwiseArgs& args, const DepthwiseScratch& scratch,
                                size_t y, size_t tap, const uint8_t*& end) {
  const WindowGeometry& g = args.weights->geometry;
  const size_t values = g.input_width * g.input_channels;
  const uint8_t* line = args.input + y * values;
  end = args.input + g.input_height * values;
  const size_t multiplier = args.weights->multiplier;
  if (multiplier == 1) return line;
  uint8_t* to = scratch.repeated + tap * scratch.row_bytes;
  for (size_t i = 0; i < values; ++i) std::memset(to + i * multiplier, line[i], multiplier);
  end = to + scratch.row_bytes;
  return to;
}
