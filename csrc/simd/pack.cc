// pack.cc: weights into the layout that all GEMM kernels read.
#include <cstring>

#include "gemm.h"

namespace intlite {

PackedWeights pack_weights(const PackArgs& args) {
  PackedWeights w;
  w.depth = args.depth;
  w.columns = args.columns;
  w.groups = (args.depth + kGroupDepth - 1) / kGroupDepth;
  w.padded_groups = round_up(args.depth, kDepthPadding) / kGroupDepth;
  const size_t panels = w.panels();
  const size_t bytes = panels * w.padded_groups * kGroupBytes;
  w.data = make_aligned<int8_t>(bytes);
  std::memset(w.data.get(), 0, bytes);

  // Unsigned weights run as signed ones with the zero point moved by 128, and
  // signed activations as unsigned ones likewise.
  const uint8_t weights_flip = args.weights_unsigned ? 0x80 : 0;
  w.weights_zero_point = args.weights_zero_point - (args.weights_unsigned ? 128 : 0);
  const int32_t input_zero_point = args.input_zero_point + (args.input_unsigned ? 0 : 128);

  w.epilogue = make_epilogue(args.columns, args.epilogue);
  for (size_t n = 0; n < args.columns; ++n) {
    const size_t p = n / kPanelColumns;
    int8_t* column = const_cast<int8_t*>(w.panel(p)) + n % kPanelColumns * kGroupDepth;
    const size_t group_stride = w.group_stride(p);
    const uint8_t* row = args.weights + n * args.depth;
    int64_t sum = 0;
    for (size_t k = 0; k < args.depth; ++k) {
      const int8_t value = static_cast<int8_t>(row[k] ^ weights_flip);
      sum += value;
      column[k / kGroupDepth * group_stride + k % kGroupDepth] = value;
    }
    const int64_t both = static_cast<int64_t>(args.depth) * w.weights_zero_point;
    const int64_t correction = input_zero_point * (both - sum);
    w.epilogue.bias[n] = wrap_int32(w.epilogue.bias[n] + correction);
  }
  return w;
}

}  // namespace intlite
