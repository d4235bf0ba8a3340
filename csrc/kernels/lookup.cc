// lookup.cc: table by table, in runs of elements that use the same table.
#include "lookup.h"

#include <algorithm>

namespace intlite {
namespace {

// Calls f(first, last, in_block) for the stretches of [0, size) that are alike.
template <class F>
void each_stretch(size_t size, BlockPattern pattern, F f) {
  const size_t blocks = pattern.run / pattern.lanes * pattern.lanes;
  for (size_t start = 0; start < size; start += pattern.run) {
    const size_t end = std::min(size, start + pattern.run);
    const size_t middle = std::min(end, start + blocks);
    if (start < middle) f(start, middle, true);
    if (middle < end) f(middle, end, false);
  }
}

}  // namespace

UnaryLookup::UnaryLookup(size_t size, const uint8_t* block, const uint8_t* tail,
                         BlockPattern pattern)
    : Kernel({size}, {size}), size_(size), pattern_(pattern) {
  std::memcpy(block_, block, sizeof block_);
  std::memcpy(tail_, tail, sizeof tail_);
}

void UnaryLookup::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      uint8_t*) const noexcept {
  if (size_ == 0) return;
  for (size_t s = 0; s < samples; ++s) {
    const uint8_t* x = inputs[0] + s * size_;
    uint8_t* y = outputs[0] + s * size_;
    each_stretch(size_, pattern_, [&](size_t first, size_t last, bool in_block) {
      const uint8_t* table = in_block ? block_ : tail_;
      for (size_t i = first; i < last; ++i) y[i] = table[x[i]];
    });
  }
}

BinaryLookup::BinaryLookup(size_t left_size, size_t right_size,
                           std::vector<BroadcastDimension> dimensions, std::vector<uint8_t> block,
                           std::vector<uint8_t> tail, BlockPattern pattern)
    : Kernel({left_size, right_size}, {broadcast_size(dimensions)}),
      dimensions_(std::move(dimensions)),
      block_(std::move(block)),
      tail_(std::move(tail)),
      pattern_(pattern) {}

void BinaryLookup::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                       uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  for (size_t s = 0; s < samples; ++s)
    run_sample(inputs[0] + s * input_bytes()[0], inputs[1] + s * input_bytes()[1],
               outputs[0] + s * output_bytes()[0]);
}

void BinaryLookup::run_sample(const uint8_t* left, const uint8_t* right,
                              uint8_t* output) const noexcept {
  const BroadcastDimension& inner = dimensions_.back();
  const size_t total = output_bytes()[0];
  for (size_t row = 0; row < total; row += inner.size) {
    // Where the row's operands begin, from the position in the outer dimensions.
    size_t left_at = 0, right_at = 0, rest = row / inner.size;
    for (size_t d = dimensions_.size() - 1; d-- > 0;) {
      const size_t at = rest % dimensions_[d].size;
      rest /= dimensions_[d].size;
      left_at += at * dimensions_[d].left_stride;
      right_at += at * dimensions_[d].right_stride;
    }
    for (size_t i = 0; i < inner.size; ++i) {
      const size_t in_run = (row + i) % pattern_.run;
      const bool in_block = in_run < pattern_.run / pattern_.lanes * pattern_.lanes;
      const size_t code = static_cast<size_t>(left[left_at + i * inner.left_stride]) << 8 |
                          right[right_at + i * inner.right_stride];
      output[row + i] = (in_block ? block_ : tail_)[code];
    }
  }
}

}  // namespace intlite
