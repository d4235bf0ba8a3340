// lookup.cc: table by table, in runs of elements that use the same table.
#include "lookup.h"

#include <algorithm>

namespace intlite {
namespace {

constexpr size_t kPartBytes = 32 << 10;

// Calls f(first, last, in_block) for the stretches of [begin, end) that are alike.
template <class F>
void each_stretch(size_t begin, size_t end, BlockPattern pattern, F f) {
  const size_t blocks = pattern.run / pattern.lanes * pattern.lanes;
  while (begin < end) {
    const size_t start = begin / pattern.run * pattern.run;
    const bool in_block = begin - start < blocks;
    const size_t last = std::min(end, start + (in_block ? blocks : pattern.run));
    f(begin, last, in_block);
    begin = last;
  }
}

// One stretch, where both tables are the same.
BlockPattern simplified(BlockPattern pattern, size_t size, bool are_same) {
  return are_same ? BlockPattern{std::max<size_t>(size, 1), 1} : pattern;
}

}  // namespace

UnaryLookup::UnaryLookup(size_t size, const uint8_t* block, const uint8_t* tail,
                         BlockPattern pattern, LookupFunction look_up)
    : Kernel({size}, {size}),
      size_(size),
      pattern_(simplified(pattern, size, std::memcmp(block, tail, sizeof block_) == 0)),
      look_up_(look_up) {
  std::memcpy(block_, block, sizeof block_);
  std::memcpy(tail_, tail, sizeof tail_);
}

size_t UnaryLookup::parts(size_t samples) const { return 1 + samples * size_ / kPartBytes; }

void UnaryLookup::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void UnaryLookup::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t*) const noexcept {
  // Of one table, samples are more elements.
  const bool is_flat = pattern_.lanes == 1;
  const size_t size = is_flat ? samples * size_ : size_;
  const BlockPattern pattern = is_flat ? BlockPattern{std::max<size_t>(size, 1), 1} : pattern_;
  for (size_t s = 0; s < (is_flat ? 1 : samples); ++s) {
    const uint8_t* x = inputs[0] + s * size;
    uint8_t* y = outputs[0] + s * size;
    each_stretch(part.begin(size, 64), part.end(size, 64), pattern,
                 [&](size_t first, size_t last, bool in_block) {
                   look_up_({.table = in_block ? block_ : tail_,
                             .input = x + first,
                             .size = last - first,
                             .output = y + first});
                 });
  }
}

BinaryLookup::BinaryLookup(Broadcast broadcast, std::vector<uint8_t> block,
                           std::vector<uint8_t> tail, BlockPattern pattern, LookupFunction look_up)
    : Kernel({broadcast.left_size, broadcast.right_size}, {broadcast.size()}),
      dimensions_(std::move(broadcast.dimensions)),
      block_(std::move(block)),
      tail_(std::move(tail)),
      pattern_(simplified(pattern, output_bytes()[0], block_ == tail_)),
      look_up_(look_up) {
  if (pattern_.lanes == 1) tail_ = {};  // of no element
}

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
    each_stretch(row, row + inner.size, pattern_, [&](size_t first, size_t last, bool in_block) {
      look_up((in_block ? block_ : tail_).data(),
              left + left_at + (first - row) * inner.left_stride,
              right + right_at + (first - row) * inner.right_stride, last - first, output + first);
    });
  }
}

void BinaryLookup::look_up(const uint8_t* table, const uint8_t* left, const uint8_t* right,
                           size_t size, uint8_t* output) const noexcept {
  const BroadcastDimension inner = dimensions_.back();
  const auto row = [table](uint8_t x) { return table + (size_t{x} << 8); };
  if (inner.left_stride == 0 && inner.right_stride == 1)
    return look_up_({.table = row(*left), .input = right, .size = size, .output = output});
  for (size_t i = 0; i < size; ++i)
    output[i] = row(left[i * inner.left_stride])[right[i * inner.right_stride]];
}

}  // namespace intlite
