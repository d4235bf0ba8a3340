// depthwise-inl.h: some pixels by some channels at a time, whose sums stay in registers while all
// taps are added.

// Where a tap's values begin, for the first of some pixels, and from pixel to pixel.
struct FloatTaps {
  const float* const* at;
  size_t count, channels, offset, step;
};

template <FloatSums kSums, bool kFromBias, int kPixels, int kVectors, bool kWhole>
INTLITE_INLINE void depthwise_floats(const FloatDepthwiseArgs& args, const FloatTaps& taps,
                                     size_t c, size_t some, float* output) {
  constexpr bool kFused = kSums == FloatSums::kFused;
  const auto read = [&](const float* p) { return kWhole ? load(p) : load_first(p, some); };
  F32 bias[kVectors], sum[kVectors][kPixels];
  INTLITE_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    bias[v] = read(args.bias + c + v * 16);
    INTLITE_UNROLL
    for (int p = 0; p < kPixels; ++p) sum[v][p] = kFromBias ? bias[v] : set1(0.0f);
  }
  const float* w = args.filter + c;
  for (size_t t = 0; t < taps.count; ++t, w += taps.channels) {
    const float* x = taps.at[t] + taps.offset + c;
    INTLITE_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const F32 weight = read(w + v * 16);
      INTLITE_UNROLL
      for (int p = 0; p < kPixels; ++p) {
        const F32 value = read(x + static_cast<size_t>(p) * taps.step + v * 16);
        sum[v][p] = kFused ? fused(value, weight, sum[v][p]) : sum[v][p] + value * weight;
      }
    }
  }
  const F32 low = set1(args.clamp.low), high = set1(args.clamp.high);
  INTLITE_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    INTLITE_UNROLL
    for (int p = 0; p < kPixels; ++p) {
      const F32 y = clamped(kFromBias ? sum[v][p] : sum[v][p] + bias[v], low, high);
      float* to = output + static_cast<size_t>(p) * taps.channels + c + v * 16;
      if (kWhole)
        store(to, y);
      else
        store_first(to, y, some);
    }
  }
}

// Pixels side by side, whose taps are as far apart as they are.
template <FloatSums kSums, bool kFromBias, int kPixels, int kVectors>
void depthwise_pixels(const FloatDepthwiseArgs& args, const FloatTaps& taps, float* output) {
  const size_t channels = taps.channels;
  size_t c = 0;
  for (; channels - c >= kVectors * 16; c += kVectors * 16)
    depthwise_floats<kSums, kFromBias, kPixels, kVectors, true>(args, taps, c, 16, output);
  for (; channels - c >= 16; c += 16)
    depthwise_floats<kSums, kFromBias, kPixels, 1, true>(args, taps, c, 16, output);
  if (c == channels) return;
  if (channels > 16)
    depthwise_floats<kSums, kFromBias, kPixels, 1, true>(args, taps, channels - 16, 16, output);
  else
    depthwise_floats<kSums, kFromBias, kPixels, 1, false>(args, taps, c, channels - c, output);
}

// Where the taps of an output pixel begin.
inline void find_float_taps(const FloatDepthwiseArgs& args, size_t y, size_t x,
                            const float** lines) {
  const WindowGeometry& g = *args.geometry;
  const size_t channels = g.output_channels;
  for (size_t t = 0; t < args.taps->size(); ++t) {
    const size_t row = (*args.taps)[t] / g.filter_width, column = (*args.taps)[t] % g.filter_width;
    // What lies before the image wraps around to huge places.
    const size_t at_y = y * g.stride_height + row * g.dilation_height - g.pad_top;
    const size_t at_x = x * g.stride_width + column * g.dilation_width - g.pad_left;
    if (at_y < g.input_height && at_x < g.input_width)
      lines[t] = args.image + ((at_y - args.first_input_row) * g.input_width + at_x) * channels;
    else
      lines[t] = args.zeros;
  }
}

// Of output columns, those of which all taps lie inside.
struct InsideColumns {
  explicit InsideColumns(const WindowGeometry& g) : first(0), end(0) {
    const size_t reach = (g.filter_width - 1) * g.dilation_width;
    const auto is_inside = [&](size_t x) {
      const size_t left = x * g.stride_width - g.pad_left;
      return left < g.input_width && reach < g.input_width - left;
    };
    while (first < g.output_width && !is_inside(first)) ++first;
    for (end = first; end < g.output_width && is_inside(end);) ++end;
  }
  size_t first, end;
};

template <FloatSums kSums, bool kFromBias>
void depthwise_floats(const FloatDepthwiseArgs& args) {
  constexpr size_t kPixels = 4;
  constexpr int kVectors = Isa::kFloatTilePanels;
  const WindowGeometry& g = *args.geometry;
  const size_t channels = g.output_channels, step = g.stride_width * channels;
  const InsideColumns inside(g);
  FloatTaps taps{.at = args.lines,
                 .count = args.taps->size(),
                 .channels = channels,
                 .offset = 0,
                 .step = step};
  float* output = args.output;
  for (size_t y = args.first_row; y < args.end_row; ++y, output += g.output_width * channels) {
    const auto alone = [&](size_t x) {
      find_float_taps(args, y, x, args.lines);
      taps.offset = 0;
      depthwise_pixels<kSums, kFromBias, 1, 2 * kVectors>(args, taps, output + x * channels);
    };
    const bool has_block = inside.end - inside.first >= kPixels;
    const size_t first = has_block ? inside.first : g.output_width;
    const size_t end = has_block ? inside.end : g.output_width;
    for (size_t x = 0; x < first; ++x) alone(x);
    if (first == end) continue;
    // Rows outside of the image are as long as those of it, so that all taps move on together.
    find_float_taps(args, y, first, args.lines);
    for (size_t x = first; x < end; x += kPixels) {
      const size_t at = std::min(x, end - kPixels);
      taps.offset = (at - first) * step;
      depthwise_pixels<kSums, kFromBias, kPixels, kVectors>(args, taps, output + at * channels);
    }
    for (size_t x = end; x < g.output_width; ++x) alone(x);
  }
}

void depthwise_floats(const FloatDepthwiseArgs& args) {
  if (args.sums == FloatSums::kFused)
    depthwise_floats<FloatSums::kFused, true>(args);
  else if (args.from_bias)
    depthwise_floats<FloatSums::kRounded, true>(args);
  else
    depthwise_floats<FloatSums::kRounded, false>(args);
}
