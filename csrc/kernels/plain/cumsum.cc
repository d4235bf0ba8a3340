// cumsum.cc: rows of the inner dimensions are added to each other.
#include "cumsum.h"

#include <cstring>

#include "element_type.h"

namespace intlite {
namespace {

size_t size_of(const CumSumArgs& args) {
  size_t size = bytes_of(args.type);
  for (const size_t n : args.shape) size *= n;
  return size;
}

// The axis counted from the first dimension, or the rank.
size_t read_axis(const uint8_t* input, size_t rank) {
  int32_t axis;
  std::memcpy(&axis, input, sizeof axis);
  const int64_t from_first = axis < 0 ? int64_t{axis} + static_cast<int64_t>(rank) : axis;
  return from_first < 0 ? rank : std::min(static_cast<size_t>(from_first), rank);
}

// Of [count, inner], in steps of so many elements.
template <class T>
void sum_row(const T* x, T* y, size_t count, std::ptrdiff_t step, bool exclusive) {
  T total = 0;
  for (size_t k = 0; k < count; ++k, x += step, y += step) {
    const T next = wrapping_sum(total, *x);
    *y = exclusive ? total : next;
    total = next;
  }
}

template <class T>
void sum(const T* x, T* y, size_t count, size_t inner, std::ptrdiff_t step, bool exclusive) {
  if (inner == 1) return sum_row(x, y, count, step, exclusive);
  for (size_t i = 0; i < inner; ++i) y[i] = exclusive ? T{0} : T{0} + x[i];
  for (size_t k = 1; k < count; ++k) {
    const T* before = y;
    const T* addend = exclusive ? x : x + step;
    x += step;
    y += step;
    for (size_t i = 0; i < inner; ++i) y[i] = wrapping_sum(before[i], addend[i]);
  }
}

}  // namespace

CumSum::CumSum(CumSumArgs args)
    : Kernel({size_of(args), sizeof(int32_t)}, {size_of(args)}), args_(std::move(args)) {}

const char* CumSum::refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
  for (size_t s = 0; s < samples; ++s)
    if (read_axis(inputs[1] + s * sizeof(int32_t), args_.shape.size()) == args_.shape.size())
      return args_.refusal.c_str();
  return nullptr;
}

void CumSum::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  for (size_t s = 0; s < samples; ++s) {
    const size_t axis = read_axis(inputs[1] + s * sizeof(int32_t), args_.shape.size());
    if (axis == args_.shape.size()) continue;  // the memory of another, who writes to it
    size_t inner = 1;
    for (size_t d = axis + 1; d < args_.shape.size(); ++d) inner *= args_.shape[d];
    const size_t count = args_.shape[axis], line = count * inner * bytes_of(args_.type);
    const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(args_.reverse ? 0 - inner : inner);
    const size_t last = args_.reverse ? (count - 1) * inner : 0;
    for (size_t at = s * output_bytes()[0]; at < (s + 1) * output_bytes()[0]; at += line)
      with_type<int32_t, int64_t, float>(args_.type, [&](auto zero) {
        using T = decltype(zero);
        sum(reinterpret_cast<const T*>(inputs[0] + at) + last,
            reinterpret_cast<T*>(outputs[0] + at) + last, count, inner, step, args_.exclusive);
      });
  }
}

}  // namespace intlite
