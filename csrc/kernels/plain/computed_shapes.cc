// computed_shapes.cc: few integers, one by one.
#include "computed_shapes.h"

#include "../sizes.h"
#include "element_type.h"
#include "indices.h"

namespace intlite {

void Range::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                uint8_t*) const noexcept {
  if (size_ == 0) return;
  with_type<int32_t, int64_t, float>(type_, [&](auto zero) {
    using T = decltype(zero);
    for (size_t s = 0; s < samples; ++s) {
      T value = load<T>(inputs[0], s);
      const T step = load<T>(inputs[1], s);
      T* y = reinterpret_cast<T*>(outputs[0]) + s * size_;
      for (size_t i = 0; i < size_; ++i) {
        y[i] = value;
        value = wrapping_sum(value, step);
      }
    }
  });
}

BroadcastShapes::BroadcastShapes(size_t left, size_t right, size_t bytes, std::string refusal)
    : Kernel({product({left, bytes}), product({right, bytes})},
             {product({std::max(left, right), bytes})}),
      sizes_{left, right},
      bytes_(bytes),
      refusal_(std::move(refusal)) {}

// Of a sample and an operand, that of dimension i of the result.
int32_t BroadcastShapes::at(const uint8_t* const* inputs, size_t operand, size_t sample,
                            size_t i) const {
  const size_t size = sizes_[operand], ones = std::max(sizes_[0], sizes_[1]) - size;
  if (i < ones) return 1;
  return static_cast<int32_t>(load_index(inputs[operand], sample * size + i - ones, bytes_));
}

const char* BroadcastShapes::refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
  for (size_t s = 0; s < samples; ++s)
    for (size_t i = 0; i < std::max(sizes_[0], sizes_[1]); ++i) {
      const int32_t a = at(inputs, 0, s, i), b = at(inputs, 1, s, i);
      if (a != b && a != 1 && b != 1) return refusal_.c_str();
    }
  return nullptr;
}

void BroadcastShapes::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                          uint8_t*) const noexcept {
  const size_t size = std::max(sizes_[0], sizes_[1]);
  for (size_t s = 0; s < samples; ++s)
    for (size_t i = 0; i < size; ++i) {
      const int32_t a = at(inputs, 0, s, i), b = at(inputs, 1, s, i);
      store_index(outputs[0], s * size + i, bytes_, a == 1 ? b : a);
    }
}

}  // namespace intlite
