// depthwise-inl.h: depthwise convolution, row by row: the input rows under the filter are
// interleaved once, then each 16 channels of some neighbouring outputs are one dot4 a filter
// column. Included once per instruction set.

// Outputs whose accumulators the registers hold, a multiple of 4.
constexpr int kOutputs = INTLITE_DEPTHWISE_OUTPUTS;

// Filter rows that are multiplied at once: four bytes a channel.
constexpr size_t kGroupRows = kLaneBytes / kActivationBytes;

// Some channels of one output row.
struct DepthwiseRow {
  const DepthwiseWeights& w;
  const DepthwiseScratch& scratch;
  size_t first, channels;  // of the outputs; 16 lanes where the row is flat
  size_t pitch;            // interleaved channels a column
  uint8_t* output;         // of channel `first`
};

inline void fill_activations(uint8_t* to, int value, size_t bytes) {
  if constexpr (kActivationBytes == 1) {
    std::memset(to, value, bytes);
  } else {
    const uint16_t wide = static_cast<uint16_t>(value);
    for (size_t i = 0; i < bytes; i += sizeof(wide)) std::memcpy(to + i, &wide, sizeof(wide));
  }
}

inline void interleave_row(const DepthwiseRow& row, const uint8_t* const* rows,
                           const uint8_t* image_end, uint8_t* to) {
  const DepthwiseWeights& w = row.w;
  const DepthwiseGeometry& g = w.geometry;
  const size_t pixel = g.output_channels(), column = row.pitch * kLaneBytes;
  const size_t columns = g.padded_width();
  const size_t left = std::min(g.pad_left, columns);
  const size_t inside = std::min(g.input_width, columns - left);
  fill_activations(to, w.padding ^ w.input_flip, left * column);
  to += left * column;
  // Only in the image's last rows can a vector reach behind it.
  bool at_end = false;
  for (size_t i = 0; i < kGroupRows; ++i)
    at_end |= rows[i] < image_end && rows[i] + inside * pixel + kLanes > image_end;
  const auto vector = [&](size_t from, uint8_t* out) {
    const uint8_t* at[kGroupRows];
    uint8_t safe[kGroupRows][kLanes];
    for (size_t i = 0; i < kGroupRows; ++i) {
      at[i] = rows[i] + from;
      if (at_end && at[i] < image_end && at[i] + kLanes > image_end) {
        std::memcpy(safe[i], at[i], static_cast<size_t>(image_end - at[i]));
        at[i] = safe[i];
      }
    }
    interleave(out, at, w.input_flip);
  };
  if (w.flat) {
    for (size_t i = 0; i < inside * pixel; i += kLanes) vector(i, to + i * kLaneBytes);
  } else {
    for (size_t x = 0; x < inside; ++x)
      for (size_t c = 0; c < row.pitch; c += kLanes)
        vector(x * pixel + row.first + c, to + x * column + c * kLaneBytes);
  }
  to += inside * column;
  fill_activations(to, w.padding ^ w.input_flip, (columns - left - inside) * column);
}

// Outputs of 16 lanes each, `step` interleaved bytes apart; only `lanes` are stored.
struct DepthwiseOutputs {
  const uint8_t* input;
  size_t step, count;
  size_t channel;  // in the filter and the epilogue
  size_t lanes;
  uint8_t* output;
  size_t output_step;
};

