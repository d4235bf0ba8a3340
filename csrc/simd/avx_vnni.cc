// avx_vnni.cc: every kernel, built for AVX2 with AVX-VNNI.
#include "target.h"

#define INTLITE_ISA avx_vnni
#define INTLITE_SUPPORTED cpu_has_avx_vnni
#define INTLITE_ROW_VECTORS 4
#define INTLITE_DEPTHWISE_OUTPUTS 4
#define INTLITE_DEPTHWISE_UNROLLED
#define INTLITE_PEAK_CHAINS 6
#define INTLITE_AVX_VNNI 1
#define INTLITE_CONVOLVE INTLITE_ISA::convolve
#define INTLITE_TILE_ROWS 4
#define INTLITE_TILE_PANELS 1
#define INTLITE_HALF_TILE_ROWS 8
INTLITE_BEGIN_TARGET("avx2,popcnt,avxvnni")
namespace intlite::INTLITE_ISA {
namespace {
#include "isa/avx2.h"
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
