// fused-inl.h: blocks of the GEMM as tiles that are accumulated and finished in registers: some
// rows by some panels of 16 columns, or by 8 columns where a matrix's last panel has no more.
// INTLITE_TILE_ROWS, INTLITE_TILE_PANELS and INTLITE_HALF_TILE_ROWS say what the registers hold.
// Included after rows-inl.h.

constexpr int kTileRows = INTLITE_TILE_ROWS;
constexpr int kHalfTileRows = INTLITE_HALF_TILE_ROWS;
constexpr int kTilePanels = INTLITE_TILE_PANELS;

struct BlockScope {};
constexpr size_t kDepthUnit = kGroupDepth;
constexpr size_t kPanelsTogether = 1;
constexpr size_t kRowUnit = 1;
constexpr size_t kRowsOfBlock = round_up(kBlockRows, kTileRows);
static_assert(kRowsOfBlock <= kMostBlockRows, "scratch memory has room for it");
constexpr bool kSparseRowsPay = true;

// One panel of the weights, and what its accumulators begin and end with.
struct Panel {
  Panel(const PackedMatrix& matrix, const RowShape& row_shape, size_t panel)
      : w(matrix),
        shape(row_shape),
        data(w.panel(panel)),
        step_stride(w.group_stride(panel) / kGroupSteps),
        column(panel * kPanelColumns),
        columns(std::min(w.columns - column, kPanelColumns)),
        half(columns <= kPanelColumns / 2),
        fp32(is_fp32(*w.epilogue)),
        start(!fp32  ? set1(0)
              : half ? load_half_twice(w.bias + column)
                     : load(w.bias + column)),
        end(w.epilogue->output, fp32 ? w.epilogue->fp32.data() + column : kNoScales, half) {}

  const PackedMatrix& w;
  const RowShape& shape;
  const int8_t* data;
  size_t step_stride;
  size_t column, columns;
  bool half;  // only eight columns, at most
  bool fp32;
  I32 start;  // the bias, or nothing where finish_rows adds it
  Fp32End end;
};

// Weights that come next are fetched into L2 meanwhile, so many bytes a step; where a step is
// so few instructions that these are free.
constexpr bool kFetchAhead = kTilePanels > 1;
struct Ahead {
  const int8_t* at;
  size_t row, step;

  Ahead of_rows(size_t first, size_t count) const { return {at + first * row, row, step * count}; }
};

// Calls f(activations, weights) for each step.
template <class F>
INTLITE_INLINE void for_each_step(const Panel& p, const uint8_t* a, Ahead ahead, F f) {
  const RowShape& shape = p.shape;
  const int8_t* weights = p.data;
  // Segments and lines may overlap.
  const auto gap = static_cast<ptrdiff_t>(shape.segment_stride - shape.steps * kGroupDepth);
  const auto line_gap =
      static_cast<ptrdiff_t>(shape.line_stride - shape.segments * shape.segment_stride);
  for (size_t line = 0; line < shape.lines; ++line, a += line_gap) {
    for (size_t segment = 0; segment < shape.segments; ++segment, a += gap) {
      const uint8_t* end = a + shape.steps * kGroupDepth;
      for (; a != end; a += kGroupDepth, weights += p.step_stride, ahead.at += ahead.step) {
        if constexpr (kFetchAhead) __builtin_prefetch(ahead.at, 0, 2);
        f(a, weights);
      }
    }
  }
}

// Of panels side by side.
template <int kRows, int kPanels>
INTLITE_INLINE void accumulate(const Panel* p, const uint8_t* a, const size_t (&at)[kRows],
                               Ahead ahead, I32 (&sum)[kPanels][kRows]) {
  INTLITE_UNROLL
  for (int i = 0; i < kPanels; ++i) INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) sum[i][r] = p[i].start;
  const ptrdiff_t next = kPanels == 1 ? 0 : p[1].data - p[0].data;
  for_each_step(*p, a, ahead, [&](const uint8_t* x, const int8_t* panel) INTLITE_INLINE_LAMBDA {
    Weights b[kPanels];
    INTLITE_UNROLL
    for (int i = 0; i < kPanels; ++i) b[i] = load_weights(panel + i * next);
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const Activations v = broadcast4(x + at[r]);
      INTLITE_UNROLL
      for (int i = 0; i < kPanels; ++i) sum[i][r] = dot4(sum[i][r], v, b[i]);
    }
  });
}