template <bool kUnsigned>
void store_outputs_fp32(const Epilogue& e, const I32* acc, const DepthwiseOutputs& o, uint8_t* out,
                        size_t count) {
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
inline void store_outputs(const Epilogue& e, const I32* acc, const DepthwiseOutputs& o,
                          uint8_t* out, size_t count) {
  if (is_fp32(e)) {
    if (e.output.min < 0)
      store_outputs_fp32<false>(e, acc, o, out, count);
    else
      store_outputs_fp32<true>(e, acc, o, out, count);
    return;
  }
  int32_t sums[kOutputs * kLanes];
  for (size_t i = 0; i < kOutputs; ++i) store(sums + i * kLanes, acc[i]);
  const size_t rows = std::min<size_t>(count, kOutputs);
  finish_rows(
      {e, e.bias.data(), sums, kLanes, nullptr, rows, o.channel, o.lanes, out, o.output_step});
}

template <bool kCorrect>
void depthwise_outputs(const DepthwiseRow& row, const DepthwiseOutputs& o) {
  const DepthwiseWeights& w = row.w;
  const DepthwiseGeometry& g = w.geometry;
  const size_t tap_step = g.dilation_width * row.pitch * kLaneBytes;
  const size_t filter_step = w.padded_channels * kLaneBytes;
  const I32 start = is_fp32(w.epilogue) ? load(w.epilogue.bias.data() + o.channel) : set1(0);
  for (size_t first = 0; first < o.count; first += kOutputs) {
    I32 acc[kOutputs];
    const uint8_t* at[kOutputs];
    INTLITE_UNROLL
    for (size_t i = 0; i < kOutputs; ++i) {
      acc[i] = start;
      // Those behind the last one repeat it, and are not stored.
      at[i] = o.input + std::min(first + i, o.count - 1) * o.step;
    }
    const int8_t* filter = w.filter.get() + o.channel * kLaneBytes;
    for (size_t group = 0; group < w.row_groups; ++group) {
      size_t offset = group * row.scratch.group_bytes;
      for (size_t j = 0; j < g.filter_width; ++j, filter += filter_step, offset += tap_step) {
        const Taps b = load_taps(filter);
        INTLITE_UNROLL
        for (size_t i = 0; i < kOutputs; ++i) {
          const Pixels x = load_pixels(at[i] + offset);
          acc[i] = dot4(acc[i], x, b);
          if constexpr (kCorrect) {
            const Taps z = load_taps(w.corrector.data() + group * kGroupBytes);
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
  const auto run = w.corrections == 0 ? depthwise_outputs<false> : depthwise_outputs<true>;
  const uint8_t* input = row.scratch.interleaved;
  if (w.flat) {
    const size_t values = g.output_width * row.channels, whole = values / kLanes;
    const size_t step = kLanes * kLaneBytes;
    run(row, {input, step, whole, 0, kLanes, row.output, kLanes});
    if (values % kLanes != 0)
      run(row,
          {input + whole * step, step, 1, 0, values % kLanes, row.output + whole * kLanes, kLanes});
    return;
  }
  for (size_t c = 0; c < row.channels; c += kLanes)
    run(row,
        {input + c * kLaneBytes, g.stride_width * row.pitch * kLaneBytes, g.output_width,
         row.first + c, std::min(row.channels - c, kLanes), row.output + c, g.output_channels()});
}

// A row of the image, its channels repeated if the filter has several for each.
inline const uint8_t* input_row(const DepthwiseArgs& args, const DepthwiseScratch& scratch,
                                size_t y, size_t tap, size_t& end) {
  const DepthwiseGeometry& g = args.weights->geometry;
  const size_t values = g.input_width * g.input_channels;
  const uint8_t* line = args.input + y * values;
  if (g.multiplier == 1) return line;
  uint8_t* to = scratch.repeated + tap * scratch.row_bytes;
  for (size_t i = 0; i < values; ++i) std::memset(to + i * g.multiplier, line[i], g.multiplier);
  end = 0;
  return to;
}

void depthwise(const DepthwiseArgs& args) {
  const DepthwiseWeights& w = *args.weights;
  const DepthwiseGeometry& g = w.geometry;
  const DepthwiseScratch scratch(w, args.scratch);
  std::memset(scratch.padding, w.padding, scratch.row_bytes);
  const size_t channels = g.output_channels(), line = g.output_width * channels;
  // A chunk of channels goes through the whole image.
  for (size_t c = 0; c < channels; c += kDepthwiseChannels) {
    const size_t some = std::min(channels - c, kDepthwiseChannels);
    for (size_t oy = args.first_row; oy < args.end_row; ++oy) {
      for (size_t group = 0; group < w.row_groups; ++group) {
        const uint8_t* rows[kGroupRows];
        size_t end = g.input_height * g.input_width * g.input_channels;
        for (size_t i = 0; i < kGroupRows; ++i) {
          const size_t tap = group * kGroupRows + i;
          // Before the image wraps around to huge: one comparison finds both sides.
          const size_t y = oy * g.stride_height + tap * g.dilation_height - g.pad_top;
          rows[i] = tap < g.filter_height && y < g.input_height
                        ? input_row(args, scratch, y, tap, end)
                        : scratch.padding;
        }
        const DepthwiseRow row{w, scratch, c, some, w.pitch(some), nullptr};
        interleave_row(row, rows, end == 0 ? nullptr : args.input + end,
                       scratch.interleaved + group * scratch.group_bytes);
      }
      depthwise_row({w, scratch, c, some, w.pitch(some), args.output + oy * line + c});
    }
  }
}
