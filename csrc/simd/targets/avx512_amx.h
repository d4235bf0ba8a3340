// avx512_amx.h: AVX-512 with VNNI and AMX int8 tiles.
#include "../target.h"

#define INTLITE_ISA avx512_amx
#define INTLITE_AMX_TILES 1
#define INTLITE_WORD_ACTIVATIONS 0
#define INTLITE_DEPTHWISE_SHUFFLE 1

INTLITE_BEGIN_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,popcnt,amx-tile,amx-int8")
namespace intlite::INTLITE_ISA {
namespace {

struct Isa {
  static constexpr bool (*supported)() = cpu_has_amx_int8;
  static constexpr bool kActivationsSigned = false;
  static constexpr int kRowVectors = 8;
  static constexpr int kDepthwiseOutputs = 8;
  static constexpr bool kDepthwiseUnrolled = true;
  static constexpr bool kMayHaveVbmi = true;
};

#include "../isa/avx512.h"
#include "../isa/amx.h"

#include INTLITE_BODIES

}  // namespace
}  // namespace intlite::INTLITE_ISA
INTLITE_END_TARGET
