// gemm.h: 8-bit matrix multiplication with a fused epilogue: packed weights and arguments.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "epilogue.h"
#include "quantized_rows.h"

namespace intlite {

// Columns are packed in panels of 16, depth in groups of 4, and some panels in a block: a block
// is [groups][panels][16 columns][4 depth]. The 64 bytes of a group in a panel are one AVX-512
// register, two AVX2 registers, or one row of an AMX tile. Instruction sets that read several
// panels together have so many in a block, the others one: so all read in order.
constexpr size_t kPanelColumns = 16;
constexpr size_t kGroupDepth = 4;
constexpr size_t kGroupBytes = kPanelColumns * kGroupDepth;
// Activation rows handed to a kernel are readable up to a multiple of this, and weights are
// zero there, or not read.
constexpr size_t kDepthPadding = 64;
// Rows and panels of one accumulator block; int32 accumulators stay in L1. Tiles of a few rows
// may round the rows up.
constexpr size_t kBlockRows = 32;
constexpr size_t kMostBlockRows = 36;
constexpr size_t kBlockPanels = 4;
constexpr size_t kBlockColumns = kBlockPanels * kPanelColumns;

template <class T>
struct AlignedDelete {
  void operator()(T* p) const { ::operator delete[](p, std::align_val_t{64}); }
};
template <class T>
using AlignedArray = std::unique_ptr<T[], AlignedDelete<T>>;

template <class T>
AlignedArray<T> make_aligned(size_t n) {
  const size_t bytes = round_up(n * sizeof(T) + 1, 64);
  return AlignedArray<T>(static_cast<T*>(::operator new[](bytes, std::align_val_t{64})));
}

// Weights as the kernels read them, with what follows. Owns nothing.
struct PackedMatrix {
  size_t depth, columns;
  size_t groups;         // ceil(depth / 4)
  size_t padded_groups;  // as many as are stored
  const int8_t* data;
  // bias - input_zero_point * column sum + depth * both zero points, modulo 2^32, with the zero
  // point of activations as they are multiplied; padded as an epilogue's arrays are.
  const int32_t* bias;
  int32_t weights_zero_point;  // of the signed weights; != 0 costs a row sum
  size_t most_panels;          // of a block
  const Epilogue* epilogue;

  size_t panels() const { return (columns + kPanelColumns - 1) / kPanelColumns; }

  // Where a panel's first group is.
  size_t panel_offset(size_t p) const {
    // Some processors divide for as long as they multiply some rows.
    if (most_panels == 1) return p * padded_groups * kGroupBytes;
    const size_t first = p / most_panels * most_panels;
    return (first * padded_groups + p - first) * kGroupBytes;
  }
  const int8_t* panel(size_t p) const { return data + panel_offset(p); }
  size_t data_bytes() const { return panels() * padded_groups * kGroupBytes; }
  // Bytes from group to group in the block of panel p.
  size_t group_stride(size_t p) const {
    if (most_panels == 1) return kGroupBytes;
    return std::min(panels() - p / most_panels * most_panels, most_panels) * kGroupBytes;
  }
  // Bytes from panel to panel, within kBlockPanels of them from a multiple of it on.
  size_t panel_stride() const {
    return most_panels == 1 ? padded_groups * kGroupBytes : kGroupBytes;
  }
};

struct PackArgs {
  size_t depth, columns;
  const uint8_t* weights;  // row-major [columns][depth], int8, or uint8 if weights_unsigned
  bool weights_unsigned;
  int32_t weights_zero_point;
  bool input_unsigned;
  int32_t input_zero_point;
  EpilogueArgs epilogue;
};

// How an instruction set wants weights, and the activations that they meet.
struct WeightLayout {
  bool activations_signed;  // x86 multiplies unsigned bytes by signed ones
  // Within a group [2][16 columns][2 depth], for kernels that multiply 16-bit activations.
  bool in_pairs;
  size_t depth_unit;   // depth is padded to a multiple of it
  size_t most_panels;  // of a block
};

// Stored activations as kernels multiply them: each ^ flip, with the zero point that then is
// theirs.
struct ActivationTransform {
  uint8_t flip;
  int32_t zero_point;
};
// The only place that decides it: of int8, or uint8 if `is_unsigned`.
constexpr ActivationTransform activation_transform(const WeightLayout& layout, bool is_unsigned,
                                                   int32_t zero_point) {
  if (is_unsigned != layout.activations_signed) return {.flip = 0, .zero_point = zero_point};
  return {.flip = 0x80, .zero_point = zero_point + (layout.activations_signed ? -128 : 128)};
}

// How a matrix lies before it is packed, into memory that the caller has.
struct PackPlan {
  size_t depth, columns;
  size_t row_stride, column_stride;  // one of them is 1
  uint8_t weights_flip;              // 0x80 where weights are unsigned
  int32_t weights_zero_point;        // of the signed weights
  int32_t input_zero_point;          // of activations as they are multiplied
  WeightLayout layout;
  size_t padding = 0;  // of the depth: weights that are zero, and no products

