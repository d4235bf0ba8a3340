// activation_rows-inl.h: rows of activations where they lie, for tiles of some of them, and their
// sums, which the zero point of weights multiplies.

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
  QuantizedRows quantized;
};

// What belongs to a row: of some lines, some segments of so many steps of four bytes. The packed
// weights have them one behind the other.
struct RowShape {
  size_t lines, line_stride;
  size_t segments, segment_stride;
  size_t steps;
  size_t values;  // of a segment that count: its last step may read more, which meet no weights
};

// Of a block they are one line.
inline Rows rows_of(const MatrixBlock& block) {
  return {.a = block.a,
          .output = block.output,
          .count = block.rows,
          .stride = block.stride,
          .output_stride = block.output_stride,
          .line = SIZE_MAX,
          .next_line = 0,
          .output_next_line = 0,
          .lines = SIZE_MAX,
          .next_image = 0,
          .terms = block.terms,
          .quantized = block.quantized};
}
inline RowShape shape_of(const PackedMatrix& w) {
  return {.lines = 1,
          .line_stride = 0,
          .segments = 1,
          .segment_stride = 0,
          .steps = w.groups * kGroupSteps,
          .values = w.depth};
}

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

constexpr size_t kStepValues = kGroupDepth / kActivationBytes;

// A panel of ones, in whole steps and in a segment's last.
struct Ones {
  Ones(size_t values, size_t steps) {
    const size_t left = values - (steps - 1) * kStepValues;
    for (size_t i = 0; i < sizeof(whole); ++i) {
      whole[i] = 1;
      last[i] = i % kStepValues < left;
    }
  }
  alignas(64) int8_t whole[kStepBytes / 2], last[kStepBytes / 2];
};

// terms[r] = the sum of what row r reads, times -zero_point.
inline void sum_rows(const RowShape& shape, const Rows& rows, int32_t zero_point, int32_t* terms) {
  if (shape.values == 0) {
    std::fill_n(terms, rows.count, 0);
    return;
  }
  constexpr int kAtOnce = Isa::kHalfTileRows;
  const size_t steps = (shape.values + kStepValues - 1) / kStepValues;
  const Ones ones(shape.values, steps);
  const auto whole = load_half_weights(ones.whole), last = load_half_weights(ones.last);
  RowCursor cursor(rows);
  for (size_t r = 0; r < rows.count; r += kAtOnce) {
    size_t at[kAtOnce];
    uint8_t* output[kAtOnce];
    const size_t some = std::min<size_t>(rows.count - r, kAtOnce);
    const uint8_t* a = cursor.take<kAtOnce>(some, at, output);
    HalfI32 sum[kAtOnce];
    INTLITE_UNROLL
    for (int k = 0; k < kAtOnce; ++k) sum[k] = first_half(set1(0));
    const auto add = [&](const uint8_t* x, auto weights) INTLITE_INLINE_LAMBDA {
      INTLITE_UNROLL
      for (int k = 0; k < kAtOnce; ++k) sum[k] = dot4(sum[k], broadcast4(x + at[k]), weights);
    };
    for (size_t line = 0; line < shape.lines; ++line) {
      for (size_t segment = 0; segment < shape.segments; ++segment) {
        const uint8_t* x = a + line * shape.line_stride + segment * shape.segment_stride;
        for (size_t step = 1; step < steps; ++step, x += kGroupDepth) add(x, whole);
        add(x, last);
      }
    }
    for (size_t k = 0; k < some; ++k)
      terms[r + k] = wrap_int32(-int64_t{zero_point} * first_lane(sum[k]));
  }
}

// Beyond this, rows go by whole vectors one after the other.
constexpr size_t kLongRow = 64;

inline void sum_block(const MatrixBlock& block, const PackedMatrix& w, int32_t* terms) {
  if (w.depth > kLongRow) {
    for (size_t r = 0; r < block.rows; ++r)
      terms[r] = wrap_int32(-int64_t{w.weights_zero_point} *
                            sum_activations(block.a + r * block.stride, w.depth));
    return;
  }
  sum_rows(shape_of(w), rows_of(block), w.weights_zero_point, terms);
}
