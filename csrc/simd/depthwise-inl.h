// depthwise-inl.h: depthwise convolution, row by row: the input rows under the filter are
// interleaved, then each 16 channels of some neighbouring outputs are one dot4 for each tap of
// a line. Included once per instruction set, after its Interleaver (depthwise-dot4_rows-inl.h
// or depthwise-dot2_columns-inl.h).

// Outputs whose accumulators the registers hold, a multiple of 4.
constexpr int kOutputs = Isa::kDepthwiseOutputs;

template <class End>
constexpr bool kIsImageEnd = std::is_same_v<typename End::Store, RealStore>;

// Some channels of one output row.
struct DepthwiseRow {
  const DepthwiseWeights& w;
  DepthwiseChunk chunk;  // 16 lanes where the row is flat
  const uint8_t* const* lines;
  uint8_t* output;  // of the chunk's first channel
  const QuantizedRow* quantized;

  template <class End>
  INTLITE_INLINE End end(size_t channel) const {
    if constexpr (kIsImageEnd<End>)
      return End(w.epilogue, channel, *quantized);
    else
      return End(w.epilogue, channel);
  }
};

// Outputs of 16 lanes each, `step` interleaved bytes apart; only `lanes` are stored.
struct DepthwiseOutputs {
  size_t offset;  // of the first one's input, in each line
  size_t step, count;
  size_t channel;  // in the filter and the epilogue
  size_t lanes;
  uint8_t* output;
  size_t output_step;
};

// The first `count` of them, where there are so many.
template <class End>
INTLITE_INLINE void store_outputs(const End& end, const I32* acc, const DepthwiseOutputs& o,
                                  uint8_t* out, size_t count) {
  INTLITE_UNROLL
  for (size_t i = 0; i < kOutputs; i += kStagedVectors) {
    typename End::Store::Vector y[kStagedVectors];
    end(acc + i, y);
    INTLITE_UNROLL
    for (size_t k = 0; k < kStagedVectors; ++k, out += o.output_step) {
      if (i + k >= count) return;
      if (o.lanes == kLanes)
        End::Store::whole(out, y[k]);
      else
        End::Store::first(out, y[k], o.lanes);
    }
  }
}

// How far apart things lie.
struct DepthwiseSteps {
  explicit DepthwiseSteps(const DepthwiseRow& row)
      : tap(row.w.geometry.dilation_width * row.chunk.pitch * kLaneBytes *
            (row.w.in_columns ? kLaneColumns : 1) / row.w.column_step()),
        filter(row.w.padded_channels * kLaneBytes) {}
  size_t tap, filter;
};

// Several products that are begun before the first sum need registers; a dot4 that is one
// instruction has no such middle.
constexpr int kTapsAtOnce = kActivationBytes == 1 ? 16 : 1;

// Filters of kLines by kTaps, rows of kCount outputs and more, 16 channels: with nothing left to
// decide. The last ones may have been among those before.
template <int kLines, int kTaps, size_t kCount, class End>
INTLITE_NOINLINE void unrolled_outputs(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  const DepthwiseSteps steps(row);
  const End end = row.end<End>(o.channel);
  const I32 start = load(row.w.epilogue.bias.data() + o.channel);
  const int8_t* filter = row.w.filter.get() + o.channel * kLaneBytes;
  for (size_t first = 0; first < o.count; first += kCount) {
    const size_t begin = std::min(first, o.count - kCount);
    I32 acc[kCount];
    INTLITE_UNROLL
    for (size_t i = 0; i < kCount; ++i) acc[i] = start;
    const int8_t* weights = filter;
    INTLITE_UNROLL_BY(kTapsAtOnce)
    for (int line = 0; line < kLines; ++line) {
      const uint8_t* input = row.lines[line] + o.offset + begin * o.step;
      INTLITE_UNROLL_BY(kTapsAtOnce)
      for (int tap = 0; tap < kTaps; ++tap, weights += steps.filter, input += steps.tap) {
        const Taps b = load_taps(weights);
        INTLITE_UNROLL
        for (size_t i = 0; i < kCount; ++i)
          acc[i] = dot4(acc[i], load_pixels(input + i * o.step), b);
      }
    }
    uint8_t* out = o.output + begin * o.output_step;
    INTLITE_UNROLL
    for (size_t i = 0; i < kCount; i += kStagedVectors) {
      typename End::Store::Vector y[kStagedVectors];
      end(acc + i, y);
      INTLITE_UNROLL
      for (size_t k = 0; k < kStagedVectors; ++k, out += o.output_step)
        End::Store::whole(out, y[k]);
    }
  }
}

