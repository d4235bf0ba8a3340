// gemm_int16-inl.h: int16 rows by weights in pairs: tiles of sums in registers, section by section.
// Included once per instruction set, after finish_rows-inl.h.

constexpr size_t kWordRows = 6;
constexpr size_t kWordPanels = Isa::kRowVectors >= 8 ? 2 : 1;
// Of a row alone, whose sums would wait for each other.
constexpr size_t kLoneRowPanels = 4;
constexpr size_t kPairBytes = 2 * sizeof(int16_t);
// Sums of a tile: rows of panels.
constexpr size_t kMostWordTile = std::max(kWordRows * kWordPanels, kLoneRowPanels) * kPanelColumns;

// Some pairs of some rows by panels side by side.
template <int kRows, int kPanels, class Weight>
INTLITE_INLINE void sum_pairs(const uint8_t* const (&row)[kRows], const PairSection& section,
                              const Weight* panel, size_t panel_values, int32_t* sums) {
  I32 sum[kPanels][kRows];
  INTLITE_UNROLL
  for (int p = 0; p < kPanels; ++p) INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) sum[p][r] = set1(0);
  const size_t end = (section.first + section.count) * kPairBytes;
  for (size_t at = section.first * kPairBytes; at < end;
       at += kPairBytes, panel += 2 * kPanelColumns) {
    WordPairs w[kPanels];
    INTLITE_UNROLL
    for (int p = 0; p < kPanels; ++p)
      w[p] = load_pairs(panel + static_cast<size_t>(p) * panel_values);
    INTLITE_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const WordPairs x = broadcast_pair(row[r] + at);
      INTLITE_UNROLL
      for (int p = 0; p < kPanels; ++p) sum[p][r] = dot2(sum[p][r], x, w[p]);
    }
  }
  INTLITE_UNROLL
  for (int r = 0; r < kRows; ++r) INTLITE_UNROLL
  for (int p = 0; p < kPanels; ++p)
    store(sums + static_cast<size_t>(r * kPanels + p) * kPanelColumns, sum[p][r]);
}

inline int16_t finish_total(const Epilogue& e, size_t channel, int64_t total) {
  const int64_t acc = static_cast<int64_t>(static_cast<uint64_t>(total) +
                                           static_cast<uint64_t>(e.wide_bias[channel]));
  const int32_t rescaled =
      is_double(e)
          ? truncate_to_int32(round_half_away(static_cast<double>(acc) * e.fp64[channel]))
          : multiply_by_reduced_multiplier(acc, e.multiplier[channel], 15 - e.right_shift[channel]);
  return static_cast<int16_t>(
      std::clamp(wrapping_add(rescaled, e.output.zero_point), e.output.min, e.output.max));
}

// A function of its own, so that nothing else needs the registers. Rows that are missing repeat the
// last one.
template <int kRows, int kPanels, class Weight>
INTLITE_NOINLINE void word_tile(const Int16GemmArgs& args, const uint8_t* input, size_t rows,
                                size_t panel, uint8_t* output) {
  const Int16Matrix& w = args.weights;
  const uint8_t* row[kRows];
  INTLITE_UNROLL
  for (size_t r = 0; r < kRows; ++r) row[r] = input + std::min(r, rows - 1) * args.input_stride;
  const size_t values = w.panel_values();
  const Weight* weights = static_cast<const Weight*>(w.data) + panel * values;
  const size_t first = panel * kPanelColumns, columns = kPanels * kPanelColumns;
  const size_t channels = std::min(columns, w.columns - first);
  alignas(64) int32_t sums[kMostWordTile];
  output += first * sizeof(int16_t);
  if (!w.wide_sums) {
    sum_pairs<kRows, kPanels>(row, w.sections[0], weights, values, sums);
    finish_words({.epilogue = *w.epilogue,
                  .bias = w.epilogue->bias.data(),
                  .acc = sums,
                  .acc_stride = columns,
                  .terms = nullptr,
                  .rows = rows,
                  .first = first,
                  .channels = channels,
                  .output = output,
                  .output_stride = args.output_stride});
    return;
  }
  int64_t totals[kMostWordTile] = {};
  for (size_t s = 0; s < w.section_count; ++s) {
    const PairSection& section = w.sections[s];
    sum_pairs<kRows, kPanels>(row, section, weights, values, sums);
    weights += section.count * 2 * kPanelColumns;
    const int64_t factor = int64_t{1} << section.shift;
    for (size_t i = 0; i < kRows * columns; ++i) totals[i] += sums[i] * factor;
  }
  for (size_t r = 0; r < rows; ++r) {
    int16_t values_of_row[kPanels * kPanelColumns];
    for (size_t c = 0; c < channels; ++c)
      values_of_row[c] = finish_total(*w.epilogue, first + c, totals[r * columns + c]);
    std::memcpy(output + r * args.output_stride, values_of_row, channels * sizeof(int16_t));
  }
}