  size_t data_bytes() const;
  size_t bias_bytes() const { return padded_channels(columns) * sizeof(int32_t); }
};
// What pack_matrix made of the plan before.
PackedMatrix packed_view(const PackPlan& plan, const Epilogue& epilogue, const int8_t* data,
                         const int32_t* bias);
// The epilogue's bias is the one before the correction; `data` and `bias` are aligned to 64.
PackedMatrix pack_matrix(const PackPlan& plan, const uint8_t* weights, const Epilogue& epilogue,
                         int8_t* data, int32_t* bias);

// Weights as loaded: a constant matrix and its epilogue.
struct PackedWeights {
  size_t depth = 0, columns = 0;
  PackPlan plan{};
  AlignedArray<int8_t> data;
  Epilogue epilogue;  // its bias is the packed matrix's

  PackedMatrix matrix() const {
    return packed_view(plan, epilogue, data.get(), epilogue.bias.data());
  }
};
// `padding` as in PackPlan.
PackedWeights pack_weights(const PackArgs& args, const WeightLayout& layout, size_t padding = 0);

// What each row was quantized by, or all of them; of float32 outputs.
struct QuantizedRows {
  const QuantizedRow* first = nullptr;
  bool is_one = false;

  const QuantizedRow& operator[](size_t r) const { return first[is_one ? 0 : r]; }
  QuantizedRows from(size_t r) const {
    return {is_one || first == nullptr ? first : first + r, is_one};
  }
};

// Rows that parts of a product are made of.
constexpr size_t kPartRows = 16;

struct GemmArgs {
  PackedMatrix weights;
  const uint8_t* input;  // [rows][depth], rows input_stride bytes apart
  size_t rows;
  size_t input_stride;
  size_t readable;     // bytes from `input` on that may be read
  uint8_t input_flip;  // activation_transform's
  uint8_t* output;     // [rows][columns], rows output_stride bytes apart
  size_t output_stride;
  uint8_t* scratch;  // gemm_scratch_size bytes, aligned to 64
  // Of the weights, those that are wanted; the first is the first one of a block.
  size_t first_panel = 0, end_panel = SIZE_MAX;
  QuantizedRows quantized{};
};

// Weights of more bytes than this are read once for several blocks of rows, as many as stay
// in L2 beside them.
constexpr size_t kSharedWeights = 128 * 1024;
constexpr size_t kSharedRows = 192 * 1024;
constexpr size_t kMostRowBlocks = 8;
constexpr size_t row_blocks(size_t padded_depth) {
  const size_t fit = kSharedRows / (kBlockRows * (padded_depth == 0 ? 1 : padded_depth));
  return fit < 1 ? 1 : fit > kMostRowBlocks ? kMostRowBlocks : fit;
}

// Some instruction sets multiply 16-bit activations.
constexpr size_t kMostActivationBytes = 2;

// The kernel's working memory, carved out of one piece: copied rows, the groups of
// one row that are not zero, and a block of accumulators.
struct GemmScratch {
  static constexpr size_t row_bytes(size_t padded_depth) {
    return row_blocks(padded_depth) * kMostBlockRows * padded_depth * kMostActivationBytes;
  }
  static constexpr size_t index_bytes(size_t padded_depth) {
    return (padded_depth * kMostActivationBytes / kGroupDepth + kPanelColumns) * sizeof(uint32_t);
  }
  static constexpr size_t accumulator_bytes() {
    return (kBlockRows * kBlockColumns + kLanes) * sizeof(int32_t);
  }

  GemmScratch(uint8_t* start, size_t padded_depth)
      : rows(start),
        indices(reinterpret_cast<uint32_t*>(start + row_bytes(padded_depth))),
        accumulators(reinterpret_cast<int32_t*>(start + row_bytes(padded_depth) +
                                                index_bytes(padded_depth))) {}

  uint8_t* rows;
  uint32_t* indices;
  int32_t* accumulators;
};

inline size_t gemm_scratch_size(size_t depth) {
  const size_t padded = round_up(depth, kDepthPadding);
  return GemmScratch::row_bytes(padded) + GemmScratch::index_bytes(padded) +
         GemmScratch::accumulator_bytes();
}

}  // namespace intlite
