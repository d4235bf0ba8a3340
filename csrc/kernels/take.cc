// take.cc: memcpy by memcpy, to where the indices say.
#include "take.h"

#include <algorithm>
#include <cstring>

#include "sizes.h"

namespace intlite {
namespace {

constexpr size_t kPartWork = 32 << 10;
constexpr size_t kOutside = SIZE_MAX;  // no row

size_t bytes_of_part(const TakeArgs& args) {
  std::vector<size_t> sizes = args.sizes;
  sizes.push_back(args.row_bytes);
  return product(sizes);
}

std::vector<size_t> inputs_of(const TakeArgs& args) {
  std::vector<size_t> rows = args.sizes;
  rows.insert(rows.end(), {args.batches, args.outer, args.row_bytes});
  return {product(rows),
          product({args.batches, args.count, args.sizes.size(), static_cast<size_t>(args.type)})};
}

// The row that a tuple of indices names, or kOutside.
template <class Index>
size_t row_at(const uint8_t* indices, const std::vector<size_t>& sizes) {
  size_t row = 0;
  for (const size_t size : sizes) {
    Index index;
    std::memcpy(&index, indices, sizeof index);
    indices += sizeof index;
    // Negative ones are as large as can be.
    const auto position = static_cast<uint64_t>(static_cast<int64_t>(index));
    if (position >= size) return kOutside;
    row = row * size + static_cast<size_t>(position);
  }
  return row;
}

template <size_t kBytes>
void copy(const uint8_t* from, uint8_t* to, size_t) {
  std::memcpy(to, from, kBytes);
}
void copy_any(const uint8_t* from, uint8_t* to, size_t bytes) { std::memcpy(to, from, bytes); }

auto copier(size_t bytes) {
  return bytes == 1   ? copy<1>
         : bytes == 2 ? copy<2>
         : bytes == 4 ? copy<4>
         : bytes == 8 ? copy<8>
                      : copy_any;
}

template <class F>
auto with_index(IndexType type, F f) {
  switch (type) {
    case IndexType::kInt16:
      return f(int16_t{});
    case IndexType::kInt32:
      return f(int32_t{});
    case IndexType::kInt64:
      break;
  }
  return f(int64_t{});
}

}  // namespace

Take::Take(TakeArgs args)
    : Kernel(inputs_of(args), {product({args.batches, args.outer, args.count, args.row_bytes})}),
      args_(std::move(args)),
      part_bytes_(bytes_of_part(args_)) {}

void Take::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
               uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

size_t Take::parts(size_t samples) const { return 1 + samples * output_bytes()[0] / kPartWork; }

void Take::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                    Part part, uint8_t*) const noexcept {
  if (output_bytes()[0] == 0) return;
  const size_t tuples = samples * args_.batches * args_.count;
  with_index(args_.type, [&](auto index) {
    take<decltype(index)>(inputs[0], inputs[1], outputs[0], part.begin(tuples), part.end(tuples));
  });
}

template <class Index>
void Take::take(const uint8_t* rows, const uint8_t* indices, uint8_t* to, size_t first,
                size_t end) const {
  const size_t tuple_bytes = args_.sizes.size() * sizeof(Index), bytes = args_.row_bytes;
  const auto copy_row = copier(bytes);
  for (size_t tuple = first; tuple < end; ++tuple) {
    const size_t row = row_at<Index>(indices + tuple * tuple_bytes, args_.sizes);
    // `refusal` has looked; but an input's memory may be another's, who writes to it meanwhile.
    if (row == kOutside) continue;
    const size_t batch = tuple / args_.count, k = tuple % args_.count;
    for (size_t part = batch * args_.outer; part < (batch + 1) * args_.outer; ++part)
      copy_row(rows + part * part_bytes_ + row * bytes, to + (part * args_.count + k) * bytes,
               bytes);
  }
}

template <class Index>
bool Take::are_inside(const uint8_t* indices, size_t tuples) const {
  const size_t tuple_bytes = args_.sizes.size() * sizeof(Index);
  for (size_t i = 0; i < tuples; ++i)
    if (row_at<Index>(indices + i * tuple_bytes, args_.sizes) == kOutside) return false;
  return true;
}

const char* Take::refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
  if (input_bytes()[1] == 0) return nullptr;
  const size_t tuples = samples * args_.batches * args_.count;
  const bool inside = with_index(
      args_.type, [&](auto index) { return are_inside<decltype(index)>(inputs[1], tuples); });
  return inside ? nullptr : args_.refusal.c_str();
}

}  // namespace intlite
