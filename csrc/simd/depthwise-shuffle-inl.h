// depthwise-shuffle-inl.h: 3x3, 5x5 and 7x7 filters whose pixels are interleaved in registers,
// column after column, and never stored: for instruction sets that have 32 of them. At stride 1 the
// rows side by side in a lane serve two rows of the output. Included after
// depthwise-dot4_rows-inl.h.

// Some rows of the output, 16 channels wide.
template <size_t kLines>
struct RegisterRows {
  const DepthwiseWeights& w;
  uint8_t padding;  // as stored
  // Of the image, from their first column's first channel.
  const uint8_t* rows[kLines][kLaneRows];
  size_t channel;
  uint8_t* output;  // of the first row's first pixel
};

// A column of the padded image, of which `x`, modulo 2^64, counts the image's own.
template <size_t kLines>
INTLITE_INLINE void load_column(const RegisterRows<kLines>& r, size_t x, Pixels (&column)[kLines]) {
  const WindowGeometry& g = r.w.geometry;
  const uint8_t flip = r.w.input_flip;
  if (x >= g.input_width) {
    INTLITE_UNROLL
    for (size_t l = 0; l < kLines; ++l)
      column[l] = set1_pixels(static_cast<uint8_t>(r.padding ^ flip));
    return;
  }
  const size_t at = x * g.input_channels;
  INTLITE_UNROLL
  for (size_t l = 0; l < kLines; ++l) {
    const uint8_t* const pixels[kLaneRows] = {r.rows[l][0] + at, r.rows[l][1] + at,
                                              r.rows[l][2] + at, r.rows[l][3] + at};
    column[l] = interleave(pixels, flip);
  }
}

// Lines of a filter's rows, and those of kRows rows of the output.
template <size_t kSide, size_t kRows>
constexpr size_t kRegisterLines = (kSide + kRows - 1 + kLaneRows - 1) / kLaneRows;

// kRows rows of the output at once: the second one's taps are the first one's, a row lower.
template <size_t kSide, size_t kStride, size_t kRows, class End,
          size_t kLines = kRegisterLines<kSide, kRows>>
INTLITE_NOINLINE void filter_rows(const RegisterRows<kLines>& r, const End& end) {
  constexpr size_t kColumns = kStagedVectors / kRows;  // of the output, together
  constexpr size_t kNew = kColumns * kStride, kOld = kSide - kStride;
  static_assert(kLines == kRegisterLines<kSide, 1>, "no line of the second row's alone");
  const DepthwiseWeights& w = r.w;
  const WindowGeometry& g = w.geometry;
  const size_t pixel = g.output_channels * End::Store::kValueBytes, line = g.output_width * pixel;
  Taps taps[kRows][kLines][kSide];
  const int8_t* filter = w.filter.get() + r.channel * kLaneBytes;
  INTLITE_UNROLL
  for (size_t l = 0; l < kLines; ++l) INTLITE_UNROLL
  for (size_t j = 0; j < kSide; ++j, filter += w.padded_channels * kLaneBytes) {
    taps[0][l][j] = load_taps(filter);
    if constexpr (kRows == 2)
      taps[1][l][j] = l == 0 ? a_row_lower(taps[0][l][j])
                             : a_row_lower(taps[0][l][j], taps[0][l == 0 ? 0 : l - 1][j]);
  }
  const I32 start = load(w.epilogue.bias.data() + r.channel);
  Pixels columns[kOld + kNew][kLines];
  size_t x = size_t{0} - g.pad_left;
  INTLITE_UNROLL
  for (size_t k = 0; k < kOld; ++k) load_column(r, x++, columns[k]);
  uint8_t* out = r.output;
  for (size_t ox = 0; ox < g.output_width; ox += kColumns) {
    INTLITE_UNROLL
    for (size_t k = 0; k < kNew; ++k) load_column(r, x++, columns[kOld + k]);
    I32 acc[kStagedVectors];
    INTLITE_UNROLL
    for (size_t i = 0; i < kStagedVectors; ++i) acc[i] = start;
    INTLITE_UNROLL
    for (size_t l = 0; l < kLines; ++l) INTLITE_UNROLL
    for (size_t j = 0; j < kSide; ++j) INTLITE_UNROLL
    for (size_t i = 0; i < kStagedVectors; ++i)
      acc[i] = dot4(acc[i], columns[i / kRows * kStride + j][l], taps[i % kRows][l][j]);
    typename End::Store::Vector y[kStagedVectors];
    end(acc, y);
    INTLITE_UNROLL
    for (size_t i = 0; i < kStagedVectors; i += kRows, out += pixel) {
      if (ox + i / kRows >= g.output_width) return;
      End::Store::whole(out, y[i]);
      if constexpr (kRows == 2) End::Store::whole(out + line, y[i + 1]);
    }
    INTLITE_UNROLL
    for (size_t k = 0; k < kOld; ++k) INTLITE_UNROLL
    for (size_t l = 0; l < kLines; ++l) columns[k][l] = columns[kNew + k][l];
  }
}

