// fully_connected_int16.h: FULLY_CONNECTED on int16 activations and constant weights of int8.
//
// Takes int16, int8, and biases of int32, whose sums are modulo 2^32, or of int64, whose sums are
// modulo 2^64; gives int16. Zero points are 0; the activation range is any of int16; multipliers of
// channels are not negative, their shifts at most 1100, of 64-bit sums 14. rows * depth * columns
// is at most 2^48.
#pragma once

#include "../simd/dispatch.h"
#include "matrix_split.h"

namespace intlite {

// A part of [rows, depth] x weights, neither with gaps between rows.
inline void multiply_int16_part(void (*gemm)(const Int16GemmArgs&), const Int16Matrix& w, Part part,
                                size_t rows, const uint8_t* input, uint8_t* output,
                                uint8_t* scratch) {
  const size_t in = w.depth * sizeof(int16_t), out = w.columns * sizeof(int16_t);
  const MatrixSplit mine = split_matrix(part, rows, kPartRows, in, w);
  if (mine.is_empty()) return;
  const size_t first = mine.first_row;
  gemm({.weights = w,
        .input = input + first * in,
        .rows = mine.end_row - first,
        .input_stride = in,
        .readable = (rows - first) * in,
        .output = output + first * out,
        .output_stride = out,
        .scratch = scratch,
        .first_panel = mine.first_panel,
        .end_panel = mine.end_panel});
}

// [samples * rows, depth] x weights [columns, depth] -> [samples * rows, columns].
class FullyConnectedInt16 final : public Kernel {
 public:
  FullyConnectedInt16(size_t rows, const PackInt16Args& args, const KernelTable& kernels)
      : Kernel({rows * args.depth * sizeof(int16_t)}, {rows * args.columns * sizeof(int16_t)}),
        rows_(rows),
        weights_(pack_int16(args)),
        gemm_(kernels.gemm_int16) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override {
    return 1 + samples * rows_ * weights_.depth * weights_.columns / kProductsOfPart;
  }
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override {
    multiply_int16_part(gemm_, weights_.matrix(), part, samples * rows_, inputs[0], outputs[0],
                        scratch);
  }
  size_t scratch_bytes() const override { return weights_.matrix().row_bytes(); }

 private:
  size_t rows_;
  PackedInt16 weights_;
  void (*gemm_)(const Int16GemmArgs&);
};

}  // namespace intlite
