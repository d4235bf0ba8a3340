// depthwise-inl.h: depthwise convolution, row by row: the input rows under the filter are
// interleaved, then each 16 channels of some neighbouring outputs are one dot4 for each tap of
// a line. Included once per instruction set, after its Interleaver (depthwise-rows-inl.h or
// depthwise-columns-inl.h).

// Outputs whose accumulators the registers hold, a multiple of 4.
constexpr int kOutputs = INTLITE_DEPTHWISE_OUTPUTS;

// Some channels of one output row.
struct DepthwiseRow {
  const DepthwiseWeights& w;
  DepthwiseChunk chunk;  // 16 lanes where the row is flat
  const uint8_t* const* lines;
  uint8_t* output;  // of the chunk's first channel
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

template <bool kUnsigned>
INTLITE_INLINE void store_outputs_fp32(const Epilogue& e, const I32* acc, const DepthwiseOutputs& o,
                                       uint8_t* out, size_t count) {
  const F32 scale = load(e.fp32.data() + o.channel);
  const F32 scales[4] = {scale, scale, scale, scale};
  INTLITE_UNROLL
  for (size_t i = 0; i < kOutputs; i += 4, out += 4 * o.output_step) {
    const I32 sums[4] = {acc[i], acc[i + 1], acc[i + 2], acc[i + 3]};
    const Bytes bytes = finish_fp32<kUnsigned>(sums, scales, e.output);
    if (count >= i + 4 && o.lanes == kLanes && o.output_step == kLanes) {
      store_bytes<0, 4>(out, bytes, 4 * kLanes);
      continue;
    }
    if (count > i) store_bytes<0, 1>(out, bytes, o.lanes);
    if (count > i + 1) store_bytes<1, 1>(out + o.output_step, bytes, o.lanes);
    if (count > i + 2) store_bytes<2, 1>(out + 2 * o.output_step, bytes, o.lanes);
    if (count > i + 3) store_bytes<3, 1>(out + 3 * o.output_step, bytes, o.lanes);
  }
}

// Accumulators of float products have their bias already; finish_rows adds it to the others.
INTLITE_INLINE void store_outputs(const Epilogue& e, const I32* acc, const DepthwiseOutputs& o,
                                  uint8_t* out, size_t count) {
  if (is_fp32(e)) {
    if (e.output.min < 0)
      store_outputs_fp32<false>(e, acc, o, out, count);
    else
      store_outputs_fp32<true>(e, acc, o, out, count);
    return;
  }
  int32_t sums[(kOutputs + 1) * kLanes];  // a tail's vectors reach past the last channel
  for (size_t i = 0; i < kOutputs; ++i) store(sums + i * kLanes, acc[i]);
  const size_t rows = std::min<size_t>(count, kOutputs);
  finish_rows(
      {e, e.bias.data(), sums, kLanes, nullptr, rows, o.channel, o.lanes, out, o.output_step});
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

// Filters of kLines by kTaps, rows of kCount outputs and more, 16 channels, float products: with
// nothing left to decide. The last ones may have been among those before.
template <int kLines, int kTaps, size_t kCount>
INTLITE_NOINLINE void unrolled_outputs(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  const Epilogue& e = row.w.epilogue;
  const DepthwiseSteps steps(row);
  Fp32End end(e.output);
  end.set_scale(e.fp32.data() + o.channel);
  const I32 start = load(e.bias.data() + o.channel);
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
      Bytes16 bytes[kStagedVectors];
      finish_staged(acc + i, end, bytes);
      INTLITE_UNROLL
      for (size_t k = 0; k < kStagedVectors; ++k, out += o.output_step)
        store_bytes16(out, bytes[k]);
    }
  }
}

// How many lines and taps a filter of so many rows and columns has.
constexpr int filter_lines(int rows) { return kActivationBytes == 1 ? (rows + 3) / 4 : rows; }
constexpr int filter_taps(int columns) {
  return kActivationBytes == 1 ? columns : (columns + 1) / 2;
}

template <int kSize>
bool run_unrolled(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  constexpr int kLines = filter_lines(kSize), kTaps = filter_taps(kSize);
  constexpr size_t kMost = kOutputs, kFew = kStagedVectors;
  if (row.w.lines != kLines || row.w.taps != kTaps || o.count < kFew) return false;
  const size_t left = o.count % kMost;
  if (o.count < kMost) {
    unrolled_outputs<kLines, kTaps, kFew>(row, o);
  } else if (left == 0 || left > kFew) {
    unrolled_outputs<kLines, kTaps, kMost>(row, o);
  } else {
    DepthwiseOutputs whole = o, last = o;
    whole.count = o.count - left;
    last.count = kFew;
    last.offset += (o.count - kFew) * o.step;
    last.output += (o.count - kFew) * o.output_step;
    unrolled_outputs<kLines, kTaps, kMost>(row, whole);
    unrolled_outputs<kLines, kTaps, kFew>(row, last);
  }
  return true;
}

// Whether it was such a case.
inline bool run_unrolled(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  if (o.lanes != kLanes || !is_fp32(row.w.epilogue)) return false;
  return run_unrolled<3>(row, o) || run_unrolled<5>(row, o);
}

template <bool kCorrect>
void depthwise_outputs(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  if (!kCorrect && run_unrolled(row, o)) return;
  const DepthwiseWeights& w = row.w;
  const DepthwiseSteps steps(row);
  const I32 start = is_fp32(w.epilogue) ? load(w.epilogue.bias.data() + o.channel) : set1(0);
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
    store_outputs(w.epilogue, acc, o, o.output + first * o.output_step, o.count - first);
  }
}

inline void depthwise_row(const DepthwiseRow& row) {
  const DepthwiseWeights& w = row.w;
  const DepthwiseGeometry& g = w.geometry;
  const auto run = [&](const DepthwiseOutputs& o) {
    if (w.corrected[o.channel / kLanes] != 0)
      depthwise_outputs<true>(row, o);
    else
      depthwise_outputs<false>(row, o);
  };
  if (w.flat) {
    const size_t values = g.output_width * row.chunk.channels, whole = values / kLanes;
    const size_t step = kLanes * kLaneBytes;
    run({0, step, whole, 0, kLanes, row.output, kLanes});
    if (values % kLanes != 0)
      run({whole * step, step, 1, 0, values % kLanes, row.output + whole * kLanes, kLanes});
    return;
  }
  for (size_t c = 0; c < row.chunk.channels; c += kLanes)
    run({c * kLaneBytes, g.stride_width / w.column_step() * row.chunk.pitch * kLaneBytes,
         g.output_width, row.chunk.first + c, std::min(row.chunk.channels - c, kLanes),
         row.output + c, g.output_channels()});
}

void depthwise(const DepthwiseArgs& args) {
#ifdef INTLITE_DEPTHWISE_IN_REGISTERS
  if (depthwise_in_registers(args)) return;
#endif
  const DepthwiseWeights& w = *args.weights;
  const DepthwiseGeometry& g = w.geometry;
  const DepthwiseScratch scratch(w, args.scratch);
  const size_t channels = g.output_channels(), line = g.output_width * channels;
  // A chunk of channels goes through the whole image.
  for (size_t c = args.first_channel; c < args.end_channel; c += w.chunk()) {
    const size_t some = std::min(args.end_channel - c, w.chunk());
    const DepthwiseChunk chunk{c, some, w.pitch(some)};
    Interleaver interleaver(args, scratch, chunk);
    uint8_t* output = args.output + c;
    for (size_t oy = args.first_row; oy < args.end_row; ++oy, output += line)
      depthwise_row({w, chunk, interleaver.lines(oy), output});
  }
}
