// arg.cc: columns side by side; of an innermost axis, that is short, rows become columns before.
#include "arg.h"

#include <cmath>
#include <cstring>

#include "../transpose.h"
#include "indices.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 16 << 10;
// From here on rows are as fast one by one.
constexpr size_t kLongAxis = 512;

}  // namespace

Arg::Arg(const ArgShape& shape, ElementType type, bool least, bool first_nan_wins,
         size_t index_bytes, const PlainKernels& kernels)
    : Kernel({shape.outer * shape.axis * shape.inner * bytes_of(type)},
             {shape.outer * shape.inner * index_bytes}),
      shape_(shape),
      type_(type),
      least_(least),
      first_nan_wins_(first_nan_wins),
      index_bytes_(index_bytes),
      arg_(kernels.arg) {}

// Whether several rows of the innermost dimension become columns.
bool Arg::turns() const { return shape_.inner == 1 && shape_.axis < kLongAxis; }

// How many results are found at once.
size_t Arg::lanes() const { return shape_.inner == 1 && !turns() ? 1 : kArgLanes; }

size_t Arg::scratch_bytes() const {
  return turns() ? shape_.axis * kArgLanes * bytes_of(type_) : 0;
}

size_t Arg::parts(size_t samples) const {
  return 1 + samples * (input_bytes()[0] / bytes_of(type_)) / kPartSize;
}

void Arg::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
              uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

// Of so many neighbours.
void Arg::find(const uint8_t* input, size_t count, size_t stride, uint8_t* scratch,
               int32_t* found) const noexcept {
  const size_t unit = bytes_of(type_);
  if (turns() && count > 1) {
    transpose_plane({.input = input,
                     .output = scratch,
                     .unit = unit,
                     .rows = shape_.axis,
                     .columns = count,
                     .input_stride = shape_.axis * unit,
                     .output_stride = kArgLanes * unit});
    input = scratch;
    stride = kArgLanes;
  }
  arg_({.input = input,
        .type = type_,
        .least = least_,
        .axis = shape_.axis,
        .stride = stride,
        .count = count,
        .found = found});
  if (!first_nan_wins_ || type_ != ElementType::kFloat32) return;
  for (size_t i = 0; i < count; ++i) {
    float first;
    std::memcpy(&first, input + i * unit, sizeof first);
    if (std::isnan(first)) found[i] = 0;
  }
}

void Arg::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                   uint8_t* scratch) const noexcept {
  const auto [outer, axis, inner] = shape_;
  const size_t rows = samples * outer, unit = bytes_of(type_), lanes = this->lanes();
  // Results lie one behind the other; of an inner dimension no block goes across its end.
  const size_t line = inner == 1 ? rows : inner;
  if (line == 0 || rows == 0) return;
  const size_t lines = inner == 1 ? 1 : rows, blocks = (line + lanes - 1) / lanes;
  int32_t found[kArgLanes];
  for (size_t b = part.begin(lines * blocks); b < part.end(lines * blocks); ++b) {
    const size_t row = b / blocks, first = b % blocks * lanes;
    const size_t count = std::min(lanes, line - first);
    const size_t at = inner == 1 ? first * axis : row * axis * inner + first;
    find(inputs[0] + at * unit, count, inner, scratch, found);
    for (size_t i = 0; i < count; ++i)
      store_index(outputs[0], row * line + first + i, index_bytes_, found[i]);
  }
}

}  // namespace intlite
