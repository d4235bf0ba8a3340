// select.cc: rows of the innermost dimension, where each operand goes on or repeats.
#include "select.h"

#include <cstring>

#include "../strided_copy.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 16 << 10;

template <class T, bool kLeftRepeats, bool kRightRepeats>
void select_row(const uint8_t* condition, const T* left, const T* right, size_t size, T* output) {
  const T x = *left, y = *right;
  for (size_t i = 0; i < size; ++i) {
    const T a = kLeftRepeats ? x : left[i], b = kRightRepeats ? y : right[i];
    output[i] = condition[i] != 0 ? a : b;
  }
}

template <class T>
void select_elements(const uint8_t* condition, const uint8_t* left, const uint8_t* right,
                     const SelectDimension& d, size_t size, uint8_t* output) {
  const auto select =
      d.left_stride == 0
          ? (d.right_stride == 0 ? select_row<T, true, true> : select_row<T, true, false>)
          : (d.right_stride == 0 ? select_row<T, false, true> : select_row<T, false, false>);
  select(condition, reinterpret_cast<const T*>(left), reinterpret_cast<const T*>(right), size,
         reinterpret_cast<T*>(output));
}

// One run of elements, more than none.
void run_row(const uint8_t* condition, const uint8_t* left, const uint8_t* right,
             const SelectDimension& d, size_t size, size_t bytes, uint8_t* output) {
  if (d.condition_stride == 0) {
    const uint8_t* chosen = *condition != 0 ? left : right;
    if ((*condition != 0 ? d.left_stride : d.right_stride) == 0)
      fill_bytes(output, size * bytes, {chosen, bytes});
    else
      std::memcpy(output, chosen, size * bytes);
    return;
  }
  switch (bytes) {
    case 1:
      return select_elements<uint8_t>(condition, left, right, d, size, output);
    case 2:
      return select_elements<uint16_t>(condition, left, right, d, size, output);
    case 4:
      return select_elements<uint32_t>(condition, left, right, d, size, output);
    case 8:
      return select_elements<uint64_t>(condition, left, right, d, size, output);
  }
}

}  // namespace

Select::Select(SelectArgs args)
    : Kernel({args.condition_size, args.left_size * args.element_bytes,
              args.right_size * args.element_bytes},
             {args.size() * args.element_bytes}),
      args_(std::move(args)),
      sizes_(args_.dimensions.size(), 1) {
  for (size_t d = sizes_.size() - 1; d > 0; --d)
    sizes_[d - 1] = sizes_[d] * args_.dimensions[d].size;
}

size_t Select::parts(size_t samples) const { return 1 + samples * args_.size() / kPartSize; }

void Select::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Select::advance(Operands& at, const SelectDimension& d, size_t dimension, size_t by) const {
  at.condition += by * d.condition_stride;
  at.left += by * d.left_stride * args_.element_bytes;
  at.right += by * d.right_stride * args_.element_bytes;
  at.output += by * sizes_[dimension] * args_.element_bytes;
}

// Of one index of the dimensions before it, those from `begin` to `end`.
void Select::run_from(size_t dimension, size_t begin, size_t end, Operands at) const {
  const SelectDimension& d = args_.dimensions[dimension];
  if (begin >= end) return;
  advance(at, d, dimension, begin);
  if (dimension + 1 == args_.dimensions.size())
    return run_row(at.condition, at.left, at.right, d, end - begin, args_.element_bytes, at.output);
  for (size_t i = begin; i < end; ++i, advance(at, d, dimension, 1))
    run_from(dimension + 1, 0, args_.dimensions[dimension + 1].size, at);
}

void Select::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      Part part, uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  const size_t outermost = args_.dimensions[0].size;
  const size_t unit = args_.dimensions.size() == 1 ? 64 : 1;
  for (size_t s = 0; s < samples; ++s)
    run_from(0, part.begin(outermost, unit), part.end(outermost, unit),
             {.condition = inputs[0] + s * input_bytes()[0],
              .left = inputs[1] + s * input_bytes()[1],
              .right = inputs[2] + s * input_bytes()[2],
              .output = outputs[0] + s * output_bytes()[0]});
}

}  // namespace intlite
