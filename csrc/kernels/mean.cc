// mean.cc: sums of int32, then one rounding.
#include "mean.h"

#include <algorithm>
#include <cmath>

#include "../numerics/fixed_point.h"

namespace intlite {
namespace {

constexpr size_t kBlock = 16;

}  // namespace

uint8_t Mean::finish(int32_t sum, bool in_block) const {
  const MeanArgs& a = args_;
  int32_t stored = 0;
  switch (a.kind) {
    case MeanKind::kFixedPoint:
      stored = wrapping_add(multiply_by_quantized_multiplier_gemmlowp(wrapping_add(sum, -a.offset),
                                                                      a.multiplier, a.shift),
                            a.zero_point);
      break;
    case MeanKind::kBlocks:
      stored = wrapping_add(
          in_block ? multiply_by_quantized_multiplier_ruy(sum, a.multiplier, a.shift)
                   : multiply_by_quantized_multiplier_gemmlowp(sum, a.multiplier, a.shift),
          a.zero_point);
      break;
    case MeanKind::kFloat: {
      const float low = a.is_unsigned ? 0.0f : -128.0f, high = a.is_unsigned ? 255.0f : 127.0f;
      const float real = static_cast<float>(sum) * a.scale + a.bias;
      stored = round_even_to_int32(std::max(std::min(real, high), low));
      break;
    }
    case MeanKind::kRounded:
      stored = wrapping_add(
          truncate_to_int32(std::round(static_cast<float>(sum) * a.scale + a.bias)), a.zero_point);
      break;
  }
  const int32_t min = a.is_unsigned ? 0 : -128;
  return static_cast<uint8_t>(std::clamp(stored, min, min + 255));
}

void Mean::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
               uint8_t* scratch) const noexcept {
  const size_t inner = args_.inner;
  if (inner == 0) return;
  int32_t* sums = reinterpret_cast<int32_t*>(scratch);
  const uint8_t* x = inputs[0];
  uint8_t* y = outputs[0];
  for (size_t o = 0; o < samples * args_.outer; ++o, y += inner) {
    const WindowArgs window{x, args_.is_unsigned, 1, 0, args_.reduced, inner, inner};
    x += args_.reduced * inner;
    if (args_.kind == MeanKind::kFloat && std::isfinite(args_.scale) && std::isfinite(args_.bias)) {
      scale_window_(window, args_.scale, args_.bias, y);
      continue;
    }
    sum_window_(window, sums);
    const size_t blocks = inner / kBlock * kBlock;
    for (size_t i = 0; i < inner; ++i) y[i] = finish(sums[i], i < blocks);
  }
}

}  // namespace intlite
