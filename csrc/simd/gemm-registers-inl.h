// gemm-registers-inl.h: blocks of the GEMM as tiles that are accumulated and finished in registers:
// some rows by some panels of 16 columns, or by 8 columns where a matrix's last panel has no more.

constexpr int kTileRows = Isa::kTileRows;
constexpr int kHalfTileRows = Isa::kHalfTileRows;
constexpr int kTilePanels = Isa::kTilePanels;
// Of a panel alone, where tiles have several: fewer would wait for each other's products.
constexpr int kLoneTileRows = kTileRows * 3 / 2;

struct BlockScope {};
constexpr size_t kDepthUnit = kGroupDepth;
constexpr size_t kPanelsTogether = 1;
constexpr size_t kRowUnit = 1;
constexpr size_t kRowsOfBlock = round_up(kBlockRows, kTileRows);
static_assert(kRowsOfBlock <= kMostBlockRows, "scratch memory has room for it");
constexpr bool kSparseRowsPay = true;

// One panel of the weights: its steps lie one behind the other.
struct Panel {
  Panel(const PackedMatrix& w, size_t panel)
      : data(w.panel(panel)),
        column(panel * kPanelColumns),
        columns(std::min(w.columns - column, kPanelColumns)) {}

  bool is_half() const { return columns <= kPanelColumns / 2; }

