// avx512_vnni.cc: every kernel, built for AVX-512 with VNNI.
#include "target.h"

#define INTLITE_ISA avx512_vnni
#define INTLITE_SUPPORTED cpu_has_avx512_vnni
#define INTLITE_ROW_VECTORS 8
#define INTLITE_DEPTHWISE_OUTPUTS 8
#define INTLITE_DEPTHWISE_UNROLLED
#define INTLITE_DEPTHWISE_IN_REGISTERS
#define INTLITE_CONVOLVE INTLITE_ISA::convolve
#define INTLITE_PEAK_CHAINS 12
#define INTLITE_MAY_HAVE_VBMI
#define INTLITE_TILE_ROWS 8
#define INTLITE_TILE_PANELS 2
#define INTLITE_HALF_TILE_ROWS 16
INTLITE_BEGIN_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,popcnt")
namespace intlite::INTLITE_ISA {
namespace {
#include "isa/avx512.h"
#include "matrix-inl.h"
#include "requantize-inl.h"
#include "ends-inl.h"
#include "rows-inl.h"
#include "fused-inl.h"
#include "gemm-inl.h"
#include "patches-inl.h"
#include "convolve-inl.h"
#include "depthwise-lines-inl.h"
#include "depthwise-rows-inl.h"
#include "depthwise-registers-inl.h"
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
INTLITE_END_TARGET

#include "table-inl.h"