// How many lines and taps a filter of so many rows and columns has.
constexpr int filter_lines(int rows) { return kActivationBytes == 1 ? (rows + 3) / 4 : rows; }
constexpr int filter_taps(int columns) {
  return kActivationBytes == 1 ? columns : (columns + 1) / 2;
}

template <int kSize, class End>
bool run_unrolled(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  constexpr int kLines = filter_lines(kSize), kTaps = filter_taps(kSize);
  constexpr size_t kMost = kOutputs, kFew = kStagedVectors;
  if (row.w.lines != kLines || row.w.taps != kTaps || o.count < kFew) return false;
  const size_t left = o.count % kMost;
  if (o.count < kMost) {
    unrolled_outputs<kLines, kTaps, kFew, End>(row, o);
  } else if (left == 0 || left > kFew) {
    unrolled_outputs<kLines, kTaps, kMost, End>(row, o);
  } else {
    DepthwiseOutputs whole = o, last = o;
    whole.count = o.count - left;
    last.count = kFew;
    last.offset += (o.count - kFew) * o.step;
    last.output += (o.count - kFew) * o.output_step;
    unrolled_outputs<kLines, kTaps, kMost, End>(row, whole);
    unrolled_outputs<kLines, kTaps, kFew, End>(row, last);
  }
  return true;
}

// Whether it was such a case.
template <class End>
bool run_unrolled(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  return o.lanes == kLanes && (run_unrolled<3, End>(row, o) || run_unrolled<5, End>(row, o));
}

template <bool kCorrect, class End>
void depthwise_outputs(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  constexpr bool kRare =
      std::is_same_v<End, DoubleEnd> || std::is_same_v<End, ImageEnd<RealFormula::kScalesFirst>>;
  if constexpr (Isa::kDepthwiseUnrolled && !kCorrect && !kRare)
    if (run_unrolled<End>(row, o)) return;
  const DepthwiseWeights& w = row.w;
  const DepthwiseSteps steps(row);
  const End end = row.end<End>(o.channel);
  const I32 start = load(w.epilogue.bias.data() + o.channel);
  size_t next = o.offset;
  for (size_t first = 0; first < o.count; first += kOutputs) {
    I32 acc[kOutputs];
    size_t at[kOutputs];
    INTLITE_UNROLL
    for (size_t i = 0; i < kOutputs; ++i) {
      acc[i] = start;
      at[i] = next;
      // Those behind the last one repeat it, and are not stored.
      next += first + i + 1 < o.count ? o.step : 0;
    }
    const int8_t* filter = w.filter.get() + o.channel * kLaneBytes;
    for (size_t line = 0; line < w.lines; ++line) {
      const uint8_t* input = row.lines[line];
      for (size_t j = 0; j < w.taps; ++j, filter += steps.filter, input += steps.tap) {
        const Taps b = load_taps(filter);
        INTLITE_UNROLL
        for (size_t i = 0; i < kOutputs; ++i) {
          const Pixels x = load_pixels(input + at[i]);
          acc[i] = dot4(acc[i], x, b);
          if constexpr (kCorrect) {
            const Taps z = load_taps(w.corrector.data() + line * kGroupBytes);
            for (int n = 0; n < w.corrections; ++n) acc[i] = dot4(acc[i], x, z);
          }
        }
      }
    }
    store_outputs(end, acc, o, o.output + first * o.output_step, o.count - first);
  }
}

