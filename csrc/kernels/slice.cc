// slice.cc: loops over the outer dimensions around the pieces that lie together.
#include "slice.h"

#include <cstring>

#include "plain/indices.h"
#include "sizes.h"

namespace intlite {
namespace {

std::vector<size_t> with(std::vector<size_t> sizes, size_t bytes) {
  sizes.push_back(bytes);
  return sizes;
}

// Bytes from one index to the next in each dimension.
std::vector<size_t> strides(const std::vector<size_t>& shape, size_t bytes) {
  std::vector<size_t> found(shape.size(), bytes);
  for (size_t d = shape.size() - 1; d > 0; --d) found[d - 1] = found[d] * shape[d];
  return found;
}

}  // namespace

Slice::Slice(SliceArgs args)
    : Kernel({product(with(args.shape, args.element_bytes)), args.shape.size() * args.index_bytes},
             {product(with(args.sizes, args.element_bytes))}),
      args_(std::move(args)),
      input_strides_(strides(args_.shape, args_.element_bytes)),
      output_strides_(strides(args_.sizes, args_.element_bytes)),
      whole_(args_.shape.size() - 1) {
  for (size_t d = 0; d < args_.shape.size(); ++d)
    if (args_.sizes[d] > args_.shape[d]) throw std::invalid_argument("box outside of its tensor");
  while (whole_ > 0 && args_.sizes[whole_] == args_.shape[whole_]) --whole_;
}

// Where the box begins, in bytes; false if it is not inside.
bool Slice::find(const uint8_t* begins, size_t* start) const {
  *start = 0;
  for (size_t d = 0; d < args_.shape.size(); ++d) {
    // Negative ones are as large as can be.
    const auto begin = static_cast<uint64_t>(load_index(begins, d, args_.index_bytes));
    if (begin > args_.shape[d] - args_.sizes[d]) return false;
    *start += begin * input_strides_[d];
  }
  return true;
}

const char* Slice::refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
  size_t start;
  for (size_t s = 0; s < samples; ++s)
    if (!find(inputs[1] + s * input_bytes()[1], &start)) return args_.refusal.c_str();
  return nullptr;
}

void Slice::copy(size_t dimension, const uint8_t* from, uint8_t* to) const {
  const size_t count = args_.sizes[dimension];
  if (dimension == whole_) {
    std::memcpy(to, from, count * output_strides_[dimension]);
    return;
  }
  for (size_t i = 0; i < count; ++i)
    copy(dimension + 1, from + i * input_strides_[dimension], to + i * output_strides_[dimension]);
}

void Slice::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  for (size_t s = 0; s < samples; ++s) {
    size_t start;
    // `refusal` has looked; but an input's memory may be another's, who writes to it meanwhile.
    if (find(inputs[1] + s * input_bytes()[1], &start))
      copy(0, inputs[0] + s * input_bytes()[0] + start, outputs[0] + s * output_bytes()[0]);
  }
}

}  // namespace intlite
