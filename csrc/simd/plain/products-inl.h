// products-inl.h: matrix products of float32, in tiles of some rows by some panels of columns that
// are accumulated in registers. Each sum has its terms in order of depth, whatever the tile.

constexpr int kFloatRows = Isa::kFloatTileRows;
constexpr int kFloatPanels = Isa::kFloatTilePanels;
// Rows whose values stay in L2 while all columns meet them.
constexpr size_t kFloatRowBytes = 256 * 1024;

inline void pack_float_panel(const FloatPackArgs& args, size_t panel, float* to, size_t stride) {
  const size_t first = panel * kPanelColumns;
  const size_t columns = std::min(args.columns - first, kPanelColumns);
  const float* from = args.weights + first * args.column_stride;
  for (size_t k = 0; k < args.depth; ++k, to += stride, from += args.row_stride) {
    if (args.column_stride == 1) {
      store(to, columns == kPanelColumns ? load(from) : load_first(from, columns));
      continue;
    }
    for (size_t c = 0; c < kPanelColumns; ++c)
      to[c] = c < columns ? from[c * args.column_stride] : 0.0f;
  }
}

void pack_floats(const FloatPackArgs& args) {
  const size_t panels = (args.columns + kPanelColumns - 1) / kPanelColumns;
  for (size_t panel = args.first_panel; panel < args.end_panel; ++panel) {
    const size_t first = panel / args.most_panels * args.most_panels;
    const size_t width = std::min(args.most_panels, panels - first) * kPanelColumns;
    float* block = args.data + first * kPanelColumns * args.depth;
    pack_float_panel(args, panel, block + (panel - first) * kPanelColumns, width);
  }
}

INTLITE_INLINE F32 clamped(F32 y, F32 low, F32 high) { return min(high, max(low, y)); }

// Some rows by some blocks of panels.
template <FloatSums kSums, int kRows, int kBlocks, int kPanels>
void multiply_tile(const FloatGemmArgs& args, size_t row, size_t panel) {
  constexpr bool kFused = kSums == FloatSums::kFused;
  constexpr int kVectors = kBlocks * kPanels;
  const FloatMatrix& w = args.weights;
  const size_t stride = args.input_stride;
  const float* a = args.input + row * stride;
  const float* const bias = w.bias + panel * kPanelColumns;
  const float* block = w.block(panel);
  const size_t next_block = kPanels * kPanelColumns * w.depth;
  F32 sum[kVectors][kRows];
  INTLITE_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const F32 start = kFused ? load(bias + v * 16) : set1(0.0f);
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r) sum[v][r] = start;
  }
  for (size_t k = 0; k < w.depth; ++k, ++a, block += kPanels * 16) {
    F32 b[kVectors];
    INTLITE_UNROLL
    for (int v = 0; v < kVectors; ++v)
      b[v] = load(block + static_cast<size_t>(v / kPanels) * next_block + v % kPanels * 16);
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const F32 x = set1(a[static_cast<size_t>(r) * stride]);
      INTLITE_UNROLL
      for (int v = 0; v < kVectors; ++v)
        sum[v][r] = kFused ? fused(x, b[v], sum[v][r]) : sum[v][r] + x * b[v];
    }
  }
  const F32 low = set1(args.clamp.low), high = set1(args.clamp.high);
  const size_t column = panel * kPanelColumns, columns = w.columns - column;
  float* output = args.output + row * args.output_stride + column;
  INTLITE_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const F32 last = load(bias + v * 16);
    const bool is_whole = columns >= static_cast<size_t>(v + 1) * 16;
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const F32 y = clamped(kFused ? sum[v][r] : sum[v][r] + last, low, high);
      float* to = output + static_cast<size_t>(r) * args.output_stride + v * 16;
      if (is_whole)
        store(to, y);
      else
        store_first(to, y, columns - static_cast<size_t>(v) * 16);
    }
  }
}

// Rows by one block. A tile may take rows again that have been computed: it gives the same.
template <FloatSums kSums, int kPanels>
void multiply_rows(const FloatGemmArgs& args, size_t first, size_t end, size_t panel) {
  constexpr size_t kMost = kFloatRows, kMore = kMost * 2 / 3, kFew = kMost / 3;
  const auto tile = [&]<size_t kRows>(size_t row) {
    multiply_tile<kSums, kRows, 1, kPanels>(args, row, panel);
  };
  const size_t rows = end - first;
  for (size_t row = first; row < end;) {
    const size_t left = end - row;
    if (left >= kMost || (left > kMore && rows >= kMost)) {
      tile.template operator()<kMost>(std::min(row, end - kMost));
      row += kMost;
    } else if (left >= kMore || (left > kFew && rows >= kMore)) {
      tile.template operator()<kMore>(std::min(row, end - kMore));
      row += kMore;
    } else if (left >= kFew || (left > 1 && rows >= kFew)) {
      tile.template operator()<kFew>(std::min(row, end - kFew));
      row += kFew;
    } else {
      tile.template operator()<1>(row++);
    }
  }
}

// Of one row or two, several blocks at once: fewer sums would wait for each other.
template <FloatSums kSums, int kRows>
void multiply_few(const FloatGemmArgs& args, size_t end_panel) {
  constexpr int kBlocks = 4 / kRows;
  size_t panel = args.first_panel;
  for (; end_panel - panel >= kBlocks * kFloatPanels; panel += kBlocks * kFloatPanels)
    multiply_tile<kSums, kRows, kBlocks, kFloatPanels>(args, 0, panel);
  for (; end_panel - panel >= kFloatPanels; panel += kFloatPanels)
    multiply_tile<kSums, kRows, 1, kFloatPanels>(args, 0, panel);
  if (panel < end_panel) multiply_tile<kSums, kRows, 1, 1>(args, 0, panel);
}