// One output, as of an image that the filter covers: the others would only repeat it.
template <class End>
void depthwise_output(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  const DepthwiseWeights& w = row.w;
  const DepthwiseSteps steps(row);
  const int8_t* filter = w.filter.get() + o.channel * kLaneBytes;
  I32 sum = load(w.epilogue.bias.data() + o.channel);
  for (size_t line = 0; line < w.lines; ++line) {
    const uint8_t* input = row.lines[line] + o.offset;
    for (size_t j = 0; j < w.taps; ++j, filter += steps.filter, input += steps.tap)
      sum = dot4(sum, load_pixels(input), load_taps(filter));
  }
  I32 sums[kStagedVectors];
  std::fill_n(sums, kStagedVectors, sum);
  typename End::Store::Vector y[kStagedVectors];
  row.end<End>(o.channel)(sums, y);
  if (o.lanes == kLanes)
    End::Store::whole(o.output, y[0]);
  else
    End::Store::first(o.output, y[0], o.lanes);
}

template <class End>
void depthwise_row(const DepthwiseRow& row) {
  constexpr size_t kBytes = End::Store::kValueBytes;
  const DepthwiseWeights& w = row.w;
  const WindowGeometry& g = w.geometry;
  const auto run = [&](const DepthwiseOutputs& o) {
    if (w.corrected[o.channel / kLanes] != 0)
      depthwise_outputs<true, End>(row, o);
    else if (o.count == 1)
      depthwise_output<End>(row, o);
    else
      depthwise_outputs<false, End>(row, o);
  };
  if (w.flat) {
    const size_t values = g.output_width * row.chunk.channels, whole = values / kLanes;
    const size_t step = kLanes * kLaneBytes;
    DepthwiseOutputs outputs{.offset = 0,
                             .step = step,
                             .count = whole,
                             .channel = 0,
                             .lanes = kLanes,
                             .output = row.output,
                             .output_step = kLanes * kBytes};
    run(outputs);
    outputs.offset = whole * step;
    outputs.count = 1;
    outputs.lanes = values % kLanes;
    outputs.output = row.output + whole * kLanes * kBytes;
    if (outputs.lanes != 0) run(outputs);
    return;
  }
  for (size_t c = 0; c < row.chunk.channels; c += kLanes)
    run({.offset = c * kLaneBytes,
         .step = g.stride_width / w.column_step() * row.chunk.pitch * kLaneBytes,
         .count = g.output_width,
         .channel = row.chunk.first + c,
         .lanes = std::min(row.chunk.channels - c, kLanes),
         .output = row.output + c * kBytes,
         .output_step = g.output_channels * kBytes});
}

// Of runtimes' depthwise convolutions.
inline void (*image_row(RealFormula formula))(const DepthwiseRow&) {
  return formula == RealFormula::kColumnBlocks ? depthwise_row<ImageEnd<RealFormula::kColumnBlocks>>
                                               : depthwise_row<ImageEnd<RealFormula::kScalesFirst>>;
}

void depthwise(const DepthwiseArgs& args) {
#if INTLITE_DEPTHWISE_SHUFFLE
  if (depthwise_in_registers(args)) return;
#endif
  const DepthwiseWeights& w = *args.weights;
  const WindowGeometry& g = w.geometry;
  const auto run_row = w.epilogue.is_real      ? image_row(w.epilogue.real.formula)
                       : is_fp32(w.epilogue)   ? depthwise_row<Fp32End>
                       : is_double(w.epilogue) ? depthwise_row<DoubleEnd>
                                               : depthwise_row<FixedEnd>;
  const DepthwiseScratch scratch(w, args.scratch);
  const size_t value = w.epilogue.value_bytes(), line = g.output_width * g.output_channels * value;
  // A chunk of channels goes through the whole image.
  for (size_t c = args.first_channel; c < args.end_channel; c += w.chunk()) {
    const size_t some = std::min(args.end_channel - c, w.chunk());
    const DepthwiseChunk chunk{c, some, w.pitch(some)};
    Interleaver interleaver(args, scratch, chunk);
    uint8_t* output = args.output + c * value;
    for (size_t oy = args.first_row; oy < args.end_row; ++oy, output += line)
      run_row({w, chunk, interleaver.lines(oy), output, args.quantized});
  }
}
