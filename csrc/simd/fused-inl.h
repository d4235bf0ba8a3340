// fused-inl.h: blocks of the GEMM as tiles that are accumulated and finished in registers: some
// rows by 16 columns, or by 8 where a matrix's last panel has no more. INTLITE_TILE_ROWS and
// INTLITE_HALF_TILE_ROWS say how many rows the registers hold.

constexpr int kTileRows = INTLITE_TILE_ROWS;
constexpr int kHalfTileRows = INTLITE_HALF_TILE_ROWS;

struct BlockScope {};
constexpr size_t kDepthUnit = kGroupDepth;
constexpr size_t kRowUnit = 1;
constexpr size_t kRowsOfBlock = round_up(kBlockRows, kTileRows);
static_assert(kRowsOfBlock <= kMostBlockRows, "scratch memory has room for it");
constexpr bool kSparseRowsPay = true;

// Rows and where their results go: evenly spaced in lines, evenly spaced in images.
struct Rows {
  const uint8_t* a;
  uint8_t* output;  // of the matrix's first column
  size_t count;
  size_t stride, output_stride;        // from row to row
  size_t line;                         // rows of a line
  size_t next_line, output_next_line;  // from a line's last row to the next one's first
  size_t lines, next_image;            // of an image; from its last row to the next one's first
  const int32_t* terms;                // one a row, or null
};

// What belongs to a row: of some lines, some segments of so many steps of four bytes. The packed
// weights have them one behind the other.
struct RowShape {
  size_t lines, line_stride;
  size_t segments, segment_stride;
  size_t steps;
};

// Goes from tile to tile. Rows that a tile lacks repeat its last one.
class RowCursor {
 public:
  explicit RowCursor(const Rows& rows) : rows_(rows), a_(rows.a), output_(rows.output) {}

  // The next `count` rows: the first one, the others from there, and their outputs.
  template <int kRows>
  INTLITE_INLINE const uint8_t* take(size_t count, size_t (&at)[kRows], uint8_t* (&output)[kRows]) {
    const uint8_t* first = a_;
    if (count >= kRows && x_ + kRows < rows_.line) {
      INTLITE_UNROLL
      for (size_t k = 0; k < kRows; ++k) {
        at[k] = k * rows_.stride;
        output[k] = output_ + k * rows_.output_stride;
      }
      a_ += kRows * rows_.stride;
      output_ += kRows * rows_.output_stride;
      x_ += kRows;
      return first;
    }
    INTLITE_UNROLL
    for (size_t k = 0; k < kRows; ++k) {
      at[k] = static_cast<size_t>(a_ - first);
      output[k] = output_;
      if (k + 1 < count) advance();
    }
    advance();
    return first;
  }

 private:
  INTLITE_INLINE void advance() {
    if (++x_ < rows_.line) {
      a_ += rows_.stride;
      output_ += rows_.output_stride;
    } else {
      if (++y_ < rows_.lines) {
        a_ += rows_.next_line;
      } else {
        a_ += rows_.next_image;
        y_ = 0;
      }
      output_ += rows_.output_next_line;
      x_ = 0;
    }
  }

  const Rows& rows_;
  const uint8_t* a_;
  uint8_t* output_;
  size_t x_ = 0, y_ = 0;
};

alignas(64) constexpr float kNoScales[kLanes] = {};

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

// Calls f(activations, weights) for each step.
template <class F>
INTLITE_INLINE void for_each_step(const Panel& p, const uint8_t* a, F f) {
  const RowShape& shape = p.shape;
  const int8_t* weights = p.data;
  const size_t gap = shape.segment_stride - shape.steps * kGroupDepth;
  const size_t line_gap = shape.line_stride - shape.segments * shape.segment_stride;
  for (size_t line = 0; line < shape.lines; ++line, a += line_gap) {
    for (size_t segment = 0; segment < shape.segments; ++segment, a += gap) {
      const uint8_t* end = a + shape.steps * kGroupDepth;
      for (; a != end; a += kGroupDepth, weights += p.step_stride) f(a, weights);
    }
  }
}

template <int kRows>
INTLITE_INLINE void accumulate(const Panel& p, const uint8_t* a, const size_t (&at)[kRows],
                               I32 (&sum)[kRows]) {
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) sum[r] = p.start;
  for_each_step(p, a, [&](const uint8_t* x, const int8_t* panel) INTLITE_INLINE_LAMBDA {
    const Weights b = load_weights(panel);
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r) sum[r] = dot4(sum[r], broadcast4(x + at[r]), b);
  });
}

// Of the first eight columns; two rows are a vector.
template <int kRows>
INTLITE_INLINE void accumulate_half(const Panel& p, const uint8_t* a, const size_t (&at)[kRows],
                                    I32 (&pairs)[kRows / 2]) {
  HalfI32 sum[kRows];
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) sum[r] = first_half(p.start);
  for_each_step(p, a, [&](const uint8_t* x, const int8_t* panel) INTLITE_INLINE_LAMBDA {
    const auto b = load_half_weights(panel);
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r) sum[r] = dot4(sum[r], broadcast4(x + at[r]), b);
  });
  INTLITE_UNROLL
  for (int r = 0; r < kRows; r += 2) pairs[r / 2] = join(sum[r], sum[r + 1]);
}

