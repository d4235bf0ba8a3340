// mean.cc: sums of int32, then one rounding.
#include "mean.h"

#include <algorithm>
#include <cmath>

#include "../numerics/fixed_point.h"

namespace intlite {
namespace {

constexpr size_t kBlock = 16;
constexpr size_t kPartBytes = 32 << 10;

}  // namespace

uint8_t Mean::finish(int32_t sum, bool in_block) const {
  const MeanArgs& a = args_;
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

// Sums of fewer elements than a vector has: of 16 pixels at a time as if they were one.
void Mean::sum_few(const uint8_t* x, int32_t* sums) const {
  const size_t inner = args_.inner, wide = inner * kBlock;
  const size_t groups = args_.reduced / kBlock;
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
    for (size_t i = 0; i < wide; ++i) sums[i % inner] += parts[i];
  }
  for (size_t i = groups * wide; i < args_.reduced * inner; ++i)
    sums[i % inner] += args_.is_unsigned ? x[i] : static_cast<int8_t>(x[i]);
}

void Mean::run_row(const uint8_t* x, size_t first, size_t last, uint8_t* y, int32_t* sums) const {
  const size_t inner = args_.inner;
  if (inner < kBlock) {
    sum_few(x, sums);
  } else {
    const WindowArgs window{.input = x + first,
                            .is_unsigned = args_.is_unsigned,
                            .rows = 1,
                            .row_stride = 0,
                            .columns = args_.reduced,
                            .column_stride = inner,
                            .channels = last - first};
    if (args_.kind == MeanKind::kFloat && std::isfinite(args_.scale) && std::isfinite(args_.bias))
      return scale_window_(window, args_.scale, args_.bias, y + first);
    sum_window_(window, sums + first);
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
  const size_t inner = args_.inner, rows = samples * args_.outer;
  if (inner == 0) return;
  // Of few rows each part takes some elements.
  const bool by_rows = rows >= part.count || inner < kBlock;
  const Part of_rows = by_rows ? part : Part{}, of_elements = by_rows ? Part{} : part;
  const size_t first = of_elements.begin(inner, kBlock), last = of_elements.end(inner, kBlock);
  if (first == last) return;
  for (size_t o = of_rows.begin(rows); o < of_rows.end(rows); ++o)
    run_row(inputs[0] + o * args_.reduced * inner, first, last, outputs[0] + o * inner,
            reinterpret_cast<int32_t*>(scratch));
}

}  // namespace intlite
