// extreme.cc: maxima and minima over windows, a group of dimensions after the other.
#include "extreme.h"

#include <cstring>

namespace intlite {
namespace {

constexpr size_t kBlock = 16;
constexpr size_t kPartBytes = 32 << 10;

}  // namespace

// Elements [first, last) of one of the outer dimension. What is written may be what was read
// first: it is no worse to have it twice.
void Extreme::run_step(const uint8_t* x, const ReducedShape::Step& step, size_t first, size_t last,
                       uint8_t* y) const {
  const auto find = [&](const uint8_t* from, size_t pixels, size_t stride, size_t channels,
                        uint8_t* to) {
    window_({.input = from,
             .is_unsigned = is_unsigned_,
             .rows = 1,
             .row_stride = 0,
             .columns = pixels,
             .column_stride = stride,
             .channels = channels},
            to);
  };
  // Of few elements 16 pixels at a time are as if they were one.
  const size_t groups = step.inner < kBlock ? step.reduced / kBlock : 0;
  if (groups == 0) {
    find(x + first, step.reduced, step.inner, last - first, y + first);
    return;
  }
  uint8_t found[(2 * kBlock - 1) * kBlock];
  const size_t wide = step.inner * kBlock, rest = step.reduced % kBlock;
  find(x, groups, wide, wide, found);
  std::memcpy(found + wide, x + groups * wide, rest * step.inner);
  find(found, kBlock + rest, step.inner, step.inner, y);
}

size_t Extreme::parts(size_t samples) const { return 1 + samples * input_bytes()[0] / kPartBytes; }

void Extreme::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                  uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Extreme::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                       Part part, uint8_t* scratch) const noexcept {
  if (input_bytes()[0] == 0) {  // what the runtimes begin with
    if (part.index == 0)
      std::memset(outputs[0], (is_unsigned_ ? 0 : 0x80) ^ (least_ ? 0xFF : 0),
                  samples * output_bytes()[0]);
    return;
  }
  shape_.each_row(samples, part, kBlock, [&](size_t row, size_t first, size_t last) {
    const uint8_t* x = inputs[0] + row * shape_.row_size();
    uint8_t* y = outputs[0] + row * shape_.results();
    uint8_t* to = shape_.is_single() ? y : scratch;
    run_step(x, shape_.first(), first, last, to);
    if (shape_.is_single()) return;
    shape_.each_further([&](const ReducedShape::Step& step) {
      for (size_t o = 0; o < step.outer; ++o)
        run_step(to + o * step.reduced * step.inner, step, 0, step.inner, to + o * step.inner);
    });
    std::memcpy(y, to, shape_.results());
  });
}

}  // namespace intlite
