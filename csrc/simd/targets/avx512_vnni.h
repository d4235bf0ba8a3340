// avx512_vnni.h: AVX-512 with VNNI.
#include "../target.h"

#define INTLITE_ISA avx512_vnni
#define INTLITE_AMX_TILES 0
#define INTLITE_WORD_ACTIVATIONS 0
#define INTLITE_DEPTHWISE_SHUFFLE 1

INTLITE_BEGIN_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,popcnt")
namespace intlite::INTLITE_ISA {
namespace {

struct Isa {
  static constexpr bool (*supported)() = cpu_has_avx512_vnni;
  static constexpr bool kActivationsSigned = false;
  static constexpr int kRowVectors = 8;
  static constexpr int kTileRows = 8, kTilePanels = 2, kHalfTileRows = 16;
  static constexpr int kDepthwiseOutputs = 8;
  static constexpr bool kDepthwiseUnrolled = true;
  static constexpr bool kMayHaveVbmi = true;
  static constexpr int kPeakChains = 12;
  static constexpr int kFloatTileRows = 12, kFloatTilePanels = 2;
};

#include "../isa/avx512.h"

#include INTLITE_BODIES

}  // namespace
}  // namespace intlite::INTLITE_ISA
INTLITE_END_TARGET
