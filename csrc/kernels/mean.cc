// mean.cc: sums of int32, then one rounding.
#include "mean.h"

#include <algorithm>
#include <cmath>

#include "../numerics/fixed_point.h"

namespace intlite {
namespace {

constexpr size_t kBlock = 16;
constexpr size_t kPartBytes = 32 << 10;

// In place: what is written lies before, or at the first of, what is still to be read.
void fold(const ReducedShape::Step& step, int32_t* sums) {
  for (size_t o = 0; o < step.outer; ++o) {
    const int32_t* from = sums + o * step.reduced * step.inner;
    int32_t* to = sums + o * step.inner;
    if (to != from) std::copy_n(from, step.inner, to);
    for (size_t k = 1; k < step.reduced; ++k)
      for (size_t i = 0; i < step.inner; ++i) to[i] = wrapping_add(to[i], from[k * step.inner + i]);
  }
}

}  // namespace

int32_t stored_mean(const MeanArgs& a, int32_t low, int32_t high, int32_t sum, bool in_block) {
  int32_t stored = 0;
  switch (a.kind) {
    case MeanKind::kFixedPoint:
      stored = wrapping_add(multiply_by_quantized_multiplier_gemmlowp(
                                wrap_int32(int64_t{sum} - a.offset), a.multiplier, a.shift),
                            a.zero_point);
      break;
    case MeanKind::kBlocks:
      stored = wrapping_add(
          in_block ? multiply_by_quantized_multiplier_ruy(sum, a.multiplier, a.shift)
                   : multiply_by_quantized_multiplier_gemmlowp(sum, a.multiplier, a.shift),
          a.zero_point);
      break;
    case MeanKind::kFloat: {
      const float real = static_cast<float>(sum) * a.scale + a.bias;
      stored = round_even_to_int32(
          std::max(std::min(real, static_cast<float>(high)), static_cast<float>(low)));
      break;
    }
    case MeanKind::kRounded:
      stored = wrapping_add(
          truncate_to_int32(std::round(static_cast<float>(sum) * a.scale + a.bias)), a.zero_point);
      break;
  }
  return std::clamp(stored, low, high);
}

uint8_t Mean::finish(int32_t sum, bool in_block) const {
  const int32_t low = args_.is_unsigned ? 0 : -128;
  return static_cast<uint8_t>(stored_mean(args_, low, low + 255, sum, in_block));
}

// Sums of fewer elements than a vector has: of 16 pixels at a time as if they were one.
void Mean::sum_few(const uint8_t* x, uint32_t* sums) const {
  const size_t inner = shape_.first().inner, reduced = shape_.first().reduced;
  const size_t wide = inner * kBlock, groups = reduced / kBlock;
  int32_t parts[kBlock * kBlock];
  std::fill_n(sums, inner, 0);
  if (groups > 0) {
    sum_window_({.input = x,
                 .is_unsigned = args_.is_unsigned,
                 .rows = 1,
                 .row_stride = 0,
                 .columns = groups,
                 .column_stride = wide,
                 .channels = wide},
                parts);
    for (size_t k = 0; k < kBlock; ++k)
      for (size_t i = 0; i < inner; ++i) sums[i] += static_cast<uint32_t>(parts[k * inner + i]);
  }
  for (size_t k = groups * kBlock; k < reduced; ++k)
    for (size_t i = 0; i < inner; ++i) {
      const uint8_t value = x[k * inner + i];
      sums[i] += static_cast<uint32_t>(args_.is_unsigned ? value : static_cast<int8_t>(value));
    }
}

void Mean::run_row(const uint8_t* x, size_t first, size_t last, uint8_t* y, int32_t* sums) const {
  const size_t inner = shape_.first().inner;
  if (inner < kBlock) {
    sum_few(x, reinterpret_cast<uint32_t*>(sums));
  } else {
    const WindowArgs window{.input = x + first,
                            .is_unsigned = args_.is_unsigned,
                            .rows = 1,
                            .row_stride = 0,
                            .columns = shape_.first().reduced,
                            .column_stride = inner,
                            .channels = last - first};
    if (args_.kind == MeanKind::kFloat && shape_.is_single() && std::isfinite(args_.scale) &&
        std::isfinite(args_.bias))
      return scale_window_(window, args_.scale, args_.bias, y + first);
    sum_window_(window, sums + first);
  }
  if (!shape_.is_single()) {
    shape_.each_further([&](const ReducedShape::Step& step) { fold(step, sums); });
    for (size_t i = 0; i < shape_.results(); ++i) y[i] = finish(sums[i], false);
    return;
  }
  const size_t blocks = inner / kBlock * kBlock;
  for (size_t i = first; i < last; ++i) y[i] = finish(sums[i], i < blocks);
}

size_t Mean::parts(size_t samples) const { return 1 + samples * input_bytes()[0] / kPartBytes; }

void Mean::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
               uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Mean::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                    Part part, uint8_t* scratch) const noexcept {
  shape_.each_row(samples, part, kBlock, [&](size_t row, size_t first, size_t last) {
    run_row(inputs[0] + row * shape_.row_size(), first, last, outputs[0] + row * shape_.results(),
            reinterpret_cast<int32_t*>(scratch));
  });
}

}  // namespace intlite
