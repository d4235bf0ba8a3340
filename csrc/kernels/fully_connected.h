// fully_connected.h: FULLY_CONNECTED on int8 or uint8 activations and constant weights.
#pragma once

#include "../simd/dispatch.h"
#include "kernel.h"

namespace intlite {

// [samples * rows, depth] x weights [columns, depth] -> [samples * rows, columns].
class FullyConnected final : public Kernel {
 public:
  FullyConnected(size_t rows, const PackArgs& args, const KernelTable& kernels)
      : Kernel({rows * args.depth}, {rows * args.columns}),
        rows_(rows),
        input_flip_(args.input_unsigned ? 0 : 0x80),
        weights_(pack_weights(args)),
        gemm_(kernels.gemm) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    if (samples * rows_ == 0 || weights_.columns == 0) return;
    const size_t rows = samples * rows_, depth = weights_.depth;
    gemm_({&weights_, inputs[0], rows, depth, rows * depth, input_flip_, outputs[0],
           weights_.columns, scratch});
  }
  size_t scratch_bytes() const override { return gemm_scratch_size(weights_); }

 private:
  size_t rows_;
  uint8_t input_flip_;
  PackedWeights weights_;
  void (*gemm_)(const GemmArgs&);
};

}  // namespace intlite
