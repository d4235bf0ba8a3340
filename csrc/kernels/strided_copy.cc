// strided_copy.cc: loops over the outer dimensions around rows, or around transposed planes.
#include "strided_copy.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "transpose.h"

namespace intlite {
namespace {

constexpr size_t kPartWork = 32 << 10;

void check(const Box& box, const std::vector<size_t>& inputs, const std::vector<size_t>& outputs) {
  if (box.input >= inputs.size() || box.output >= outputs.size())
    throw std::invalid_argument("box of no tensor");
  // Sizes are below 2^48, so that nothing overflows before it is found to be too large.
  const auto inside = [&](size_t at, size_t size, size_t BoxDimension::*stride) {
    if (size < box.unit || at > size - box.unit) return false;
    size_t left = size - box.unit - at;
    for (const BoxDimension& d : box.dimensions) {
      if (d.*stride != 0 && (d.size - 1) > left / (d.*stride)) return false;
      left -= (d.size - 1) * (d.*stride);
    }
    return true;
  };
  if (!inside(box.from, inputs[box.input], &BoxDimension::input_stride) ||
      !inside(box.to, outputs[box.output], &BoxDimension::output_stride))
    throw std::invalid_argument("box outside of its tensors");
}

bool is_empty(const Box& box) {
  for (const BoxDimension& d : box.dimensions)
    if (d.size == 0) return true;
  return box.unit == 0;
}

// The same box with as few dimensions and as large a unit as can be.
Box simplified(const Box& box) {
  Box out = box;
  out.dimensions.clear();
  for (const BoxDimension& d : box.dimensions) {
    if (d.size == 1) continue;
    if (!out.dimensions.empty()) {
      BoxDimension& last = out.dimensions.back();
      if (last.input_stride == d.size * d.input_stride &&
          last.output_stride == d.size * d.output_stride) {
        last = {last.size * d.size, d.input_stride, d.output_stride};
        continue;
      }
    }
    out.dimensions.push_back(d);
  }
  if (!out.dimensions.empty()) {
    const BoxDimension last = out.dimensions.back();
    if (last.input_stride == out.unit && last.output_stride == out.unit) {
      out.unit *= last.size;
      out.dimensions.pop_back();
    }
  }
  return out;
}

bool is_transposed(const BoxDimension& d, size_t unit) {
  return d.input_stride == unit && d.output_stride != unit;
}

// Puts a dimension along which the input lies in one piece next to the innermost one, along
// which the output does, where the unit is one that planes are transposed of.
void order_for_planes(Box& box) {
  std::vector<BoxDimension>& all = box.dimensions;
  if (all.size() < 2 || !can_transpose(box.unit) || all.back().output_stride != box.unit) return;
  for (size_t d = all.size() - 1; d-- > 0;) {
    if (!is_transposed(all[d], box.unit)) continue;
    const BoxDimension moved = all[d];
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(d));
    all.insert(all.end() - 1, moved);
    return;
  }
}

// Whether the two inner dimensions are a plane to transpose.
bool has_plane(const Box& box) {
  const std::vector<BoxDimension>& all = box.dimensions;
  return all.size() >= 2 && can_transpose(box.unit) && all.back().output_stride == box.unit &&
         is_transposed(all[all.size() - 2], box.unit);
}

template <size_t kUnit>
void copy_units(const uint8_t* from, uint8_t* to, const BoxDimension& d) {
  for (size_t i = 0; i < d.size; ++i)
    std::memcpy(to + i * d.output_stride, from + i * d.input_stride, kUnit);
}

// Like memcpy, without a call for rows of up to 256 bytes: their last 16 are copied by themselves.
void copy_rows(const uint8_t* from, uint8_t* to, size_t unit, const BoxDimension& d) {
  for (size_t i = 0; i < d.size; ++i, from += d.input_stride, to += d.output_stride) {
    for (size_t at = 0; at + 16 <= unit; at += 16) std::memcpy(to + at, from + at, 16);
    std::memcpy(to + unit - 16, from + unit - 16, 16);
  }
}

void copy_dimension(const uint8_t* from, uint8_t* to, size_t unit, const BoxDimension& d) {
  if (unit == 1) return copy_units<1>(from, to, d);
  if (unit == 2) return copy_units<2>(from, to, d);
  if (unit == 4) return copy_units<4>(from, to, d);
  if (unit == 8) return copy_units<8>(from, to, d);
  if (unit >= 16 && unit <= 256) return copy_rows(from, to, unit, d);
  for (size_t i = 0; i < d.size; ++i)
    std::memcpy(to + i * d.output_stride, from + i * d.input_stride, unit);
}

// Dimension d and those inside of it; of the first, `size` indices.
void copy_box(const Box& box, size_t d, size_t size, const uint8_t* from, uint8_t* to) {
  const size_t left = box.dimensions.size() - d;
  BoxDimension outer = box.dimensions[d];
  outer.size = size;
  if (left == 1) return copy_dimension(from, to, box.unit, outer);
  const BoxDimension& inner = box.dimensions[d + 1];
  if (left == 2 && has_plane(box))
    return transpose_plane(
        {from, to, box.unit, outer.size, inner.size, inner.input_stride, outer.output_stride});
  for (size_t i = 0; i < outer.size; ++i)
    copy_box(box, d + 1, inner.size, from + i * outer.input_stride, to + i * outer.output_stride);
}

// A part's share: of the outermost dimension, or of the one piece that there is.
void copy_share(const Box& box, Part part, const uint8_t* from, uint8_t* to) {
  from += box.from;
  to += box.to;
  if (box.dimensions.empty()) {
    const size_t begin = part.begin(box.unit, 64), end = part.end(box.unit, 64);
    if (begin < end) std::memcpy(to + begin, from + begin, end - begin);
    return;
  }
  const BoxDimension& outer = box.dimensions[0];
  const size_t unit = outer.size >= 16 * part.count ? 16 : 1;
  const size_t begin = part.begin(outer.size, unit), end = part.end(outer.size, unit);
  if (begin < end)
    copy_box(box, 0, end - begin, from + begin * outer.input_stride,
             to + begin * outer.output_stride);
}

}  // namespace

