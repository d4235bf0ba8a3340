// avx2.h: AVX2.
#include "../target.h"

#define INTLITE_ISA avx2
#define INTLITE_AMX_TILES 0
#define INTLITE_WORD_ACTIVATIONS 1
#define INTLITE_DEPTHWISE_SHUFFLE 0

INTLITE_BEGIN_TARGET("avx2,fma,popcnt")
namespace intlite::INTLITE_ISA {
namespace {

struct Isa {
  static constexpr bool (*supported)() = cpu_has_avx2;
  static constexpr bool kActivationsSigned = false;
  static constexpr int kRowVectors = 4;
  static constexpr int kTileRows = 6, kTilePanels = 1, kHalfTileRows = 8;
  static constexpr int kDepthwiseOutputs = 4;
  static constexpr bool kDepthwiseUnrolled = true;
  static constexpr bool kMayHaveVbmi = false;
  static constexpr int kPeakChains = 6;
  static constexpr int kFloatTileRows = 6, kFloatTilePanels = 1;
};

#include "../isa/avx2.h"
#include "../isa/avx2_words.h"

#include INTLITE_BODIES

}  // namespace
}  // namespace intlite::INTLITE_ISA
INTLITE_END_TARGET
