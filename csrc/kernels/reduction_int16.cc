// reduction_int16.cc: in int32, a group of dimensions after the other.
#include "reduction_int16.h"

#include "../numerics/fixed_point.h"

namespace intlite {
namespace {

constexpr size_t kBlock = 16, kPartSize = 16 << 10;

// Of [reduced, size], in lines of `inner`: to[i] = join(to[i], x[k][i] ^ flip) for each k.
template <class T, class F>
void join_lines(const T* x, size_t reduced, size_t inner, size_t size, int32_t flip, int32_t* to,
                F join) {
  if (inner == 1) {
    int32_t found = *to;
    for (size_t k = 0; k < reduced; ++k) found = join(found, x[k] ^ flip);
    *to = found;
    return;
  }
  for (size_t k = 0; k < reduced; ++k)
    for (size_t i = 0; i < size; ++i) to[i] = join(to[i], x[k * inner + i] ^ flip);
}

}  // namespace

template <class F>
void ReductionInt16::run_rows(const int16_t* x, int16_t* y, size_t samples, Part part,
                              int32_t* found, F join) const {
  // The least value is the greatest of all ~x.
  const int32_t flip = reduction_ == Int16Reduction::kLeast ? -1 : 0;
  const int32_t start = reduction_ == Int16Reduction::kMean ? 0 : INT16_MIN;
  const auto [outer, reduced, inner] = shape_.first();
  shape_.each_row(samples, part, kBlock, [&](size_t row, size_t first, size_t last) {
    std::fill(found + first, found + last, start);
    join_lines(x + row * shape_.row_size() + first, reduced, inner, last - first, flip,
               found + first, join);
    // In place: what is written lies at the first of what is read, or before.
    shape_.each_further([&](const ReducedShape::Step& step) {
      for (size_t o = 0; o < step.outer; ++o) {
        const int32_t* from = found + o * step.reduced * step.inner;
        int32_t* to = found + o * step.inner;
        if (step.reduced == 0) continue;
        if (to != from) std::copy_n(from, step.inner, to);
        join_lines(from + step.inner, step.reduced - 1, step.inner, step.inner, 0, to, join);
      }
    });
    const size_t begin = shape_.is_single() ? first : 0;
    const size_t end = shape_.is_single() ? last : shape_.results();
    for (size_t i = begin; i < end; ++i) {
      const int32_t value = reduction_ == Int16Reduction::kMean
                                ? stored_mean(mean_, INT16_MIN, INT16_MAX, found[i], false)
                                : found[i] ^ flip;
      y[row * shape_.results() + i] = static_cast<int16_t>(value);
    }
  });
}

size_t ReductionInt16::parts(size_t samples) const {
  return 1 + samples * input_bytes()[0] / 2 / kPartSize;
}

void ReductionInt16::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                              Part part, uint8_t* scratch) const noexcept {
  const int16_t* x = reinterpret_cast<const int16_t*>(inputs[0]);
  int16_t* y = reinterpret_cast<int16_t*>(outputs[0]);
  int32_t* found = reinterpret_cast<int32_t*>(scratch);
  if (input_bytes()[0] == 0) {  // what the runtimes begin with
    const bool greatest = reduction_ == Int16Reduction::kGreatest;
    if (part.index == 0)
      std::fill_n(y, samples * output_bytes()[0] / 2,
                  static_cast<int16_t>(greatest ? INT16_MIN : INT16_MAX));
    return;
  }
  if (reduction_ == Int16Reduction::kMean)
    return run_rows(x, y, samples, part, found,
                    [](int32_t a, int32_t b) { return wrapping_add(a, b); });
  run_rows(x, y, samples, part, found, [](int32_t a, int32_t b) { return std::max(a, b); });
}

}  // namespace intlite
