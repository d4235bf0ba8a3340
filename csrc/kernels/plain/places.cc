// places.cc: loops over indices, around copies of what lies at each of them.
#include "places.h"

#include <cstring>

#include "../sizes.h"
#include "../strided_copy.h"
#include "element_type.h"
#include "indices.h"

namespace intlite {
namespace {

constexpr size_t kPartBytes = 32 << 10;
constexpr size_t kOutside = SIZE_MAX;

std::vector<size_t> joined(std::vector<size_t> a, std::initializer_list<size_t> b) {
  a.insert(a.end(), b);
  return a;
}

void add(Bool* y, const Bool* x, size_t size) {
  for (size_t i = 0; i < size; ++i) y[i].byte = y[i] || x[i];
}
template <class T>
void add(T* y, const T* x, size_t size) {
  for (size_t i = 0; i < size; ++i) y[i] = wrapping_sum(y[i], x[i]);
}

}  // namespace

OneHot::OneHot(const OneHotArgs& args)
    : Kernel({product({args.outer, args.inner, args.index_bytes}), args.element_bytes,
              args.element_bytes},
             {product({args.outer, args.depth, args.inner, args.element_bytes})}),
      args_(args) {}

size_t OneHot::parts(size_t samples) const { return 1 + samples * output_bytes()[0] / kPartBytes; }

void OneHot::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void OneHot::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      Part part, uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  const auto [outer, depth, inner, index_bytes, bytes] = args_;
  const size_t line = depth * inner * bytes, lines = samples * outer;
  for (size_t l = part.begin(lines); l < part.end(lines); ++l) {
    const size_t sample = l / outer;
    const uint8_t *on = inputs[1] + sample * bytes, *off = inputs[2] + sample * bytes;
    uint8_t* y = outputs[0] + l * line;
    fill_bytes(y, line, {off, bytes});
    for (size_t i = 0; i < inner; ++i) {
      const auto index = static_cast<int32_t>(load_index(inputs[0], l * inner + i, index_bytes));
      if (index >= 0 && static_cast<size_t>(index) < depth)
        std::memcpy(y + (static_cast<size_t>(index) * inner + i) * bytes, on, bytes);
    }
  }
}

Scatter::Scatter(ScatterArgs args)
    : Kernel({product({args.count, args.sizes.size(), sizeof(int32_t)}),
              product({args.count, args.row, bytes_of(args.type)})},
             {product(joined(args.sizes, {args.row, bytes_of(args.type)}))}),
      args_(std::move(args)) {}

// Which row a tuple names, or kOutside.
size_t Scatter::row_at(const uint8_t* tuple) const {
  size_t row = 0;
  for (size_t d = 0; d < args_.sizes.size(); ++d) {
    // Negative ones are as large as can be.
    const auto position = static_cast<uint64_t>(int64_t{load<int32_t>(tuple, d)});
    if (position >= args_.sizes[d]) return kOutside;
    row = row * args_.sizes[d] + position;
  }
  return row;
}

const char* Scatter::refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
  const size_t bytes = args_.sizes.size() * sizeof(int32_t);
  if (bytes == 0) return nullptr;
  for (size_t i = 0; i < samples * args_.count; ++i)
    if (row_at(inputs[0] + i * bytes) == kOutside) return args_.refusal.c_str();
  return nullptr;
}

void Scatter::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                  uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  const size_t tuple = args_.sizes.size() * sizeof(int32_t);
  const size_t row = args_.row * bytes_of(args_.type);
  std::memset(outputs[0], 0, samples * output_bytes()[0]);
  with_type<Bool, int8_t, uint8_t, int32_t, int64_t, float>(args_.type, [&](auto zero) {
    using T = decltype(zero);
    for (size_t i = 0; i < samples * args_.count; ++i) {
      const size_t to = row_at(inputs[0] + i * tuple);
      if (to == kOutside) continue;  // the memory of another, who writes to it meanwhile
      uint8_t* y = outputs[0] + i / args_.count * output_bytes()[0] + to * row;
      add(reinterpret_cast<T*>(y), reinterpret_cast<const T*>(inputs[1] + i * row), args_.row);
    }
  });
}

ReverseSequence::ReverseSequence(ReverseSequenceArgs args)
    : Kernel({product({args.outer, args.first, args.middle, args.second, args.inner_bytes}),
              product({args.along_second ? args.first : args.second, args.length_bytes})},
             {product({args.outer, args.first, args.middle, args.second, args.inner_bytes})}),
      args_(std::move(args)) {}

