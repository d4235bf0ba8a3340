// accumulated-inl.h: blocks of the GEMM in two passes, by accumulate_block (registers-inl.h or
// tiles-inl.h) into memory that stays in L1, and from there by finish_rows.

inline void multiply_block(const MatrixBlock& block, const PackedMatrix& w, size_t first_panel,
                           size_t panels, int32_t* acc) {
  const size_t column = first_panel * kPanelColumns;
  const size_t columns = std::min(panels * kPanelColumns, w.columns - column);
  accumulate_block(block.a, block.stride, block.rows, w, first_panel, panels, acc);
  finish_rows({*w.epilogue, w.bias, acc, kBlockColumns, block.terms, block.rows, column, columns,
               block.output + column, block.output_stride});
}