  const int8_t* data;
  size_t column, columns;
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
INTLITE_INLINE void for_each_step(const RowShape& shape, const uint8_t* a, const int8_t* weights,
                                  Ahead ahead, F f) {
  // Segments and lines may overlap.
  const auto gap = static_cast<ptrdiff_t>(shape.segment_stride - shape.steps * kGroupDepth);
  const auto line_gap =
      static_cast<ptrdiff_t>(shape.line_stride - shape.segments * shape.segment_stride);
  for (size_t line = 0; line < shape.lines; ++line, a += line_gap) {
    for (size_t segment = 0; segment < shape.segments; ++segment, a += gap) {
      const uint8_t* end = a + shape.steps * kGroupDepth;
      for (; a != end; a += kGroupDepth, weights += kStepBytes, ahead.at += ahead.step) {
        if constexpr (kFetchAhead) __builtin_prefetch(ahead.at, 0, 2);
        f(a, weights);
      }
    }
  }
}

struct TileArgs {
  const PackedMatrix& w;
  const RowShape& shape;
  size_t first_panel, end_panel;
  size_t rows;
  const int32_t* terms;  // one a row, or null
  QuantizedRows quantized;
  Ahead ahead;
};

// Of panels side by side.
template <int kRows, int kPanels>
INTLITE_INLINE void accumulate(const TileArgs& tile, const Panel (&p)[kPanels], const uint8_t* a,
                               const size_t (&at)[kRows], I32 (&sum)[kPanels][kRows]) {
  INTLITE_UNROLL
  for (int i = 0; i < kPanels; ++i) {
    const I32 start = load(tile.w.bias + p[i].column);
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r) sum[i][r] = start;
  }
  const ptrdiff_t next = p[kPanels - 1].data - p[0].data;
  for_each_step(tile.shape, a, p[0].data, tile.ahead,
                [&](const uint8_t* x, const int8_t* panel) INTLITE_INLINE_LAMBDA {
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
INTLITE_INLINE void accumulate_half(const TileArgs& tile, const Panel& p, const uint8_t* a,
                                    const size_t (&at)[kRows], I32 (&pairs)[kRows / 2]) {
  HalfI32 sum[kRows];
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) sum[r] = first_half(load_half_twice(tile.w.bias + p.column));
  for_each_step(tile.shape, a, p.data, {p.data, 0, 0},
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

  const TileArgs& tile;
  const Panel& panel;
  uint8_t* const (&output)[kRows];  // of the matrix's first column
  size_t count = tile.rows;         // of its rows, to be stored

  INTLITE_INLINE bool is_whole() const { return count == kRows && panel.columns == kColumns; }

  INTLITE_INLINE I32 terms_of(int v) const {
    const size_t r = static_cast<size_t>(v) * (kHalf ? 2 : 1);
    const int32_t* terms = tile.terms;
    if constexpr (kHalf)
      return join(terms[std::min(r, count - 1)], terms[std::min(r + 1, count - 1)]);
    else
      return set1(terms[std::min(r, count - 1)]);
  }

  template <class Store>
  INTLITE_INLINE void store_whole(int v, typename Store::Vector y) const {
    const size_t at = panel.column * Store::kValueBytes;
    uint8_t* const* to = output + v * (kHalf ? 2 : 1);
    if constexpr (kHalf)
      Store::halves(to[0] + at, to[1] + at, y);
    else
      Store::whole(to[0] + at, y);
  }

  template <class Store>
  INTLITE_INLINE void store_part(int v, typename Store::Vector y, size_t columns) const {
    const size_t at = panel.column * Store::kValueBytes;
    const size_t r = static_cast<size_t>(v) * (kHalf ? 2 : 1);
    if (r >= count) return;
    Store::first(output[r] + at, y, columns);
    if (kHalf && r + 1 < count) Store::second(output[r + kHalf] + at, y, columns);
  }
};

template <class End, int kVectors, bool kHalf>
INTLITE_INLINE void store_tile(I32* sum, const End& end, const TileOutput<kVectors, kHalf>& to) {
  if (to.tile.terms != nullptr) {
    INTLITE_UNROLL
    for (int v = 0; v < kVectors; ++v) sum[v] = sum[v] + to.terms_of(v);
  }
  using Store = typename End::Store;
  const bool whole = to.is_whole();
  const size_t columns = to.panel.columns;  // not read anew after each store of bytes
  INTLITE_UNROLL
  for (int v = 0; v < kVectors; v += kStagedVectors) {
    typename Store::Vector y[kStagedVectors];
    end(sum + v, y);
    if (whole) {
      INTLITE_UNROLL
      for (int k = 0; k < kStagedVectors; ++k) to.template store_whole<Store>(v + k, y[k]);
    } else {
      INTLITE_UNROLL
      for (int k = 0; k < kStagedVectors; ++k) to.template store_part<Store>(v + k, y[k], columns);
    }
  }
}

// From memory, so that tiles have registers for one kind of end only.
template <class End, int kVectors, bool kHalf>
INTLITE_NOINLINE void finish_stored(I32* sum, const TileOutput<kVectors, kHalf>& to) {
  store_tile(sum, End(*to.tile.w.epilogue, to.panel.column, kHalf), to);
}

// Of float32 outputs, for all tiles: rows of so many sums lie one behind the other.
template <RealFormula kFormula>
void finish_reals_by(const int32_t* sums, size_t columns, const TileArgs& tile, const Panel& panel,
                     uint8_t* const* output) {
  const RealEnd<kFormula> end(*tile.w.epilogue, tile.w.bias, panel.column);
  const size_t at = panel.column * sizeof(float), count = panel.columns;
  const QuantizedRow* row = tile.quantized.first;
  const size_t next = tile.quantized.is_one ? 0 : 1;
  for (size_t r = 0; r < tile.rows; ++r, sums += columns, row += next)
    store_reals(output[r] + at, end(load(sums), *row), count);
}

INTLITE_NOINLINE void finish_reals(const int32_t* sums, size_t columns, const TileArgs& tile,
                                   const Panel& panel, uint8_t* const* output) {
  by_formula(tile.w.epilogue->real.formula,
             [&](auto f) { finish_reals_by<f.value>(sums, columns, tile, panel, output); });
}

template <int kVectors, bool kHalf>
INTLITE_INLINE void finish_tile(I32 (&sum)[kVectors], Fp32End& end,
                                const TileOutput<kVectors, kHalf>& to) {
  const Epilogue& e = *to.tile.w.epilogue;
  if (is_fp32(e)) {
    end.set_channel(e, to.panel.column, kHalf);
    store_tile(sum, end, to);
    return;
  }
  if (e.is_real) {
    // Of half a vector's columns, a whole one is read.
    alignas(64) int32_t sums[(kVectors + kHalf) * kLanes];
    INTLITE_UNROLL
    for (int v = 0; v < kVectors; ++v) store(sums + static_cast<size_t>(v) * kLanes, sum[v]);
    finish_reals(sums, TileOutput<kVectors, kHalf>::kColumns, to.tile, to.panel, to.output);
    return;
  }
  I32 stored[kVectors];
  INTLITE_UNROLL
  for (int v = 0; v < kVectors; ++v) stored[v] = sum[v];
  if (is_double(e))
    finish_stored<DoubleEnd>(stored, to);
  else
    finish_stored<FixedEnd>(stored, to);
}

// A function of its own, so that nothing else needs the registers.
template <int kRows, int kPanels, bool kHalf>
INTLITE_NOINLINE void multiply_tile(const TileArgs& tile, RowCursor& cursor) {
  static_assert(kPanels <= 2 && (kPanels == 1 || !kHalf));
  size_t at[kRows];
  uint8_t* output[kRows];
  const uint8_t* a = cursor.take(tile.rows, at, output);
  Fp32End end(*tile.w.epilogue);
  for (size_t i = tile.first_panel; i < tile.end_panel; i += kPanels) {
    if constexpr (kHalf) {
      const Panel p(tile.w, i);
      I32 sum[kRows / 2];
      accumulate_half<kRows>(tile, p, a, at, sum);
      finish_tile<kRows / 2, true>(sum, end, {tile, p, output});
    } else if constexpr (kPanels == 1) {
      const Panel p[1] = {{tile.w, i}};
      I32 sum[1][kRows];
      accumulate(tile, p, a, at, sum);
      finish_tile<kRows, false>(sum[0], end, {tile, p[0], output});
    } else {
      const Panel p[2] = {{tile.w, i}, {tile.w, i + 1}};
      I32 sum[2][kRows];
      accumulate(tile, p, a, at, sum);
      finish_tile<kRows, false>(sum[0], end, {tile, p[0], output});
      finish_tile<kRows, false>(sum[1], end, {tile, p[1], output});
    }
  }
}

// Of the weights behind some panels, each row fetches its share.
inline Ahead fetch_ahead(const PackedMatrix& w, size_t first_panel, size_t end_panel,
                         const Rows& rows) {
  const int8_t* data = Panel(w, first_panel).data;
  if (!kFetchAhead || w.data_bytes() < kSharedWeights) return {data, 0, 0};
  const size_t bytes = (end_panel - first_panel) * w.padded_groups * kGroupBytes;
  const size_t row = bytes / rows.count;
  return {data + bytes, row, row / w.groups + 1};
}

template <int kMost, int kPanels, bool kHalf>
void multiply_panels(const PackedMatrix& w, const RowShape& shape, const Rows& rows,
                     size_t first_panel, size_t end_panel) {
  constexpr int kLeast = kHalf ? 2 * kStagedVectors : kStagedVectors;
  constexpr int kFew = std::min(2 * kLeast, kMost);
  const Ahead ahead = fetch_ahead(w, first_panel, end_panel, rows);
  RowCursor cursor(rows);
  for (size_t r = 0; r < rows.count;) {
    const size_t left = rows.count - r, some = std::min<size_t>(left, kMost);
    const int32_t* terms = rows.terms == nullptr ? nullptr : rows.terms + r;
    const TileArgs tile{w,
                        shape,
                        first_panel,
                        end_panel,
                        some,
                        terms,
                        rows.quantized.from(r),
                        ahead.of_rows(r, some)};
    if (left > kFew)
      multiply_tile<kMost, kPanels, kHalf>(tile, cursor);
    else if (left > kLeast)
      multiply_tile<kFew, kPanels, kHalf>(tile, cursor);
    else
      multiply_tile<kLeast, kPanels, kHalf>(tile, cursor);
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
  for (size_t i = first_panel; i < end; i += together) {
    const size_t last = std::min(i + together, end);
    const size_t half = Panel(w, last - 1).is_half() ? last - 1 : last;
    const size_t alone = i + (half - i) / kTilePanels * kTilePanels;
    if (i != alone) multiply_panels<kTileRows, kTilePanels, false>(w, shape, rows, i, alone);
    if constexpr (kTilePanels > 1)
      if (alone != half) multiply_panels<kLoneTileRows, 1, false>(w, shape, rows, alone, half);
    if (half != last) multiply_panels<kHalfTileRows, 1, true>(w, shape, rows, half, last);
  }
}

void multiply_block(const MatrixBlock& block, const PackedMatrix& w, size_t first_panel,
                    size_t panels, int32_t*) {
  multiply_rows(w, shape_of(w), rows_of(block), first_panel, panels);
}
