// emulated_amx.h: the tile GEMM in plain C++.
#include "../target.h"

#define INTLITE_ISA emulated_amx
#define INTLITE_AMX_TILES 1
#define INTLITE_WORD_ACTIVATIONS 0
#define INTLITE_DEPTHWISE_SHUFFLE 0

namespace intlite::INTLITE_ISA {
namespace {

struct Isa {
  static constexpr bool (*supported)() = cpu_is_any;
  static constexpr bool kActivationsSigned = true;
  static constexpr int kRowVectors = 4;
  static constexpr int kDepthwiseOutputs = 4;
  static constexpr bool kDepthwiseUnrolled = false;
  static constexpr bool kMayHaveVbmi = false;
};

#include "../isa/portable.h"
#include "../isa/emulated_amx.h"

#include INTLITE_BODIES

}  // namespace
}  // namespace intlite::INTLITE_ISA
