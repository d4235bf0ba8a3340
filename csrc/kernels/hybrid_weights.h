// hybrid_weights.h: int8 weights for rows that are quantized as they come.
#pragma once

#include "../simd/gemm.h"

namespace intlite {

// A zero point of -1 makes the bias of the columns' sums: see simd/real_rows-inl.h. Activations are
// quantized as they are multiplied.
inline PackArgs hybrid_pack_args(size_t depth, size_t columns, const uint8_t* weights,
                                 const RealEpilogueArgs& epilogue, const WeightLayout& layout) {
  return {.depth = depth,
          .columns = columns,
          .weights = weights,
          .weights_unsigned = false,
          .weights_zero_point = 0,
          .input_unsigned = !layout.activations_signed,
          .input_zero_point = -1,
          .epilogue = {.bias = nullptr,
                       .scales = nullptr,
                       .rounding = Rounding::kFp32,
                       .gemmlowp_channel = columns,
                       .output = {},
                       .real = &epilogue}};
}

// Of the int8 values that rows are quantized to.
inline uint8_t quantized_flip(const WeightLayout& layout) {
  return layout.activations_signed ? 0 : 0x80;
}

}  // namespace intlite
