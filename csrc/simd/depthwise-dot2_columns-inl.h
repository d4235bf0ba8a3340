// depthwise-dot2_columns-inl.h: two columns of a row side by side in a lane, so that a line that
// is interleaved once serves all output rows whose filters meet it.

static_assert(kActivationBytes == 2, "two columns fill a lane");

class Interleaver {
 public:
  Interleaver(const DepthwiseArgs& args, const DepthwiseScratch& scratch,
              const DepthwiseChunk& chunk)
      : args_(args), scratch_(scratch), chunk_(chunk), kept_(args.weights->kept_lines()) {
    const DepthwiseWeights& w = *args.weights;
    const uint16_t padding = static_cast<uint8_t>(args.padding() ^ w.input_flip);
    for (size_t i = 0; i < scratch.line_bytes; i += sizeof(padding))
      std::memcpy(scratch.outside + i, &padding, sizeof(padding));
    for (size_t slot = 0; slot < kept_; ++slot) scratch.kept[slot] = SIZE_MAX;
  }

  // Those under an output row.
  const uint8_t* const* lines(size_t oy) const {
    const DepthwiseWeights& w = *args_.weights;
    const WindowGeometry& g = w.geometry;
    for (size_t line = 0; line < w.lines; ++line) {
      // Before the image wraps around to huge: one comparison finds both sides.
      const size_t y = oy * g.stride_height + line * g.dilation_height - g.pad_top;
      if (y >= g.input_height) {
        scratch_.lines[line] = scratch_.outside;
        continue;
      }
      const size_t slot = kept_ == w.lines && g.dilation_height != 1 ? line : y % kept_;
      uint8_t* to = scratch_.interleaved + slot * scratch_.line_bytes;
      if (scratch_.kept[slot] != y) interleave_row(y, to);
      scratch_.kept[slot] = y;
      scratch_.lines[line] = to;
    }
    return scratch_.lines;
  }

 private:
  void interleave_row(size_t y, uint8_t* to) const {
    const DepthwiseWeights& w = *args_.weights;
    const WindowGeometry& g = w.geometry;
    pad_row(y);
    const size_t pitch = chunk_.pitch, pair = g.dilation_width * pitch;
    const auto vector = [&](size_t i, uint8_t* out) {
      const uint8_t* at[kLaneColumns] = {scratch_.padded + i, scratch_.padded + i + pair};
      interleave(out, at, w.input_flip);
    };
    const size_t step = w.column_step(), columns = w.columns();
    if (step == 1) {
      for (size_t i = 0; i < columns * pitch; i += kLanes) vector(i, to + i * kLaneBytes);
      return;
    }
    for (size_t x = 0; x < columns; ++x)
      for (size_t c = 0; c < pitch; c += kLanes, to += kLanes * kLaneBytes)
        vector(x * step * pitch + c, to);
  }

  // The row's columns, of the chunk's channels, between their padding.
  void pad_row(size_t y) const {
    const DepthwiseWeights& w = *args_.weights;
    const WindowGeometry& g = w.geometry;
    const size_t pixel = g.output_channels, pitch = chunk_.pitch;
    const PaddedLine line = g.line();
    const uint8_t* end;
    const uint8_t* row = input_row(args_, scratch_, y, 0, end) + line.skipped * pixel;
    row += chunk_.first;
    uint8_t* to = scratch_.padded;
    std::memset(to, args_.padding(), line.left * pitch);
    to += line.left * pitch;
    if (pitch == pixel)
      std::memcpy(to, row, line.inside * pixel);
    else
      for (size_t x = 0; x < line.inside; ++x, row += pixel) copy_pixel(row, end, to + x * pitch);
    to += line.inside * pitch;
    std::memset(to, args_.padding(), scratch_.padded_bytes - (line.left + line.inside) * pitch);
  }

  // By whole vectors: the next pixel's channels, behind the chunk's, meet no weights.
  INTLITE_INLINE void copy_pixel(const uint8_t* from, const uint8_t* end, uint8_t* to) const {
    for (size_t c = 0; c < chunk_.pitch; c += kLanes) {
      const size_t left = static_cast<size_t>(end - from) - c;
      if (left >= kLanes)
        store_bytes16(to + c, load_bytes16(from + c));
      else
        std::memcpy(to + c, from + c, left);
    }
  }

  const DepthwiseArgs& args_;
  const DepthwiseScratch& scratch_;
  DepthwiseChunk chunk_;
  size_t kept_;
};