template <int kPanels, class Weight>
void multiply_word_panels(const Int16GemmArgs& args, const uint8_t* input, size_t rows,
                          size_t panel, uint8_t* output) {
  constexpr int kFew = kWordRows / 2;
  for (size_t r = 0; r < rows;) {
    const size_t left = rows - r, some = std::min(left, kWordRows);
    const uint8_t* a = input + r * args.input_stride;
    uint8_t* to = output + r * args.output_stride;
    if (left > kFew)
      word_tile<kWordRows, kPanels, Weight>(args, a, some, panel, to);
    else
      word_tile<kFew, kPanels, Weight>(args, a, some, panel, to);
    r += some;
  }
}

template <class Weight>
void multiply_word_rows(const Int16GemmArgs& args, const uint8_t* input, size_t rows,
                        uint8_t* output) {
  const size_t end = std::min(args.weights.panels(), args.end_panel);
  if (rows == 1) {
    size_t p = args.first_panel;
    for (; p + kLoneRowPanels <= end; p += kLoneRowPanels)
      word_tile<1, kLoneRowPanels, Weight>(args, input, 1, p, output);
    for (; p < end; ++p) word_tile<1, 1, Weight>(args, input, 1, p, output);
    return;
  }
  // Rows that stay in L2 while all panels go by.
  const size_t row = std::max<size_t>(args.weights.row_bytes(), 1);
  const size_t block = round_up(std::max<size_t>(kSharedRows / row, 1), kWordRows);
  for (size_t r = 0; r < rows; r += block) {
    const size_t some = std::min(block, rows - r);
    const uint8_t* a = input + r * args.input_stride;
    uint8_t* to = output + r * args.output_stride;
    size_t p = args.first_panel;
    for (; p + kWordPanels <= end; p += kWordPanels)
      multiply_word_panels<kWordPanels, Weight>(args, a, some, p, to);
    for (; p < end; ++p) multiply_word_panels<1, Weight>(args, a, some, p, to);
  }
}

template <class Weight>
void gemm_int16_by(const Int16GemmArgs& args) {
  const size_t read = args.weights.row_bytes();
  const size_t last = args.rows - 1;
  // With nothing behind it, a last row of odd length is copied.
  const bool copied = last * args.input_stride + read > args.readable;
  const size_t in_place = copied ? last : args.rows;
  if (in_place != 0) multiply_word_rows<Weight>(args, args.input, in_place, args.output);
  if (!copied) return;
  const size_t bytes = args.weights.depth * sizeof(int16_t);
  std::memset(args.scratch + read - kPairBytes, 0, kPairBytes);
  std::memcpy(args.scratch, args.input + last * args.input_stride, bytes);
  multiply_word_rows<Weight>(args, args.scratch, 1, args.output + last * args.output_stride);
}

void gemm_int16(const Int16GemmArgs& args) {
  if (args.rows == 0) return;
  if (args.weights.wide_weights)
    gemm_int16_by<int16_t>(args);
  else
    gemm_int16_by<int8_t>(args);
}
