// pack.cc: weights into the layout that all GEMM kernels read.
#include <cstring>

#include "gemm.h"

namespace intlite {
namespace {

size_t place_in_group(const PackPlan& plan, size_t column, size_t k) {
  if (!plan.layout.in_pairs) return column * kGroupDepth + k;
  return k / 2 * (kGroupBytes / 2) + column * 2 + k % 2;
}

// One group of depth in one panel, and its sums.
void pack_group(const PackPlan& plan, const uint8_t* weights, size_t columns, size_t depth,
                uint8_t* group, int32_t* sums) {
  for (size_t n = 0; n < columns; ++n) {
    for (size_t k = 0; k < depth; ++k) {
      const size_t at = n * plan.column_stride + k * plan.row_stride;
      const uint8_t value = static_cast<uint8_t>(weights[at] ^ plan.weights_flip);
      group[place_in_group(plan, n, k)] = value;
      sums[n] += static_cast<int8_t>(value);
    }
  }
}

// The same for a whole group, in loops that compilers turn into vector code: four bytes
// of a column are one word.
void pack_whole_group(const PackPlan& plan, const uint8_t* weights, uint8_t* group, int32_t* sums) {
  uint32_t words[kPanelColumns];
  if (plan.column_stride == 1) {
    uint8_t rows[kGroupDepth][kPanelColumns];
    for (size_t k = 0; k < kGroupDepth; ++k)
      std::memcpy(rows[k], weights + k * plan.row_stride, kPanelColumns);
    for (size_t n = 0; n < kPanelColumns; ++n)
      words[n] = rows[0][n] | uint32_t{rows[1][n]} << 8 | uint32_t{rows[2][n]} << 16 |
                 uint32_t{rows[3][n]} << 24;
  } else {
    for (size_t n = 0; n < kPanelColumns; ++n)
      std::memcpy(&words[n], weights + n * plan.column_stride, kGroupDepth);
  }
  const uint32_t flip = plan.weights_flip * 0x01010101u;
  for (size_t n = 0; n < kPanelColumns; ++n) words[n] ^= flip;
  if (plan.layout.in_pairs) {
    uint16_t halves[2][kPanelColumns];
    for (size_t n = 0; n < kPanelColumns; ++n) {
      halves[0][n] = static_cast<uint16_t>(words[n]);
      halves[1][n] = static_cast<uint16_t>(words[n] >> 16);
    }
    std::memcpy(group, halves, kGroupBytes);
  } else {
    std::memcpy(group, words, kGroupBytes);
  }
  for (size_t n = 0; n < kPanelColumns; ++n) {
    const uint32_t w = words[n];
    sums[n] += (static_cast<int32_t>(w << 24) >> 24) + (static_cast<int32_t>(w << 16) >> 24) +
               (static_cast<int32_t>(w << 8) >> 24) + (static_cast<int32_t>(w) >> 24);
  }
}

}  // namespace

size_t PackPlan::data_bytes() const {
  return round_up(columns, kPanelColumns) * round_up(depth, layout.depth_unit);
}

PackedMatrix packed_view(const PackPlan& plan, const Epilogue& epilogue, const int8_t* data,
                         const int32_t* bias) {
  return {.depth = plan.depth,
          .columns = plan.columns,
          .groups = (plan.depth + kGroupDepth - 1) / kGroupDepth,
          .padded_groups = round_up(plan.depth, plan.layout.depth_unit) / kGroupDepth,
          .data = data,
          .bias = bias,
          .weights_zero_point = plan.weights_zero_point,
          .most_panels = plan.layout.most_panels,
          .epilogue = &epilogue};
}

PackedMatrix pack_matrix(const PackPlan& plan, const uint8_t* weights, const Epilogue& epilogue,
                         int8_t* data, int32_t* bias) {
  const PackedMatrix m = packed_view(plan, epilogue, data, bias);
  std::memset(data, 0, plan.data_bytes());
  std::memcpy(bias, epilogue.bias.data(), plan.bias_bytes());
  const int64_t both = static_cast<int64_t>(plan.depth - plan.padding) * plan.weights_zero_point;
  for (size_t p = 0; p < m.panels(); ++p) {
    const size_t first = p * kPanelColumns, stride = m.group_stride(p);
    const size_t columns = std::min(kPanelColumns, plan.columns - first);
    uint8_t* panel = reinterpret_cast<uint8_t*>(data + m.panel_offset(p));
    int64_t sums[kPanelColumns] = {};
    for (size_t g = 0; g < m.groups; ++g) {
      int32_t part[kPanelColumns] = {};
      const size_t k = g * kGroupDepth, depth = std::min(kGroupDepth, plan.depth - k);
      const uint8_t* from = weights + first * plan.column_stride + k * plan.row_stride;
      if (columns == kPanelColumns && depth == kGroupDepth)
        pack_whole_group(plan, from, panel + g * stride, part);
      else
        pack_group(plan, from, columns, depth, panel + g * stride, part);
      for (size_t n = 0; n < columns; ++n) sums[n] += part[n];
    }
    for (size_t n = 0; n < columns; ++n)
      bias[first + n] = wrap_int32(bias[first + n] + plan.input_zero_point * (both - sums[n]));
  }
  return m;
}

PackedWeights pack_weights(const PackArgs& args, const WeightLayout& layout, size_t padding) {
  // Unsigned weights run as signed ones with the zero point moved by 128.
  const ActivationTransform input =
      activation_transform(layout, args.input_unsigned, args.input_zero_point);
  const PackPlan plan{
      .depth = args.depth,
      .columns = args.columns,
      .row_stride = 1,
      .column_stride = args.depth,
      .weights_flip = static_cast<uint8_t>(args.weights_unsigned ? 0x80 : 0),
      .weights_zero_point = args.weights_zero_point - (args.weights_unsigned ? 128 : 0),
      .input_zero_point = input.zero_point,
      .layout = layout,
      .padding = padding};
  PackedWeights w;
  w.depth = args.depth;
  w.columns = args.columns;
  w.plan = plan;
  w.data = make_aligned<int8_t>(plan.data_bytes());
  w.epilogue = make_epilogue(args.columns, args.epilogue);
  std::vector<int32_t> bias(padded_channels(args.columns));
  pack_matrix(plan, args.weights, w.epilogue, w.data.get(), bias.data());
  w.epilogue.bias = std::move(bias);
  return w;
}

}  // namespace intlite
