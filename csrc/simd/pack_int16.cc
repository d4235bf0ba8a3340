// pack_int16.cc: weights in pairs, and in sections whose int32 sums can't overflow.
#include <cstdlib>
#include <cstring>

#include "gemm_int16.h"

namespace intlite {
namespace {

// Of some of a column's weights.
int64_t sum_magnitudes(const PackInt16Args& args, size_t column, size_t first, size_t end) {
  const int8_t* w = args.weights + column * args.column_stride;
  int64_t sum = 0;
  for (size_t k = first; k < end; ++k) sum += std::abs(w[k * args.row_stride]);
  return sum;
}

// As long as int32 holds what the sums of each may be.
std::vector<PairSection> sections_of(const PackInt16Args& args) {
  std::vector<PairSection> sections;
  std::vector<int64_t> sums(args.columns), pair_sums(args.columns);
  const size_t pairs = (args.depth + 1) / 2;
  size_t first = 0;
  for (size_t pair = 0; pair < pairs; ++pair) {
    bool is_full = false;
    for (size_t c = 0; c < args.columns; ++c) {
      pair_sums[c] = sum_magnitudes(args, c, 2 * pair, std::min(2 * pair + 2, args.depth));
      sums[c] += pair_sums[c];
      is_full |= sums[c] > kMostWeights;
    }
    if (!is_full) continue;
    sections.push_back({.first = first, .count = pair - first, .shift = 0});
    first = pair;
    sums = pair_sums;
  }
  sections.push_back({.first = first, .count = pairs - first, .shift = 0});
  return sections;
}

}  // namespace

bool needs_wide_sums(const PackInt16Args& args) {
  for (size_t c = 0; c < args.columns; ++c) {
    const int64_t bias = args.epilogue.wide_bias == nullptr ? 0 : args.epilogue.wide_bias[c];
    const int64_t room = INT32_MAX - sum_magnitudes(args, c, 0, args.depth) * 32768;
    if (room < 0 || bias > room || bias < -room) return true;
  }
  return false;
}

Int16Matrix PackedInt16::matrix() const {
  return {.depth = depth,
          .columns = columns,
          .data = data.get(),
          .wide_weights = false,
          .stored_pairs = (depth + 1) / 2,
          .sections = sections.data(),
          .section_count = sections.size(),
          .wide_sums = wide_sums,
          .epilogue = &epilogue};
}

PackedInt16 pack_int16(const PackInt16Args& args) {
  PackedInt16 w;
  w.depth = args.depth;
  w.columns = args.columns;
  w.epilogue = make_epilogue(args.columns, args.epilogue);
  const size_t pairs = (args.depth + 1) / 2;
  w.sections = {{.first = 0, .count = pairs, .shift = 0}};
  if (w.epilogue.wide) {
    w.wide_sums = needs_wide_sums(args);
    if (w.wide_sums)
      w.sections = sections_of(args);
    else
      for (size_t c = 0; c < args.columns; ++c)
        w.epilogue.bias[c] = static_cast<int32_t>(w.epilogue.wide_bias[c]);
  }
  const Int16Matrix m = w.matrix();
  const size_t bytes = m.data_bytes();
  w.data = make_aligned<int8_t>(bytes);
  std::memset(w.data.get(), 0, bytes);
  for (size_t c = 0; c < args.columns; ++c) {
    int8_t* panel = w.data.get() + c / kPanelColumns * m.panel_values();
    const int8_t* column = args.weights + c * args.column_stride;
    for (size_t k = 0; k < args.depth; ++k)
      panel[(k / 2 * kPanelColumns + c % kPanelColumns) * 2 + k % 2] = column[k * args.row_stride];
  }
  return w;
}

namespace {

// Pairs whose products by weights of 8 bits int32 sums hold, whatever they are.
constexpr size_t kSafePairs = kMostWeights / 128 / 2;

// The factor of 2^8 and the rest, neither beyond 128.
int16_t part_of(int16_t weight, int shift) {
  const auto low = static_cast<int8_t>(static_cast<uint8_t>(weight & 0xFF));
  return static_cast<int16_t>(shift == 0 ? low : (weight - low) / 256);
}

template <class Weight, class Packed, class Part>
void pack_panels(const Int16PackPlan& plan, const Weight* weights, Packed* to, Part part) {
  for (size_t c = 0; c < plan.columns; c += kPanelColumns) {
    const size_t some = std::min(kPanelColumns, plan.columns - c);
    for (const PairSection& section : plan.sections) {
      for (size_t pair = section.first; pair < section.first + section.count; ++pair) {
        for (size_t k = 2 * pair; k < 2 * pair + 2; ++k) {
          Packed* row = to + k % 2;
          const Weight* from = weights + k * plan.row_stride + c * plan.column_stride;
          for (size_t n = 0; n < kPanelColumns; ++n)
            row[2 * n] = k < plan.depth && n < some
                             ? part(from[n * plan.column_stride], section.shift)
                             : Packed{0};
        }
        to += 2 * kPanelColumns;
      }
    }
  }
}

}  // namespace

Int16PackPlan::Int16PackPlan(size_t depth_, size_t columns_, size_t row_stride_,
                             size_t column_stride_, bool wide_weights_)
    : depth(depth_),
      columns(columns_),
      row_stride(row_stride_),
      column_stride(column_stride_),
      wide_weights(wide_weights_) {
  const size_t pairs = (depth + 1) / 2;
  for (size_t first = 0; first < pairs; first += kSafePairs) {
    const size_t count = std::min(kSafePairs, pairs - first);
    if (wide_weights) sections.push_back({.first = first, .count = count, .shift = 8});
    sections.push_back({.first = first, .count = count, .shift = 0});
  }
}

Int16Matrix Int16PackPlan::matrix(const void* data, const Epilogue& epilogue) const {
  return {.depth = depth,
          .columns = columns,
          .data = data,
          .wide_weights = wide_weights,
          .stored_pairs = (depth + 1) / 2 * (wide_weights ? 2 : 1),
          .sections = sections.data(),
          .section_count = sections.size(),
          .wide_sums = sections.size() != 1,
          .epilogue = &epilogue};
}

size_t Int16PackPlan::data_bytes() const {
  const Epilogue none;
  return matrix(nullptr, none).data_bytes();
}

void Int16PackPlan::pack(const uint8_t* weights, void* data) const {
  if (wide_weights)
    pack_panels(*this, reinterpret_cast<const int16_t*>(weights), static_cast<int16_t*>(data),
                part_of);
  else
    pack_panels(*this, reinterpret_cast<const int8_t*>(weights), static_cast<int8_t*>(data),
                [](int8_t weight, int) { return weight; });
}

}  // namespace intlite
