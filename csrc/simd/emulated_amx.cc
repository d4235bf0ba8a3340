// emulated_amx.cc: every kernel, built for the tile GEMM in plain C++.
#include "target.h"

#define INTLITE_ISA emulated_amx
#define INTLITE_SUPPORTED cpu_is_any
#define INTLITE_ROW_VECTORS 4
#define INTLITE_DEPTHWISE_OUTPUTS 4
#define INTLITE_CONVOLVE nullptr
#define INTLITE_PEAK_CHAINS 4

namespace intlite::INTLITE_ISA {
namespace {
#include "isa/portable.h"
#include "isa/emulated_amx.h"
#include "matrix-inl.h"
#include "requantize-inl.h"
#include "ends-inl.h"
#include "tiles-inl.h"
#include "gemm-inl.h"
#include "patches-inl.h"
#include "depthwise-lines-inl.h"
#include "depthwise-rows-inl.h"
#include "depthwise-inl.h"
#include "elementwise-inl.h"
#include "lookup-inl.h"
#include "window-inl.h"
#include "blend-inl.h"
#include "probabilities-inl.h"
#include "quantize-inl.h"
#include "peak-inl.h"
}  // namespace
}  // namespace intlite::INTLITE_ISA

#include "table-inl.h"