int64_t ReverseSequence::length(const uint8_t* lengths, size_t i) const {
  return load_index(lengths, i, args_.length_bytes);
}

const char* ReverseSequence::refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
  for (size_t i = 0; i < input_bytes()[1] / args_.length_bytes * samples; ++i)
    if (static_cast<uint64_t>(length(inputs[1], i)) > sequence()) return args_.refusal.c_str();
  return nullptr;
}

void ReverseSequence::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                          uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  const auto& a = args_;
  // Of the first dimension, what lies between, and the second.
  const size_t step = a.inner_bytes, inner = a.second * step, plane = a.middle * inner;
  const size_t image = a.first * plane;
  const auto turned = [&](size_t sample, size_t batch, size_t k) {
    const auto count = static_cast<uint64_t>(length(inputs[1], sample * batches() + batch));
    return count <= sequence() && k < count ? count - 1 - k : k;
  };
  for (size_t o = 0; o < samples * a.outer; ++o) {
    const size_t sample = o / a.outer;
    const uint8_t* x = inputs[0] + o * image;
    uint8_t* y = outputs[0] + o * image;
    for (size_t i = 0; i < a.first; ++i)
      for (size_t m = 0; m < a.middle; ++m)
        for (size_t j = 0; j < a.second; ++j) {
          const size_t from_i = a.along_second ? i : turned(sample, j, i);
          const size_t from_j = a.along_second ? turned(sample, i, j) : j;
          std::memcpy(y + i * plane + m * inner + j * step,
                      x + from_i * plane + m * inner + from_j * step, step);
        }
  }
}

ScaledRows::ScaledRows(ScaledRowsArgs args)
    : Kernel({product({args.count, sizeof(int32_t)}), product({args.rows, args.row})},
             {product({args.count, args.row, sizeof(float)})}),
      args_(std::move(args)) {}

const char* ScaledRows::refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
  for (size_t i = 0; i < samples * args_.count; ++i)
    if (static_cast<uint64_t>(int64_t{load<int32_t>(inputs[0], i)}) >= args_.rows)
      return args_.refusal.c_str();
  return nullptr;
}

void ScaledRows::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                     uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  for (size_t i = 0; i < samples * args_.count; ++i) {
    const auto row = static_cast<uint64_t>(int64_t{load<int32_t>(inputs[0], i)});
    if (row >= args_.rows) continue;  // the memory of another, who writes to it meanwhile
    const float scale = args_.scales[args_.scales.size() == 1 ? 0 : row];
    const uint8_t* table = inputs[1] + i / args_.count * input_bytes()[1];
    const auto* x = reinterpret_cast<const int8_t*>(table) + row * args_.row;
    auto* y = reinterpret_cast<float*>(outputs[0]) + i * args_.row;
    for (size_t k = 0; k < args_.row; ++k) y[k] = static_cast<float>(x[k]) * scale;
  }
}

Where::Where(std::vector<size_t> shape, ElementType type, size_t count)
    : Kernel({product(joined(shape, {bytes_of(type)}))},
             {product({count, shape.size(), sizeof(int64_t)})}),
      shape_(std::move(shape)),
      type_(type) {}

void Where::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  const size_t rank = shape_.size(), size = input_bytes()[0] / bytes_of(type_);
  const size_t tuple = rank * sizeof(int64_t);
  with_type<Bool, int8_t, uint8_t, int32_t, uint32_t, int64_t, float>(type_, [&](auto zero) {
    using T = decltype(zero);
    for (size_t s = 0; s < samples; ++s) {
      const T* x = reinterpret_cast<const T*>(inputs[0] + s * input_bytes()[0]);
      uint8_t *y = outputs[0] + s * output_bytes()[0], *end = y + output_bytes()[0];
      for (size_t i = 0; i < size && y != end; ++i) {
        if (!(x[i] != T{})) continue;
        size_t left = i;
        for (size_t d = rank; d-- > 0; left /= shape_[d]) {
          const auto place = static_cast<int64_t>(left % shape_[d]);
          std::memcpy(y + d * sizeof place, &place, sizeof place);
        }
        y += tuple;
      }
      std::memset(y, 0, static_cast<size_t>(end - y));
    }
  });
}

}  // namespace intlite
