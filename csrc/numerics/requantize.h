// requantize.h: from an int32 accumulator to a stored 8-bit value, under each runtime's rounding.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "fixed_point.h"

namespace intlite {

// How a runtime rescales an accumulator. The names are those of numerics.md:
// what is rounded, and where ties go.
enum class Rounding : int {
  kFp32 = 0,      // XNNPACK: float32 product, half to even
  kRuy = 1,       // LiteRT's optimized kernels: high mul half up, then shift half up
  kDouble = 2,    // LiteRT's reference FULLY_CONNECTED: double product, half away from zero
  kGemmlowp = 3,  // TFLite Micro, other reference kernels: high mul half up, shift half away
};
constexpr int kRoundingCount = 4;

// One output channel's rescaling factor, in the forms that the roundings need.
struct ChannelScale {
  int32_t multiplier;  // Q31
  int32_t shift;       // > 0: left
  float fp32;
  double fp64;
};

// What follows the rescaling: stored = clamp(rescaled + zero_point, min, max) ^ flip.
struct OutputStage {
  int32_t zero_point;
  int32_t min, max;  // activation range, within the stored type
  uint8_t flip;      // 0x80 turns stored int8 into uint8 and back (zero point moves by 128)
};

// int8 and uint8 outputs both end as the low byte of an int32.
inline uint8_t finish(int32_t rescaled, const OutputStage& out) {
  const int32_t stored =
      std::clamp(wrapping_add(rescaled, out.zero_point), out.min, out.max);  // wraps as theirs does
  return static_cast<uint8_t>(static_cast<uint8_t>(stored) ^ out.flip);
}

inline int32_t rescale(int32_t acc, const ChannelScale& s, Rounding rounding,
                       const OutputStage& out) {
  switch (rounding) {
    case Rounding::kFp32: {
      // Clamped as a float, before the conversion that could overflow.
      const float product = static_cast<float>(acc) * s.fp32;
      const float low = static_cast<float>(out.min - out.zero_point);
      const float high = static_cast<float>(out.max - out.zero_point);
      return round_even_to_int32(std::max(std::min(product, high), low));
    }
    case Rounding::kRuy:
      return multiply_by_quantized_multiplier_ruy(acc, s.multiplier, s.shift);
    case Rounding::kDouble:
      return truncate_to_int32(std::round(static_cast<double>(acc) * s.fp64));
    case Rounding::kGemmlowp:
      return multiply_by_quantized_multiplier_gemmlowp(acc, s.multiplier, s.shift);
  }
  return 0;
}

inline uint8_t requantize(int32_t acc, const ChannelScale& s, Rounding rounding,
                          const OutputStage& out) {
  return finish(rescale(acc, s, rounding, out), out);
}

}  // namespace intlite
