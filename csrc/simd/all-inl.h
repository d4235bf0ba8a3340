// all-inl.h: every body, in an order in which each finds what it is made of. Included once per
// target, in its region and namespace, after its `struct Isa` and its vector type.
//
// Of some bodies there are several. A target says which it takes, 1 or 0 each:
//   INTLITE_AMX_TILES          matrix products by whole tiles, of a class Tiles
//   INTLITE_WORD_ACTIVATIONS   activations are multiplied as 16-bit values
//   INTLITE_DEPTHWISE_SHUFFLE  registers enough to interleave depthwise pixels in them
#if !defined(INTLITE_AMX_TILES) || !defined(INTLITE_WORD_ACTIVATIONS) || \
    !defined(INTLITE_DEPTHWISE_SHUFFLE)
#error "a target must say which bodies it takes"
#endif

// What all of them read of it; the GEMM's bodies read more.
static_assert(std::is_same_v<decltype(Isa::supported), bool (*const)()>);
static_assert(std::is_same_v<decltype(Isa::kActivationsSigned), const bool>);
static_assert(Isa::kRowVectors >= 4 && Isa::kRowVectors % 4 == 0, "four panels of a row");
static_assert(Isa::kDepthwiseOutputs > 0 && Isa::kDepthwiseOutputs % kStagedVectors == 0,
              "outputs are finished by so many vectors");
static_assert(std::is_same_v<decltype(Isa::kDepthwiseUnrolled), const bool>);
static_assert(std::is_same_v<decltype(Isa::kMayHaveVbmi), const bool>);
static_assert(kActivationBytes == (INTLITE_WORD_ACTIVATIONS ? 2 : 1));

#include "matrix-inl.h"
#include "stages-inl.h"
#include "stores-inl.h"
#include "real_rows-inl.h"
#include "finish_rows-inl.h"
#if INTLITE_AMX_TILES
#include "gemm-amx-inl.h"
#include "peak-amx-inl.h"
#else
#include "activation_rows-inl.h"
#include "gemm-registers-inl.h"
#include "convolve-inl.h"
#include "peak-registers-inl.h"
#endif
#include "gemm-inl.h"
#include "gemm_int16-inl.h"
#include "patches-inl.h"
#include "depthwise-lines-inl.h"
#if INTLITE_WORD_ACTIVATIONS
#include "depthwise-dot2_columns-inl.h"
#else
#include "depthwise-dot4_rows-inl.h"
#endif
#if INTLITE_DEPTHWISE_SHUFFLE
#include "depthwise-shuffle-inl.h"
#endif
#include "depthwise-inl.h"
#include "depthwise_int16-inl.h"
#include "elementwise-inl.h"
#include "fixed_binary-inl.h"
#include "fixed_binary_int16-inl.h"
#include "lookup-inl.h"
#include "window-inl.h"
#include "blend-inl.h"
#include "probabilities-inl.h"
#include "quantize-inl.h"
