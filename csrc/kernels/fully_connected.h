// fully_connected.h: FULLY_CONNECTED on int8 or uint8 activations and constant weights.
#pragma once

#include "../simd/dispatch.h"
#include "matrix_split.h"

namespace intlite {

// [samples * rows, depth] x weights [columns, depth] -> [samples * rows, columns].
class FullyConnected final : public Kernel {
 public:
  FullyConnected(size_t rows, const PackArgs& args, const KernelTable& kernels)
      : Kernel({rows * args.depth}, {rows * args.columns}),
        rows_(rows),
        input_flip_(args.input_unsigned ? 0 : 0x80),
        weights_(pack_weights(args, kernels.layout)),
        gemm_(kernels.gemm) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override {
    return 1 + samples * rows_ * weights_.depth * weights_.columns / kPartWork;
  }
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override {
    const size_t all = samples * rows_, depth = weights_.depth;
    const PackedMatrix w = weights_.matrix();
    const MatrixSplit mine = split_matrix(part, all, kPartRows, depth, w);
    if (mine.is_empty()) return;
    const size_t first = mine.first_row;
    gemm_({w, inputs[0] + first * depth, mine.end_row - first, depth, (all - first) * depth,
           input_flip_, outputs[0] + first * weights_.columns, weights_.columns, scratch,
           mine.first_panel, mine.end_panel});
  }
  size_t scratch_bytes() const override { return gemm_scratch_size(weights_.depth); }

 private:
  // Multiplications that are worth a thread.
  static constexpr size_t kPartWork = 120'000;

  size_t rows_;
  uint8_t input_flip_;
  PackedWeights weights_;
  void (*gemm_)(const GemmArgs&);
};

}  // namespace intlite