// n bytes of 16, without a loop.
INTLITE_INLINE void store_some(uint8_t* to, const uint8_t* from, size_t n) {
  if (n >= 8) {
    std::memcpy(to, from, 8);
    std::memcpy(to + n - 8, from + n - 8, 8);
  } else if (n >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + n - 4, from + n - 4, 4);
  } else {
    for (size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

// The vectors of a tile: of a row each, or of two rows where columns are eight.
template <int kVectors, bool kHalf>
struct TileOutput {
  const Panel& panel;
  const int32_t* terms;
  uint8_t* const (&output)[kHalf ? 2 * kVectors : kVectors];
  size_t count;  // of its rows, to be stored

  INTLITE_INLINE I32 terms_of(int v) const {
    const size_t r = static_cast<size_t>(v) * (kHalf ? 2 : 1);
    if constexpr (kHalf)
      return join(terms[std::min(r, count - 1)], terms[std::min(r + 1, count - 1)]);
    else
      return set1(terms[std::min(r, count - 1)]);
  }

  INTLITE_INLINE void store(int v, Bytes16 bytes) const {
    const size_t r = static_cast<size_t>(v) * (kHalf ? 2 : 1);
    if (r >= count) return;
    if (!kHalf && panel.columns == kPanelColumns) {
      store_bytes16(output[r], bytes);
      return;
    }
    alignas(16) uint8_t last[16];
    store_bytes16(last, bytes);
    store_some(output[r], last, panel.columns);
    if (kHalf && r + 1 < count) store_some(output[r + kHalf], last + 8, panel.columns);
  }
};

template <int kVectors, bool kHalf>
INTLITE_INLINE void finish_fp32(I32 (&sum)[kVectors], const TileOutput<kVectors, kHalf>& to) {
  const Fp32End& end = to.panel.end;
  if (to.terms != nullptr) {
    INTLITE_UNROLL
    for (int v = 0; v < kVectors; ++v) sum[v] = sum[v] + to.terms_of(v);
  }
  INTLITE_UNROLL
  for (int v = 0; v < kVectors; v += kStagedVectors) {
    I32 x[kStagedVectors];
    Bytes16 bytes[kStagedVectors];
    INTLITE_UNROLL
    for (int k = 0; k < kStagedVectors; ++k) x[k] = rescale(sum[v + k], end);
    to_bytes16(x, end.stage, bytes);
    INTLITE_UNROLL
    for (int k = 0; k < kStagedVectors; ++k) to.store(v + k, bytes[k]);
  }
}

// All other roundings, and mixtures.
template <int kVectors, bool kHalf>
INTLITE_NOINLINE void finish_others(const int32_t* acc, const TileOutput<kVectors, kHalf>& to) {
  const Panel& p = to.panel;
  constexpr size_t kStride = kHalf ? kPanelColumns / 2 : kPanelColumns;
  for (size_t r = 0; r < to.count; ++r)
    finish_rows({*p.w.epilogue, p.w.bias, acc + r * kStride, kStride,
                 to.terms == nullptr ? nullptr : to.terms + r, 1, p.column, p.columns, to.output[r],
                 0});
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

// A function of its own, so that nothing else needs the registers.
template <int kRows, bool kHalf>
INTLITE_NOINLINE void multiply_tile(const Panel& p, RowCursor& cursor, size_t count,
                                    const int32_t* terms) {
  size_t at[kRows];
  uint8_t* output[kRows];
  const uint8_t* a = cursor.take(count, at, output);
  constexpr int kVectors = kHalf ? kRows / 2 : kRows;
  I32 sum[kVectors];
  if constexpr (kHalf)
    accumulate_half<kRows>(p, a, at, sum);
  else
    accumulate<kRows>(p, a, at, sum);
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) output[r] += p.column;
  finish_tile<kVectors, kHalf>(sum, {p, terms, output, count});
}

template <int kMost, bool kHalf>
void multiply_panel(const Panel& p, const Rows& rows) {
  constexpr int kLeast = kHalf ? 2 * kStagedVectors : kStagedVectors;
  constexpr int kFew = std::min(2 * kLeast, kMost);
  RowCursor cursor(rows);
  for (size_t r = 0; r < rows.count;) {
    const int32_t* terms = rows.terms == nullptr ? nullptr : rows.terms + r;
    const size_t left = rows.count - r;
    size_t some;
    if (left > kFew)
      multiply_tile<kMost, kHalf>(p, cursor, some = std::min<size_t>(left, kMost), terms);
    else if (left > kLeast)
      multiply_tile<kFew, kHalf>(p, cursor, some = left, terms);
    else
      multiply_tile<kLeast, kHalf>(p, cursor, some = left, terms);
    r += some;
  }
}

void multiply_rows(const PackedMatrix& w, const RowShape& shape, const Rows& rows,
                   size_t first_panel, size_t panels) {
  for (size_t i = 0; i < panels; ++i) {
    const Panel p(w, shape, first_panel + i);
    if (p.half)
      multiply_panel<kHalfTileRows, true>(p, rows);
    else
      multiply_panel<kTileRows, false>(p, rows);
  }
}

void multiply_block(const MatrixBlock& block, const PackedMatrix& w, size_t first_panel,
                    size_t panels, int32_t*) {
  const Rows rows{block.a, block.output, block.rows, block.stride, block.output_stride, SIZE_MAX, 0,
                  0,       SIZE_MAX,     0,          block.terms};
  multiply_rows(w, {1, 0, 1, 0, w.groups * kGroupSteps}, rows, first_panel, panels);
}