// An End whose channel changes.
template <class End>
class EndOfImage {
 public:
  explicit EndOfImage(const DepthwiseArgs& args) : e_(args.weights->epilogue), end_(e_) {}
  INTLITE_INLINE const End& of(size_t channel) {
    end_.set_channel(e_, channel);
    return end_;
  }

 private:
  const Epilogue& e_;
  End end_;
};
template <RealFormula kFormula>
class EndOfImage<ImageEnd<kFormula>> {
 public:
  using End = ImageEnd<kFormula>;
  explicit EndOfImage(const DepthwiseArgs& args) : args_(args) {}
  INTLITE_INLINE End of(size_t channel) const {
    return {args_.weights->epilogue, channel, *args_.quantized};
  }

 private:
  const DepthwiseArgs& args_;
};

template <size_t kSide, class End>
void filter_image(const DepthwiseArgs& args) {
  constexpr size_t kLines = kRegisterLines<kSide, 2>;
  const DepthwiseWeights& w = *args.weights;
  const WindowGeometry& g = w.geometry;
  const DepthwiseScratch scratch(w, args.scratch);
  RowFinder finder(args, scratch);
  EndOfImage<End> end(args);
  constexpr size_t kBytes = End::Store::kValueBytes;
  const size_t line = g.output_width * g.output_channels * kBytes, last = args.end_channel - kLanes;
  size_t rows = 1;
  uint8_t* output = args.output;
  for (size_t oy = args.first_row; oy < args.end_row; oy += rows, output += rows * line) {
    rows = g.stride_height == 1 && args.end_row - oy >= 2 ? 2 : 1;
    const uint8_t *from[kLines][kLaneRows], *ends[kLaneRows];
    for (size_t l = 0; l < kLines; ++l)
      finder.find(oy, l * kLaneRows, kSide - 1 + rows, from[l], ends);
    for (size_t block = args.first_channel; block < args.end_channel; block += kLanes) {
      const size_t c = std::min(block, last);  // the last ones may have been among those before
      const End& of_channel = end.of(c);
      RegisterRows<kLines> r{w, args.padding(), {}, c, output + c * kBytes};
      for (size_t l = 0; l < kLines; ++l)
        for (size_t i = 0; i < kLaneRows; ++i) r.rows[l][i] = from[l][i] + c;
      if (g.stride_height == 2)
        filter_rows<kSide, 2, 1>(r, of_channel);
      else if (rows == 2)
        filter_rows<kSide, 1, 2>(r, of_channel);
      else
        filter_rows<kSide, 1, 1>(r, of_channel);
    }
  }
}

template <class End>
void filter_images(const DepthwiseArgs& args) {
  const size_t side = args.weights->geometry.filter_height;
  (side == 3   ? filter_image<3, End>
   : side == 5 ? filter_image<5, End>
               : filter_image<7, End>)(args);
}

// Whether it was such a case.
inline bool depthwise_in_registers(const DepthwiseArgs& args) {
  const DepthwiseWeights& w = *args.weights;
  const WindowGeometry& g = w.geometry;
  const size_t side = g.filter_height;
  if (side < 3 || side > 7 || side % 2 == 0 || g.filter_width != side ||
      g.stride_height != g.stride_width || g.stride_height > 2 || g.dilation_height != 1 ||
      g.dilation_width != 1 || w.multiplier != 1 || is_double(w.epilogue))
    return false;
  const bool is_real = w.epilogue.is_real;
  if (is_real && w.epilogue.real.formula != RealFormula::kColumnBlocks) return false;
  if (args.end_channel - args.first_channel < kLanes) return false;
  for (size_t c = args.first_channel; c < args.end_channel; c += kLanes)
    if (w.corrected[c / kLanes] != 0) return false;
  if (is_real)
    filter_images<ImageEnd<RealFormula::kColumnBlocks>>(args);
  else if (is_fp32(w.epilogue))
    filter_images<Fp32End>(args);
  else
    filter_images<FixedEnd>(args);
  return true;
}