template <FloatSums kSums>
void multiply_floats(const FloatGemmArgs& args) {
  const FloatMatrix& w = args.weights;
  const size_t end_panel = std::min(args.end_panel, w.panels());
  if (args.rows == 1) return multiply_few<kSums, 1>(args, end_panel);
  if (args.rows == 2) return multiply_few<kSums, 2>(args, end_panel);
  const size_t fit = kFloatRowBytes / (sizeof(float) * std::max<size_t>(w.depth, 1));
  const size_t some = std::max<size_t>(fit / kFloatRows, 4) * kFloatRows;
  for (size_t row = 0; row < args.rows; row += some) {
    const size_t end = std::min(args.rows, row + some);
    for (size_t panel = args.first_panel; panel < end_panel; panel += kFloatPanels) {
      if (kFloatPanels > 1 && end_panel - panel < kFloatPanels)
        multiply_rows<kSums, 1>(args, row, end, panel);
      else
        multiply_rows<kSums, kFloatPanels>(args, row, end, panel);
    }
  }
}

void multiply_floats(const FloatGemmArgs& args) {
  if (args.sums == FloatSums::kFused)
    multiply_floats<FloatSums::kFused>(args);
  else
    multiply_floats<FloatSums::kRounded>(args);
}

// Exactly n values; null: zeros.
inline void copy_floats(float* to, const float* from, size_t n) {
  if (n < 16) {
    store_first(to, from == nullptr ? set1(0.0f) : load_first(from, n), n);
    return;
  }
  for (size_t i = 0; i < n; i += 16) {
    const size_t at = std::min(i, n - 16);
    store(to + at, from == nullptr ? set1(0.0f) : load(from + at));
  }
}

// n values of each of some windows, so far apart in the image and in the patches.
inline void copy_windows(float* to, size_t depth, const float* from, size_t step, size_t n,
                         size_t windows) {
  for (size_t i = 0; i < windows; ++i, to += depth, from += step) {
    if (n > 32) {
      copy_floats(to, from, n);
    } else if (n >= 16) {
      const F32 first = load(from), last = load(from + n - 16);
      store(to, first);
      store(to + n - 16, last);
    } else {
      store_first(to, load_first(from, n), n);
    }
  }
}

// The taps of one row of the filter for a window alone, which begins at `left`.
inline void gather_float_taps(const FloatPatchArgs& args, const float* line, size_t left,
                              float* to) {
  const WindowGeometry& g = *args.geometry;
  for (size_t j = 0; j < g.filter_width; ++j, to += args.channels) {
    const size_t x = left + j * g.dilation_width;
    copy_floats(to, x < g.input_width ? line + x * g.input_channels : nullptr, args.channels);
  }
}

// Output columns of which a row's windows lie inside, and each is one piece of the image.
struct WholeWindows {
  explicit WholeWindows(const FloatPatchArgs& args) : first(0), end(0) {
    const WindowGeometry& g = *args.geometry;
    const bool is_piece =
        g.filter_width == 1 || (g.dilation_width == 1 && args.channels == g.input_channels);
    const size_t reach = (g.filter_width - 1) * g.dilation_width;
    // A stride may be anything, and so may padding: what is inside lies side by side.
    const auto is_inside = [&](size_t x) {
      const size_t left = x * g.stride_width - g.pad_left;
      return left < g.input_width && reach < g.input_width - left;
    };
    if (!is_piece) return;
    while (first < g.output_width && !is_inside(first)) ++first;
    for (end = first; end < g.output_width && is_inside(end);) ++end;
  }
  size_t first, end;
};

// One row of the filter, of output columns side by side; null: a row of padding.
inline void gather_float_line(const FloatPatchArgs& args, const WholeWindows& whole,
                              const float* line, size_t first, size_t end, float* to) {
  const WindowGeometry& g = *args.geometry;
  const size_t values = g.filter_width * args.channels, depth = g.filter_height * values;
  if (line == nullptr) {
    for (size_t x = first; x < end; ++x, to += depth) copy_floats(to, nullptr, values);
    return;
  }
  const size_t begin = std::clamp(whole.first, first, end);
  const size_t last = std::clamp(whole.end, begin, end);
  for (size_t x = first; x < begin; ++x, to += depth)
    gather_float_taps(args, line, x * g.stride_width - g.pad_left, to);
  if (begin < last) {
    const float* from = line + (begin * g.stride_width - g.pad_left) * g.input_channels;
    copy_windows(to, depth, from, g.stride_width * g.input_channels, values, last - begin);
    to += (last - begin) * depth;
  }
  for (size_t x = last; x < end; ++x, to += depth)
    gather_float_taps(args, line, x * g.stride_width - g.pad_left, to);
}

void gather_floats(const FloatPatchArgs& args) {
  const WindowGeometry& g = *args.geometry;
  const WholeWindows whole(args);
  const size_t values = g.filter_width * args.channels, depth = g.filter_height * values;
  float* to = args.patches;
  size_t y = args.first_pixel / std::max<size_t>(g.output_width, 1);
  size_t x = args.first_pixel - y * g.output_width;
  for (size_t left = args.pixels; left > 0; x = 0, ++y) {
    const size_t end = std::min(g.output_width, x + left);
    for (size_t i = 0; i < g.filter_height; ++i) {
      // What lies before the image wraps around to huge places.
      const size_t at = y * g.stride_height - g.pad_top + i * g.dilation_height;
      const float* line = nullptr;
      if (at < g.input_height)
        line = args.image + at * g.input_width * g.input_channels + args.first_channel;
      gather_float_line(args, whole, line, x, end, to + i * values);
    }
    to += (end - x) * depth;
    left -= end - x;
  }
}