// Of the first eight columns; two rows are a vector.
template <int kRows>
INTLITE_INLINE void accumulate_half(const Panel& p, const uint8_t* a, const size_t (&at)[kRows],
                                    I32 (&pairs)[kRows / 2]) {
  HalfI32 sum[kRows];
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) sum[r] = first_half(p.start);
  for_each_step(p, a, {p.data, 0, 0},
                [&](const uint8_t* x, const int8_t* panel) INTLITE_INLINE_LAMBDA {
                  const auto b = load_half_weights(panel);
                  INTLITE_UNROLL
                  for (int r = 0; r < kRows; ++r) sum[r] = dot4(sum[r], broadcast4(x + at[r]), b);
                });
  INTLITE_UNROLL
  for (int r = 0; r < kRows; r += 2) pairs[r / 2] = join(sum[r], sum[r + 1]);
}

// The vectors of a tile: of a row each, or of two rows where columns are eight.
template <int kVectors, bool kHalf>
struct TileOutput {
  static constexpr size_t kRows = kHalf ? 2 * kVectors : kVectors;
  static constexpr size_t kColumns = kHalf ? kPanelColumns / 2 : kPanelColumns;

  const Panel& panel;
  const int32_t* terms;
  uint8_t* const (&output)[kRows];  // of the matrix's first column
  size_t count;                     // of its rows, to be stored

  INTLITE_INLINE bool is_whole() const { return count == kRows && panel.columns == kColumns; }

  INTLITE_INLINE I32 terms_of(int v) const {
    const size_t r = static_cast<size_t>(v) * (kHalf ? 2 : 1);
    if constexpr (kHalf)
      return join(terms[std::min(r, count - 1)], terms[std::min(r + 1, count - 1)]);
    else
      return set1(terms[std::min(r, count - 1)]);
  }

  INTLITE_INLINE void store_whole(int v, Bytes16 bytes) const {
    uint8_t* const* to = output + v * (kHalf ? 2 : 1);
    if constexpr (kHalf)
      store_halves(to[0] + panel.column, to[1] + panel.column, bytes);
    else
      store_bytes16(to[0] + panel.column, bytes);
  }

  INTLITE_INLINE void store_part(int v, Bytes16 bytes, size_t columns) const {
    const size_t r = static_cast<size_t>(v) * (kHalf ? 2 : 1);
    if (r >= count) return;
    store_first(output[r] + panel.column, bytes, columns);
    if (kHalf && r + 1 < count)
      store_first(output[r + kHalf] + panel.column, second_half(bytes), columns);
  }
};

template <int kVectors, bool kHalf>
INTLITE_INLINE void finish_fp32(I32 (&sum)[kVectors], const TileOutput<kVectors, kHalf>& to) {
  const Fp32End& end = to.panel.end;
  if (to.terms != nullptr) {
    INTLITE_UNROLL
    for (int v = 0; v < kVectors; ++v) sum[v] = sum[v] + to.terms_of(v);
  }
  const bool whole = to.is_whole();
  const size_t columns = to.panel.columns;  // not read anew after each store of bytes
  INTLITE_UNROLL
  for (int v = 0; v < kVectors; v += kStagedVectors) {
    Bytes16 bytes[kStagedVectors];
    finish_staged(sum + v, end, bytes);
    if (whole) {
      INTLITE_UNROLL
      for (int k = 0; k < kStagedVectors; ++k) to.store_whole(v + k, bytes[k]);
    } else {
      INTLITE_UNROLL
      for (int k = 0; k < kStagedVectors; ++k) to.store_part(v + k, bytes[k], columns);
    }
  }
}

// All other roundings, and mixtures.
template <int kVectors, bool kHalf>
INTLITE_NOINLINE void finish_others(const int32_t* acc, const TileOutput<kVectors, kHalf>& to) {
  const Panel& p = to.panel;
  constexpr size_t kStride = kHalf ? kPanelColumns / 2 : kPanelColumns;
  for (size_t r = 0; r < to.count; ++r)
    finish_rows({*p.w.epilogue, p.w.bias, acc + r * kStride, kStride,
                 to.terms == nullptr ? nullptr : to.terms + r, 1, p.column, p.columns,
                 to.output[r] + p.column, 0});
}

template <int kVectors, bool kHalf>
INTLITE_INLINE void finish_tile(I32 (&sum)[kVectors], const TileOutput<kVectors, kHalf>& to) {
  if (to.panel.fp32) {
    finish_fp32(sum, to);
    return;
  }
  int32_t acc[kVectors * kLanes + kLanes];
  INTLITE_UNROLL
  for (int v = 0; v < kVectors; ++v) store(acc + v * static_cast<int>(kLanes), sum[v]);
  finish_others(acc, to);
}

