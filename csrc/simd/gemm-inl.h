// gemm-inl.h: the one body of the 8-bit GEMM. Included once per instruction set, after its
// vector type and its multiply_block (gemm-registers-inl.h or gemm-amx-inl.h).

// Accumulators of a single row that the registers hold beside its weights.
constexpr int kRowVectors = Isa::kRowVectors;

// One row over the listed groups only: the others are all zero bytes, which add
// nothing. A pixel at the zero point of a uint8 image costs no weight traffic.
template <int kPanels, int kChains>
void accumulate_sparse_row(const uint8_t* a, const uint32_t* index, size_t count,
                           const int8_t* panel, size_t group_stride, size_t panel_stride,
                           int32_t* acc) {
  // Several chains a panel hide the latency of the multiply-add.
  I32 sum[kChains][kPanels];
  INTLITE_UNROLL
  for (int c = 0; c < kChains; ++c) INTLITE_UNROLL
  for (int p = 0; p < kPanels; ++p) sum[c][p] = set1(0);
  const auto step = [&](size_t i, I32* chain) {
    const size_t g = index[i];
    const Activations x = broadcast4(a + g * kGroupDepth);
    const int8_t* b = panel + g / kGroupSteps * group_stride + g % kGroupSteps * kStepBytes;
    INTLITE_UNROLL
    for (int p = 0; p < kPanels; ++p)
      chain[p] = dot4(chain[p], x, load_weights(b + static_cast<size_t>(p) * panel_stride));
  };
  size_t i = 0;
  for (; i + kChains <= count; i += kChains) INTLITE_UNROLL
  for (int c = 0; c < kChains; ++c) step(i + static_cast<size_t>(c), sum[c]);
  for (; i < count; ++i) step(i, sum[0]);
  INTLITE_UNROLL
  for (int c = 1; c < kChains; ++c) INTLITE_UNROLL
  for (int p = 0; p < kPanels; ++p) sum[0][p] = sum[0][p] + sum[c][p];
  INTLITE_UNROLL
  for (int p = 0; p < kPanels; ++p) store(acc + static_cast<size_t>(p) * kPanelColumns, sum[0][p]);
}

// Values as the kernels read them, padded by zeros to a multiple of 64.
void pack_values(const uint8_t* input, size_t count, uint8_t flip, uint8_t* packed) {
  const size_t whole = count / 64 * 64;
  for (size_t k = 0; k < whole; k += 64)
    pack_activations64(packed + k * kActivationBytes, input + k, flip);
  if (whole < count) {
    // As it will be after the flip.
    uint8_t last[64];
    std::memset(last, flip, sizeof(last));
    std::memcpy(last, input + whole, count - whole);
    pack_activations64(packed + whole * kActivationBytes, last, flip);
  }
}

void gemm_row(const GemmArgs& args, const uint8_t* row, uint32_t* index, int32_t* acc,
              uint8_t* output, QuantizedRows quantized) {
  const PackedMatrix& w = args.weights;
  const size_t count = nonzero_groups(row, w.groups * kGroupSteps, index);
  const int32_t term =
      w.weights_zero_point == 0
          ? 0
          : wrap_int32(-int64_t{w.weights_zero_point} * sum_activations(row, w.depth));
  const size_t panels = std::min(w.panels(), args.end_panel);
  for (size_t p = args.first_panel; p < panels;) {
    const int8_t* panel = w.panel(p);
    const size_t group_stride = w.group_stride(p), panel_stride = w.panel_stride();
    const size_t column = p * kPanelColumns;
    if (panels - p >= 4) {
      accumulate_sparse_row<4, kRowVectors / 4>(row, index, count, panel, group_stride,
                                                panel_stride, acc);
      p += 4;
    } else if (panels - p >= 2) {
      accumulate_sparse_row<2, 2>(row, index, count, panel, group_stride, panel_stride, acc);
      p += 2;
    } else {
      accumulate_sparse_row<1, 4>(row, index, count, panel, group_stride, panel_stride, acc);
      p += 1;
    }
    const size_t end = p * kPanelColumns < w.columns ? p * kPanelColumns : w.columns;
    finish_rows({.epilogue = *w.epilogue,
                 .bias = w.bias,
                 .acc = acc,
                 .acc_stride = kBlockColumns,
                 .terms = &term,
                 .rows = 1,
                 .first = column,
                 .channels = end - column,
                 .output = output + column * w.epilogue->value_bytes(),
                 .output_stride = 0,
                 .quantized = quantized});
  }
}

