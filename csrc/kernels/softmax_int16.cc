// softmax_int16.cc: row by row; the output holds the exponentials first.
#include "softmax_int16.h"

#include <bit>

#include "../numerics/fixed_point.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 4 << 10;

int16_t wrap_int16(int32_t x) { return static_cast<int16_t>(static_cast<uint32_t>(x)); }

// Between two entries, half up.
int16_t look_up(const std::vector<int16_t>& table, int32_t x) {
  const size_t index = static_cast<size_t>((x >> 7) + 256);
  const int32_t slope = wrap_int16(table[index + 1] - table[index]);
  return wrap_int16(table[index] + ((slope * (x & 127) + 64) >> 7));
}

int32_t clamp_int16(int64_t x) {
  return static_cast<int32_t>(std::clamp<int64_t>(x, INT16_MIN, INT16_MAX));
}

}  // namespace

void SoftmaxInt16::run_row(const int16_t* x, int16_t* y) const {
  const int32_t top = *std::max_element(x, x + args_.depth);
  int32_t total = 0;
  for (size_t i = 0; i < args_.depth; ++i) {
    const int64_t scaled =
        multiply_by_quantized_multiplier_gemmlowp(x[i] - top, args_.multiplier, args_.shift);
    y[i] = look_up(args_.exp, clamp_int16(scaled + INT16_MAX));
    total += y[i];
  }
  total = std::max(total, 2);  // as all are that are sums of exponentials
  const int headroom = std::countl_zero(static_cast<uint32_t>(total)), shift = 31 - headroom;
  // One plus a fraction, of which the 16 highest bits count.
  const int64_t fraction = ((int64_t{total} << (headroom - 1)) + (1 << 13)) >> 14;
  const int32_t reciprocal =
      look_up(args_.reciprocal, clamp_int16(fraction - (1 << 15) - (1 << 16)));
  for (size_t i = 0; i < args_.depth; ++i) {
    const int32_t product = y[i] * reciprocal;
    y[i] = static_cast<int16_t>(std::clamp(
        (int64_t{product} + (int64_t{1} << (shift - 1))) >> shift, int64_t{0}, int64_t{INT16_MAX}));
  }
}

size_t SoftmaxInt16::parts(size_t samples) const {
  return 1 + samples * args_.rows * args_.depth / kPartSize;
}

void SoftmaxInt16::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                            Part part, uint8_t*) const noexcept {
  if (args_.depth == 0) return;
  const size_t rows = samples * args_.rows;
  for (size_t row = part.begin(rows); row < part.end(rows); ++row)
    run_row(reinterpret_cast<const int16_t*>(inputs[0]) + row * args_.depth,
            reinterpret_cast<int16_t*>(outputs[0]) + row * args_.depth);
}

}  // namespace intlite
