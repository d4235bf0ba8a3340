// fully_connected.h: FULLY_CONNECTED on int8 or uint8 activations and constant weights.
//
// Takes int8 or uint8 activations and weights, each of its own; biases and sums of int32, modulo
// 2^32; gives int8 or uint8. Zero points of input and weights are any int32, the output's -128 to
// 255; the activation range lies in the output's type; multipliers of channels are not negative,
// their shifts at most 1100. rows * depth * columns is at most 2^48.
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
        input_flip_(
            activation_transform(kernels.layout, args.input_unsigned, args.input_zero_point).flip),
        weights_(pack_weights(args, kernels.layout)),
        gemm_(kernels.gemm) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override {
    return 1 + samples * rows_ * weights_.depth * weights_.columns / kProductsOfPart;
  }
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override {
    multiply_part(gemm_, weights_.matrix(), part, samples * rows_, inputs[0], input_flip_,
                  outputs[0], scratch);
  }
  size_t scratch_bytes() const override { return gemm_scratch_size(weights_.depth); }

 private:
  size_t rows_;
  uint8_t input_flip_;
  PackedWeights weights_;
  void (*gemm_)(const GemmArgs&);
};

}  // namespace intlite
