// elementwise.cc: the innermost dimension is one call; the outer ones are loops. Where it is
// short, several rows are one call, for which the operand that repeats is written out.
#include "elementwise.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 16 << 10, kLongRow = 512;

// Of the two inner dimensions: whether rows of an operand lie one behind the other.
bool is_dense(size_t stride, size_t inner_stride, size_t inner_size) {
  return inner_stride == 1 && stride == inner_size;
}

}  // namespace

Elementwise::Elementwise(Broadcast broadcast, const ElementwiseParameters& parameters,
                         void (*run)(const ElementwiseArgs&))
    : Kernel({broadcast.left_size, broadcast.right_size}, {broadcast.size()}),
      dimensions_(std::move(broadcast.dimensions)),
      sizes_(dimensions_.size(), 1),
      parameters_(parameters),
      run_(run) {
  for (size_t d = dimensions_.size() - 1; d > 0; --d)
    sizes_[d - 1] = sizes_[d] * dimensions_[d].size;
  const BroadcastDimension& innermost = dimensions_.back();
  is_flat_ = dimensions_.size() == 1 && broadcast.left_size == innermost.size &&
             broadcast.right_size == innermost.size && innermost.left_stride == 1 &&
             innermost.right_stride == 1;
  if (dimensions_.size() < 2) return;
  const BroadcastDimension &rows = dimensions_[dimensions_.size() - 2], &row = dimensions_.back();
  if (row.size > 0 && row.size < kLongRow && rows.size > 1 &&
      (is_dense(rows.left_stride, row.left_stride, row.size) ||
       is_dense(rows.right_stride, row.right_stride, row.size)))
    repeated_ = std::min(rows.size, (kLongRow + row.size - 1) / row.size);
}

size_t Elementwise::parts(size_t samples) const {
  return 1 + samples * output_bytes()[0] / kPartSize;
}

void Elementwise::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Elementwise::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t* scratch) const noexcept {
  const size_t size = output_bytes()[0];
  if (size == 0) return;
  if (is_flat_) {
    const size_t first = part.begin(samples * size, 64), end = part.end(samples * size, 64);
    run_({.parameters = &parameters_,
          .left = inputs[0] + first,
          .right = inputs[1] + first,
          .left_repeats = false,
          .right_repeats = false,
          .size = end - first,
          .output = outputs[0] + first});
    return;
  }
  const size_t outermost = dimensions_[0].size;
  const size_t unit = dimensions_.size() == 1 ? 64 : 1;
  for (size_t s = 0; s < samples; ++s)
    run_from(0, part.begin(outermost, unit), part.end(outermost, unit),
             {.parameters = &parameters_,
              .left = inputs[0] + s * input_bytes()[0],
              .right = inputs[1] + s * input_bytes()[1],
              .left_repeats = false,
              .right_repeats = false,
              .size = 0,
              .output = outputs[0] + s * size},
             scratch);
}

// Of one index of the dimensions before it, those from `begin` to `end`.
void Elementwise::run_from(size_t dimension, size_t begin, size_t end, ElementwiseArgs args,
                           uint8_t* scratch) const noexcept {
  const BroadcastDimension& d = dimensions_[dimension];
  if (begin >= end) return;
  args.left += begin * d.left_stride;
  args.right += begin * d.right_stride;
  args.output += begin * sizes_[dimension];
  if (dimension + 1 == dimensions_.size()) {
    args.size = end - begin;
    args.left_repeats = d.left_stride == 0;
    args.right_repeats = d.right_stride == 0;
    run_(args);
    return;
  }
  if (repeated_ != 0 && dimension + 2 == dimensions_.size())
    return run_rows(end - begin, args, scratch);
  for (size_t i = begin; i < end; ++i) {
    run_from(dimension + 1, 0, dimensions_[dimension + 1].size, args, scratch);
    args.left += d.left_stride;
    args.right += d.right_stride;
    args.output += sizes_[dimension];
  }
}

// Rows of the innermost dimension, several at a time.
void Elementwise::run_rows(size_t count, ElementwiseArgs args, uint8_t* scratch) const noexcept {
  const BroadcastDimension &rows = dimensions_[dimensions_.size() - 2], &row = dimensions_.back();
  const bool left_is_dense = is_dense(rows.left_stride, row.left_stride, row.size);
  const uint8_t*& from = left_is_dense ? args.right : args.left;
  const size_t stride = left_is_dense ? rows.right_stride : rows.left_stride;
  const size_t inner_stride = left_is_dense ? row.right_stride : row.left_stride;
  const uint8_t* next = from;
  from = scratch;
  for (size_t first = 0; first < count; first += repeated_) {
    const size_t some = std::min(repeated_, count - first);
    for (size_t i = 0; i < some && (first == 0 || stride != 0); ++i, next += stride) {
      uint8_t* to = scratch + i * row.size;
      if (inner_stride == 0)
        std::memset(to, *next, row.size);
      else
        std::memcpy(to, next, row.size);
    }
    args.size = some * row.size;
    run_(args);
    args.output += args.size;
    (left_is_dense ? args.left : args.right) += args.size;
  }
}

}  // namespace intlite
