// dispatch.h: the kernels of each instruction set, and which one runs.
#pragma once

#include <string>
#include <vector>

#include "blend.h"
#include "convolve.h"
#include "depthwise.h"
#include "depthwise_int16.h"
#include "elementwise.h"
#include "fixed_binary.h"
#include "fixed_binary_int16.h"
#include "gemm.h"
#include "gemm_int16.h"
#include "lookup.h"
#include "patches.h"
#include "plain/table.h"
#include "probabilities.h"
#include "quantize.h"
#include "window.h"

namespace intlite {

struct KernelTable {
  const char* name;
  bool (*supported)();
  WeightLayout layout;
  void (*gemm)(const GemmArgs&);
  void (*gemm_int16)(const Int16GemmArgs&);
  void (*gather_patches)(const PatchArgs&);
  void (*convolve)(const ConvolveArgs&);  // null where gathered patches are faster
  void (*depthwise)(const DepthwiseArgs&);
  void (*depthwise_int16)(const DepthwiseInt16Args&);
  void (*add)(const ElementwiseArgs&);
  void (*multiply)(const ElementwiseArgs&);
  void (*fixed_binary)(const FixedBinaryArgs&);
  void (*fixed_binary_int16)(const FixedInt16Args&);
  void (*lookup)(const LookupArgs&);
  void (*sum_window)(const WindowArgs&, int32_t* sums);
  void (*average_window)(const WindowArgs&, int32_t low, int32_t high, uint8_t* output);
  void (*scale_window)(const WindowArgs&, float scale, float bias, uint8_t* output);
  void (*max_window)(const WindowArgs&, uint8_t* output);
  void (*min_window)(const WindowArgs&, uint8_t* output);
  void (*blend_columns)(const BlendColumnsArgs&);
  void (*blend_rows)(const BlendRowsArgs&);
  void (*probabilities)(const ProbabilityArgs&);
  void (*quantize)(const QuantizeArgs&);
  void (*dequantize)(const DequantizeArgs&);
  uint64_t (*peak)(uint64_t iterations);  // multiply-accumulates done, on registers only
};

// Best first; the emulations, which are never chosen unless asked for, come last.
std::vector<const KernelTable*> all_kernel_tables();

// The kernels of plain numbers of the same instruction set.
const PlainKernels& plain_kernels(const KernelTable& table);

// The named table, or null if there is none of that name.
const KernelTable* find_kernels(const std::string& name);

// The best table that this processor runs, or the one that INTLITE_ISA names.
// Throws std::invalid_argument if that is unknown or not supported here.
const KernelTable& choose_kernels();

}  // namespace intlite
