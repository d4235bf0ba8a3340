// broadcast.cc: the innermost dimension is one call; the outer ones are loops. Where it is
// short, several rows are one call, for which the operand that repeats is written out.
#include "broadcast.h"

#include <cstring>

namespace intlite {
namespace {

constexpr size_t kPartSize = 16 << 10, kLongRow = 512;
// Elements of a row of which one operand is a single value: writing it out costs more than a call.
constexpr size_t kLongRowOfOneValue = 64;

// Of the two inner dimensions: whether rows of an operand lie one behind the other.
bool is_dense(size_t stride, size_t inner_stride, size_t inner_size, size_t bytes) {
  return inner_stride == bytes && stride == inner_size * bytes;
}

template <class T>
void fill(uint8_t* to, const uint8_t* value, size_t n) {
  T copied;
  std::memcpy(&copied, value, sizeof(T));
  for (size_t i = 0; i < n; ++i) std::memcpy(to + i * sizeof(T), &copied, sizeof(T));
}

// Writes a value of so many bytes n times.
void fill(uint8_t* to, const uint8_t* value, size_t bytes, size_t n) {
  switch (bytes) {
    case 1:
      return fill<uint8_t>(to, value, n);
    case 2:
      return fill<uint16_t>(to, value, n);
    case 4:
      return fill<uint32_t>(to, value, n);
    case 8:
      return fill<uint64_t>(to, value, n);
    default:
      for (size_t i = 0; i < n; ++i) std::memcpy(to + i * bytes, value, bytes);
  }
}

}  // namespace

BroadcastKernel::BroadcastKernel(Broadcast broadcast, ElementBytes bytes, bool by_row)
    : Kernel({broadcast.left_size * bytes.operand, broadcast.right_size * bytes.operand},
             {broadcast.size() * bytes.output}),
      dimensions_(std::move(broadcast.dimensions)),
      sizes_(dimensions_.size(), bytes.output),
      bytes_(bytes) {
  const BroadcastDimension innermost = dimensions_.back();
  is_flat_ = !by_row && dimensions_.size() == 1 && broadcast.left_size == innermost.size &&
             broadcast.right_size == innermost.size && innermost.left_stride == 1 &&
             innermost.right_stride == 1;
  for (BroadcastDimension& d : dimensions_) {
    d.left_stride *= bytes.operand;
    d.right_stride *= bytes.operand;
  }
  for (size_t d = dimensions_.size() - 1; d > 0; --d)
    sizes_[d - 1] = sizes_[d] * dimensions_[d].size;
  if (by_row || dimensions_.size() < 2) return;
  const BroadcastDimension &rows = dimensions_[dimensions_.size() - 2], &row = dimensions_.back();
  const bool of_one_value = row.left_stride == 0 || row.right_stride == 0;
  const size_t long_row = of_one_value ? kLongRowOfOneValue : kLongRow;
  if (row.size > 0 && row.size < long_row && rows.size > 1 &&
      (is_dense(rows.left_stride, row.left_stride, row.size, bytes.operand) ||
       is_dense(rows.right_stride, row.right_stride, row.size, bytes.operand)))
    repeated_ = std::min(rows.size, (kLongRow + row.size - 1) / row.size);
}

size_t BroadcastKernel::scratch_bytes() const {
  return repeated_ * dimensions_.back().size * bytes_.operand;
}

size_t BroadcastKernel::parts(size_t samples) const {
  return 1 + samples * output_bytes()[0] / kPartSize;
}

void BroadcastKernel::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                          uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void BroadcastKernel::run_part(const uint8_t* const* inputs, uint8_t* const* outputs,
                               size_t samples, Part part, uint8_t* scratch) const noexcept {
  if (output_bytes()[0] == 0) return;
  if (is_flat_) {
    const size_t size = samples * dimensions_[0].size;
    const size_t first = part.begin(size, 64), end = part.end(size, 64);
    run_row({.left = inputs[0] + first * bytes_.operand,
             .right = inputs[1] + first * bytes_.operand,
             .left_repeats = false,
             .right_repeats = false,
             .size = end - first,
             .rest = size - end,
             .output = outputs[0] + first * bytes_.output});
    return;
  }
  const size_t outermost = dimensions_[0].size;
  const size_t unit = dimensions_.size() == 1 ? 64 : 1;
  for (size_t s = 0; s < samples; ++s)
    run_from(0, part.begin(outermost, unit), part.end(outermost, unit),
             {.left = inputs[0] + s * input_bytes()[0],
              .right = inputs[1] + s * input_bytes()[1],
              .left_repeats = false,
              .right_repeats = false,
              .size = 0,
              .rest = 0,
              .output = outputs[0] + s * output_bytes()[0]},
             scratch);
}

// Of one index of the dimensions before it, those from `begin` to `end`.
void BroadcastKernel::run_from(size_t dimension, size_t begin, size_t end, BroadcastRow row,
                               uint8_t* scratch) const noexcept {
  const BroadcastDimension& d = dimensions_[dimension];
  if (begin >= end) return;
  row.left += begin * d.left_stride;
  row.right += begin * d.right_stride;
  row.output += begin * sizes_[dimension];
  if (dimension + 1 == dimensions_.size()) {
    row.size = end - begin;
    row.rest = d.size - end;
    row.left_repeats = d.left_stride == 0;
    row.right_repeats = d.right_stride == 0;
    run_row(row);
    return;
  }
  if (repeated_ != 0 && dimension + 2 == dimensions_.size())
    return run_rows(end - begin, row, scratch);
  for (size_t i = begin; i < end; ++i) {
    run_from(dimension + 1, 0, dimensions_[dimension + 1].size, row, scratch);
    row.left += d.left_stride;
    row.right += d.right_stride;
    row.output += sizes_[dimension];
  }
}

// Rows of the innermost dimension, several at a time.
void BroadcastKernel::run_rows(size_t count, BroadcastRow row, uint8_t* scratch) const noexcept {
  const BroadcastDimension &rows = dimensions_[dimensions_.size() - 2], &inner = dimensions_.back();
  const size_t row_bytes = inner.size * bytes_.operand;
  const bool left_is_dense =
      is_dense(rows.left_stride, inner.left_stride, inner.size, bytes_.operand);
  const uint8_t*& from = left_is_dense ? row.right : row.left;
  const size_t stride = left_is_dense ? rows.right_stride : rows.left_stride;
  const size_t inner_stride = left_is_dense ? inner.right_stride : inner.left_stride;
  const uint8_t* next = from;
  from = scratch;
  for (size_t first = 0; first < count; first += repeated_) {
    const size_t some = std::min(repeated_, count - first);
    for (size_t i = 0; i < some && (first == 0 || stride != 0); ++i, next += stride) {
      uint8_t* to = scratch + i * row_bytes;
      if (inner_stride == 0)
        fill(to, next, bytes_.operand, inner.size);
      else
        std::memcpy(to, next, row_bytes);
    }
    row.size = some * inner.size;
    run_row(row);
    row.output += row.size * bytes_.output;
    (left_is_dense ? row.left : row.right) += row.size * bytes_.operand;
  }
}

}  // namespace intlite