struct TileArgs {
  const Panel* panels;
  size_t panel_count;
  size_t rows;
  const int32_t* terms;  // one a row, or null
  Ahead ahead;
};

template <int kRows, int kPanels>
INTLITE_INLINE void multiply_panels_of_tile(const TileArgs& tile, const Panel* p, const uint8_t* a,
                                            const size_t (&at)[kRows],
                                            uint8_t* const (&output)[kRows]) {
  I32 sum[kPanels][kRows];
  accumulate<kRows, kPanels>(p, a, at, tile.ahead, sum);
  INTLITE_UNROLL
  for (int i = 0; i < kPanels; ++i)
    finish_tile<kRows, false>(sum[i], {p[i], tile.terms, output, tile.rows});
}

// A function of its own, so that nothing else needs the registers.
template <int kRows, bool kHalf>
INTLITE_NOINLINE void multiply_tile(const TileArgs& tile, RowCursor& cursor) {
  size_t at[kRows];
  uint8_t* output[kRows];
  const uint8_t* a = cursor.take(tile.rows, at, output);
  const Panel *p = tile.panels, *end = p + tile.panel_count;
  if constexpr (kHalf) {
    I32 sum[kRows / 2];
    accumulate_half<kRows>(*p, a, at, sum);
    finish_tile<kRows / 2, true>(sum, {*p, tile.terms, output, tile.rows});
    return;
  }
  for (; end - p >= kTilePanels; p += kTilePanels)
    multiply_panels_of_tile<kRows, kTilePanels>(tile, p, a, at, output);
  if (kTilePanels > 1 && p != end) multiply_panels_of_tile<kRows, 1>(tile, p, a, at, output);
}

// Of the weights behind some panels, each row fetches its share.
inline Ahead fetch_ahead(const Panel* panels, size_t panel_count, const Rows& rows) {
  const PackedMatrix& w = panels->w;
  if (!kFetchAhead || w.data_bytes() < kSharedWeights) return {panels->data, 0, 0};
  const size_t bytes = panel_count * w.padded_groups * kGroupBytes, row = bytes / rows.count;
  return {panels->data + bytes, row, row / w.groups + 1};
}

template <int kMost, bool kHalf>
void multiply_panels(const Panel* panels, size_t panel_count, const Rows& rows) {
  constexpr int kLeast = kHalf ? 2 * kStagedVectors : kStagedVectors;
  constexpr int kFew = std::min(2 * kLeast, kMost);
  const Ahead ahead = fetch_ahead(panels, panel_count, rows);
  RowCursor cursor(rows);
  for (size_t r = 0; r < rows.count;) {
    const size_t left = rows.count - r, some = std::min<size_t>(left, kMost);
    const TileArgs tile{panels, panel_count, some, rows.terms == nullptr ? nullptr : rows.terms + r,
                        ahead.of_rows(r, some)};
    if (left > kFew)
      multiply_tile<kMost, kHalf>(tile, cursor);
    else if (left > kLeast)
      multiply_tile<kFew, kHalf>(tile, cursor);
    else
      multiply_tile<kLeast, kHalf>(tile, cursor);
    r += some;
  }
}

// Weights that stay in L1 while all rows go by.
constexpr size_t kPanelBytes = 16 * 1024;

void multiply_rows(const PackedMatrix& w, const RowShape& shape, const Rows& rows,
                   size_t first_panel, size_t panels) {
  if (rows.count == 0) return;
  const bool shallow = kBlockPanels * w.groups * kGroupBytes <= kPanelBytes;
  const size_t end = first_panel + panels, together = shallow ? kBlockPanels : kTilePanels;
  for (size_t i = first_panel; i < end;) {
    alignas(Panel) unsigned char memory[kBlockPanels * sizeof(Panel)];
    Panel* const group = reinterpret_cast<Panel*>(memory);
    size_t count = 0;
    for (; count < together && i < end; ++count, ++i) {
      const Panel* p = new (group + count) Panel(w, shape, i);
      if (!p->half) continue;
      multiply_panels<kHalfTileRows, true>(p, 1, rows);
      ++i;
      break;
    }
    if (count != 0) multiply_panels<kTileRows, false>(group, count, rows);
  }
}

void multiply_block(const MatrixBlock& block, const PackedMatrix& w, size_t first_panel,
                    size_t panels, int32_t*) {
  multiply_rows(w, shape_of(w), rows_of(block), first_panel, panels);
}
