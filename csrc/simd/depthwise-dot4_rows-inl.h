// depthwise-dot4_rows-inl.h: four rows side by side in a lane, anew for each output row.

static_assert(kActivationBytes == 1, "four rows fill a lane");

// Rows of the image that meet four of the filter's, those outside made of padding. They may be
// read up to their ends.
class RowFinder {
 public:
  RowFinder(const DepthwiseArgs& args, const DepthwiseScratch& scratch)
      : args_(args), scratch_(scratch) {}

  // From the filter's row `first` on, over output row oy; behind its row `end` they are met by
  // no weights, and like the first.
  void find(size_t oy, size_t first, size_t end, const uint8_t** rows, const uint8_t** ends) {
    const WindowGeometry& g = args_.weights->geometry;
    for (size_t i = 0; i < kLaneRows; ++i) {
      const size_t tap = first + i;
      // Before the image wraps around to huge: one comparison finds both sides.
      const size_t y = oy * g.stride_height + tap * g.dilation_height - g.pad_top;
      if (tap >= end) {
        rows[i] = rows[0];
        ends[i] = ends[0];
      } else if (y < g.input_height) {
        rows[i] = input_row(args_, scratch_, y, tap, ends[i]);
      } else {
        rows[i] = padding_row();
        ends[i] = scratch_.padding + scratch_.row_bytes;
      }
    }
  }

 private:
  // Made when it is first wanted: most calls want none.
  const uint8_t* padding_row() {
    if (!has_padding_) std::memset(scratch_.padding, args_.padding(), scratch_.row_bytes);
    has_padding_ = true;
    return scratch_.padding;
  }

  const DepthwiseArgs& args_;
  const DepthwiseScratch& scratch_;
  bool has_padding_ = false;
};

class Interleaver {
 public:
  Interleaver(const DepthwiseArgs& args, const DepthwiseScratch& scratch,
              const DepthwiseChunk& chunk)
      : args_(args), scratch_(scratch), chunk_(chunk), finder_(args, scratch) {}

  // Those under an output row.
  const uint8_t* const* lines(size_t oy) {
    const DepthwiseWeights& w = *args_.weights;
    for (size_t line = 0; line < w.lines; ++line) {
      const uint8_t *rows[kLaneRows], *ends[kLaneRows];
      finder_.find(oy, line * kLaneRows, w.geometry.filter_height, rows, ends);
      uint8_t* to = scratch_.interleaved + line * scratch_.line_bytes;
      interleave_rows(rows, ends, to);
      scratch_.lines[line] = to;
    }
    return scratch_.lines;
  }

 private:
  void interleave_rows(const uint8_t* const* rows, const uint8_t* const* ends, uint8_t* to) const {
    const DepthwiseWeights& w = *args_.weights;
    const WindowGeometry& g = w.geometry;
    const size_t pixel = g.output_channels, column = chunk_.pitch * kLaneBytes;
    const PaddedLine line = g.line();
    const int padding = args_.padding() ^ w.input_flip;
    std::memset(to, padding, line.left * column);
    to += line.left * column;
    // Only in the image's last rows can a vector reach behind it.
    bool at_end = false;
    for (size_t i = 0; i < kLaneRows; ++i)
      at_end |=
          static_cast<size_t>(ends[i] - rows[i]) < (line.skipped + line.inside) * pixel + kLanes;
    if (at_end)
      interleave_pixels<true>(rows, ends, line, to);
    else
      interleave_pixels<false>(rows, ends, line, to);
    to += line.inside * column;
    std::memset(to, padding, (g.padded_width() - line.left - line.inside) * column);
  }

  template <bool kAtEnd>
  void interleave_pixels(const uint8_t* const* rows, const uint8_t* const* ends, PaddedLine line,
                         uint8_t* to) const {
    const DepthwiseWeights& w = *args_.weights;
    const size_t pixel = w.geometry.output_channels, pitch = chunk_.pitch;
    const uint8_t flip = w.input_flip;
    const auto vector = [&](size_t from, uint8_t* out) INTLITE_INLINE_LAMBDA {
      const uint8_t* at[kLaneRows];
      uint8_t safe[kLaneRows][kLanes];
      INTLITE_UNROLL
      for (size_t i = 0; i < kLaneRows; ++i) {
        at[i] = rows[i] + from;
        if (kAtEnd && static_cast<size_t>(ends[i] - at[i]) < kLanes) {
          std::memcpy(safe[i], at[i], static_cast<size_t>(ends[i] - at[i]));
          at[i] = safe[i];
        }
      }
      interleave(out, at, flip);
    };
    if (w.flat) {
      const size_t first = line.skipped * pixel, values = line.inside * pixel;
      for (size_t i = 0; i < values; i += kLanes) vector(first + i, to + i * kLaneBytes);
      return;
    }
    size_t first = line.skipped * pixel + chunk_.first;
    for (size_t x = 0; x < line.inside; ++x, first += pixel)
      for (size_t c = 0; c < pitch; c += kLanes, to += kLanes * kLaneBytes) vector(first + c, to);
  }

  const DepthwiseArgs& args_;
  const DepthwiseScratch& scratch_;
  DepthwiseChunk chunk_;
  RowFinder finder_;
};
