// portable.h: plain C++.
#include "../target.h"

#define INTLITE_ISA portable
#define INTLITE_AMX_TILES 0
#define INTLITE_WORD_ACTIVATIONS 0
#define INTLITE_DEPTHWISE_SHUFFLE 0

namespace intlite::INTLITE_ISA {
namespace {

struct Isa {
  static constexpr bool (*supported)() = cpu_is_any;
  static constexpr bool kActivationsSigned = false;
  static constexpr int kRowVectors = 4;
  static constexpr int kTileRows = 4, kTilePanels = 1, kHalfTileRows = 8;
  static constexpr int kDepthwiseOutputs = 4;
  static constexpr bool kDepthwiseUnrolled = false;
  static constexpr bool kMayHaveVbmi = false;
  static constexpr int kPeakChains = 4;
  static constexpr int kFloatTileRows = 3, kFloatTilePanels = 1;
};

#include "../isa/portable.h"

#include INTLITE_BODIES

}  // namespace
}  // namespace intlite::INTLITE_ISA
