// avx_vnni.h: AVX2 with AVX-VNNI.
#include "../target.h"

#define INTLITE_ISA avx_vnni
#define INTLITE_AMX_TILES 0
#define INTLITE_WORD_ACTIVATIONS 0
#define INTLITE_DEPTHWISE_SHUFFLE 0

INTLITE_BEGIN_TARGET("avx2,fma,popcnt,avxvnni")
namespace intlite::INTLITE_ISA {
namespace {

struct Isa {
  static constexpr bool (*supported)() = cpu_has_avx_vnni;
  static constexpr bool kActivationsSigned = false;
  static constexpr int kRowVectors = 4;
  static constexpr int kTileRows = 4, kTilePanels = 1, kHalfTileRows = 8;
  static constexpr int kDepthwiseOutputs = 4;
  static constexpr bool kDepthwiseUnrolled = true;
  static constexpr bool kMayHaveVbmi = false;
  static constexpr int kPeakChains = 6;
};

#include "../isa/avx2.h"
#include "../isa/avx_vnni.h"

#include INTLITE_BODIES

}  // namespace
}  // namespace intlite::INTLITE_ISA
INTLITE_END_TARGET
