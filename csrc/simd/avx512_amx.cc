// avx512_amx.cc: every kernel, built for AVX-512 with VNNI and AMX int8 tiles.
#include "target.h"

#define INTLITE_ISA avx512_amx
#define INTLITE_CONVOLVE nullptr
#define INTLITE_SUPPORTED cpu_has_amx_int8
#define INTLITE_ROW_VECTORS 8
#define INTLITE_DEPTHWISE_OUTPUTS 8
#define INTLITE_DEPTHWISE_UNROLLED
#define INTLITE_DEPTHWISE_IN_REGISTERS
#define INTLITE_MAY_HAVE_VBMI

INTLITE_BEGIN_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,popcnt,amx-tile,amx-int8")
namespace intlite::INTLITE_ISA {
namespace {
#include "isa/avx512.h"
#include "isa/amx.h"
#include "matrix-inl.h"
#include "requantize-inl.h"
#include "ends-inl.h"
#include "tiles-inl.h"
#include "gemm-inl.h"
#include "patches-inl.h"
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
#include "tile-peak-inl.h"
}  // namespace
}  // namespace intlite::INTLITE_ISA
INTLITE_END_TARGET

#include "table-inl.h"