// Where a block's rows can be read in place: kernels read whole tiles of rows, and each up to
// a multiple of 64, so the last rows of the input, with nothing behind them, are copied.
MatrixBlock read_rows(const GemmArgs& args, size_t first, size_t padded_depth, uint8_t* packed) {
  const size_t rows = std::min(args.rows - first, kRowsOfBlock), depth = args.weights.depth;
  const uint8_t* a = args.input + first * args.input_stride;
  MatrixBlock block{.a = a,
                    .stride = args.input_stride,
                    .rows = rows,
                    .terms = nullptr,
                    .output = args.output + first * args.output_stride,
                    .output_stride = args.output_stride,
                    .quantized = args.quantized.from(first)};
  const size_t last = first + round_up(rows, kRowUnit) - 1;
  if (kActivationBytes == 1 && args.input_flip == 0 &&
      last * args.input_stride + padded_depth <= args.readable)
    return block;
  block.a = packed;
  if (kRowUnit == 1 && args.input_stride == depth) {
    // As one long row: what is read behind the end of one meets weights of zero.
    block.stride = depth * kActivationBytes;
    pack_values(a, rows * depth, args.input_flip, packed);
    return block;
  }
  block.stride = padded_depth * kActivationBytes;
  for (size_t r = 0; r < rows; ++r)
    pack_values(a + r * args.input_stride, depth, args.input_flip, packed + r * block.stride);
  return block;
}

// Whether most of a block's 4-byte groups are zero, so that row by row is less work. Some of the
// rows tell.
bool mostly_zero(const uint8_t* a, size_t a_stride, size_t rows, const PackedMatrix& w) {
  // With few columns to a row, finding the zeros costs as much as multiplying them.
  if (!kSparseRowsPay || w.panels() < kBlockPanels) return false;
  constexpr size_t kEvery = 4;
  size_t nonzero = 0, seen = 0;
  const size_t groups = w.groups * kGroupSteps;
  for (size_t r = 0; r < rows; r += kEvery, seen += groups)
    nonzero += count_nonzero_groups(a + r * a_stride, groups);
  return 2 * nonzero < seen;
}

// Panel by panel, each with all blocks.
void gemm_blocks(const GemmArgs& args, MatrixBlock* blocks, size_t count, int32_t* acc) {
  const PackedMatrix& w = args.weights;
  int32_t terms[kMostRowBlocks * kMostBlockRows];
  if (w.weights_zero_point != 0) {
    for (size_t b = 0; b < count; ++b) {
      int32_t* of_block = terms + b * kMostBlockRows;
      sum_block(blocks[b], w, of_block);
      blocks[b].terms = of_block;
    }
  }
  const size_t panels = std::min(w.panels(), args.end_panel);
  for (size_t p = args.first_panel; p < panels; p += kBlockPanels)
    for (size_t b = 0; b < count; ++b)
      multiply_block(blocks[b], w, p, std::min(panels - p, kBlockPanels), acc);
}

void gemm(const GemmArgs& args) {
  const PackedMatrix& w = args.weights;
  const size_t padded = round_up(w.depth, kDepthPadding);
  const GemmScratch scratch(args.scratch, padded);
  if (args.rows == 1) {
    gemm_row(args, read_rows(args, 0, padded, scratch.rows).a, scratch.indices,
             scratch.accumulators, args.output, args.quantized);
    return;
  }
  [[maybe_unused]] const BlockScope scope{};
  const size_t most = w.data_bytes() < kSharedWeights ? 1 : row_blocks(padded);
  for (size_t first = 0; first < args.rows;) {
    MatrixBlock blocks[kMostRowBlocks];
    size_t count = 0;
    for (; count < most && first < args.rows; first += kRowsOfBlock) {
      const MatrixBlock rows = read_rows(
          args, first, padded, scratch.rows + count * kMostBlockRows * padded * kActivationBytes);
      if (!mostly_zero(rows.a, rows.stride, rows.rows, w)) {
        blocks[count++] = rows;
        continue;
      }
      for (size_t r = 0; r < rows.rows; ++r)
        gemm_row(args, rows.a + r * rows.stride, scratch.indices, scratch.accumulators,
                 rows.output + r * rows.output_stride, rows.quantized.from(r));
    }
    gemm_blocks(args, blocks, count, scratch.accumulators);
  }
}
