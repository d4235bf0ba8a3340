// table.h: the kernels of plain numbers, those that are not quantized, of one instruction set.
#pragma once

#include <cstdint>

#include "../quantized_rows.h"
#include "arg.h"
#include "binary.h"
#include "blend.h"
#include "cast.h"
#include "depthwise.h"
#include "pool.h"
#include "reduction.h"
#include "softmax.h"
#include "unary.h"

namespace intlite {

struct PlainKernels {
  void (*arg)(const ArgArgs&);
  // The rows of a function of float32, or null where there are none.
  BinaryRow (*float_binary)(BinaryFunction);
  BinaryRow (*integer_binary)(BinaryFunction, ElementType);
  void (*cast)(const CastArgs&);
  UnaryRow (*float_unary)(UnaryFunction);  // null for those of the C library
  void (*widen)(const WidenArgs&);
  void (*softmax_rows)(const SoftmaxRowsArgs&);
  void (*reduce_block)(const ReductionBlock&);
  void (*pool_window)(const PoolWindow&);
  void (*blend_row)(const BlendRow&);
  uint64_t (*float_peak)(uint64_t iterations);  // multiply-adds done, on registers only
  void (*quantize_rows)(const QuantizeRowsArgs&);
  void (*quantize_some)(const QuantizeSomeArgs&);
  size_t float_most_panels;  // of FloatMatrix
  void (*pack_floats)(const FloatPackArgs&);
  void (*multiply_floats)(const FloatGemmArgs&);
  void (*gather_floats)(const FloatPatchArgs&);
  void (*depthwise_floats)(const FloatDepthwiseArgs&);
};

}  // namespace intlite