void fill_bytes(uint8_t* to, size_t bytes, std::span<const uint8_t> pattern) {
  if (bytes == 0) return;
  if (pattern.size() == 1) {
    std::memset(to, pattern[0], bytes);
    return;
  }
  // Once, then twice as much each time.
  size_t filled = std::min(bytes, pattern.size());
  std::memcpy(to, pattern.data(), filled);
  while (filled < bytes) {
    const size_t some = std::min(filled, bytes - filled);
    std::memcpy(to + filled, to, some);
    filled += some;
  }
}

StridedCopy::StridedCopy(std::vector<size_t> input_bytes, std::vector<size_t> output_bytes,
                         std::vector<Box> boxes, std::vector<uint8_t> fill)
    : Kernel(std::move(input_bytes), std::move(output_bytes)), fill_(std::move(fill)) {
  for (const Box& given : boxes) {
    if (is_empty(given)) continue;
    check(given, this->input_bytes(), this->output_bytes());
    Box box = simplified(given);
    order_for_planes(box);
    size_t bytes = box.unit;
    for (const BoxDimension& d : box.dimensions) bytes *= d.size;
    const bool is_slow = !box.dimensions.empty() && box.unit < 16;
    work_ += bytes * (!is_slow ? 1 : has_plane(box) ? 4 : 16 / box.unit);
    boxes_.push_back(std::move(box));
  }
}

void StridedCopy::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

size_t StridedCopy::parts(size_t samples) const {
  return fill_.empty() ? 1 + samples * work_ / kPartWork : 1;
}

void StridedCopy::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t*) const noexcept {
  for (size_t s = 0; s < samples; ++s) {
    if (!fill_.empty())
      for (size_t o = 0; o < output_bytes().size(); ++o)
        fill_bytes(outputs[o] + s * output_bytes()[o], output_bytes()[o], fill_);
    for (const Box& box : boxes_) {
      const uint8_t* from = inputs[box.input] + s * input_bytes()[box.input];
      uint8_t* to = outputs[box.output] + s * output_bytes()[box.output];
      copy_share(box, part, from, to);
    }
  }
}

}  // namespace intlite
