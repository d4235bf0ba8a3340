// hybrid_matmul.cc: some rows are quantized, then multiplied while they stay in cache.
#include "hybrid_matmul.h"

#include <algorithm>

namespace intlite {
namespace {

size_t output_rows_of(const HybridMatMulArgs& a) {
  size_t matrices = 0;
  for (const auto& product : a.products) matrices += product.matrices;
  return matrices * a.rows;
}

}  // namespace

struct HybridMatMul::Memory {
  Memory(uint8_t* start, size_t chunk, size_t stride, size_t depth, bool adjoint)
      : bytes(start),
        quantized(reinterpret_cast<QuantizedRow*>(bytes + chunk * stride)),
        transposed(reinterpret_cast<float*>(bytes + chunk * stride +
                                            round_up(chunk * sizeof(QuantizedRow), 64))),
        gemm(reinterpret_cast<uint8_t*>(transposed) +
             (adjoint ? round_up(chunk * depth * sizeof(float), 64) : 0)) {}

  uint8_t* bytes;
  QuantizedRow* quantized;
  float* transposed;
  uint8_t* gemm;
};

HybridMatMul::HybridMatMul(const HybridMatMulArgs& args, const KernelTable& kernels)
    : Kernel({args.left_matrices * args.rows * args.depth * sizeof(float)},
             {output_rows_of(args) * args.columns * sizeof(float)}),
      rows_(args.rows),
      depth_(args.depth),
      columns_(args.columns),
      chunk_(std::min(row_blocks(stride()) * kBlockRows,
                      round_up(std::max<size_t>(output_rows_of(args), 1), kBlockRows))),
      left_size_(args.left_matrices * args.rows * args.depth),
      left_adjoint_(args.left_adjoint),
      rounding_(args.rounding),
      formula_(args.epilogue.stage.formula),
      flip_(quantized_flip(kernels.layout)),
      products_(args.products),
      quantize_rows_(plain_kernels(kernels).quantize_rows),
      gemm_(kernels.gemm) {
  size_t at = 0;
  for (const Product& product : products_) {
    first_rows_.push_back(at);
    at += product.matrices * rows_;
  }
  first_rows_.push_back(at);
  for (size_t i = 0; i < args.right_matrices; ++i)
    weights_.push_back(
        pack_weights(hybrid_pack_args(depth_, columns_, args.weights + i * depth_ * columns_,
                                      args.epilogue, kernels.layout),
                     kernels.layout));
}

HybridMatMul::Memory HybridMatMul::carve(uint8_t* scratch) const {
  return {scratch, chunk_, stride(), depth_, left_adjoint_};
}

size_t HybridMatMul::scratch_bytes() const {
  return static_cast<size_t>(carve(nowhere()).gemm - nowhere()) + gemm_scratch_size(depth_);
}

bool HybridMatMul::is_zero(const float* matrix) const {
  return std::all_of(matrix, matrix + rows_ * depth_, [](float x) { return x == 0.0f; });
}

void HybridMatMul::quantize(const Rows& rows, size_t first, size_t count,
                            const Memory& memory) const {
  const float* input = rows.left + first * depth_;
  if (left_adjoint_) {
    for (size_t r = 0; r < count; ++r) {
      const size_t matrix = (first + r) / rows_, row = (first + r) % rows_;
      const float* from = rows.left + matrix * rows_ * depth_ + row;
      for (size_t k = 0; k < depth_; ++k) memory.transposed[r * depth_ + k] = from[k * rows_];
    }
    input = memory.transposed;
  }
  quantize_rows_({.input = input,
                  .rows = count,
                  .depth = depth_,
                  .rounding = rounding_,
                  .flip = flip_,
                  .output = memory.bytes,
                  .output_stride = stride(),
                  .quantized = memory.quantized});
  if (formula_ != RealFormula::kScalesFirst) return;
  // LiteRT adds nothing to the bias where a whole matrix is zero: -0.0 stays, as it does with a
  // product of -0.0.
  for (size_t r = 0; r < count;) {
    const size_t matrix = (first + r) / rows_, end = std::min(count, (matrix + 1) * rows_ - first);
    if (is_zero(rows.left + matrix * rows_ * depth_))
      for (size_t i = r; i < end; ++i) memory.quantized[i].scale = -1.0f;
    r = end;
  }
}

void HybridMatMul::multiply(const PackedWeights& weights, const Rows& rows, size_t first_panel,
                            size_t end_panel, uint8_t* scratch) const {
  const Memory memory = carve(scratch);
  for (size_t first = rows.first; first < rows.end; first += chunk_) {
    const size_t count = std::min(chunk_, rows.end - first);
    quantize(rows, first, count, memory);
    float* output = rows.output + (first - rows.first) * columns_;
    gemm_({.weights = weights.matrix(),
           .input = memory.bytes,
           .rows = count,
           .input_stride = stride(),
           .readable = chunk_ * stride(),
           .input_flip = 0,
           .output = reinterpret_cast<uint8_t*>(output),
           .output_stride = columns_ * sizeof(float),
           .scratch = memory.gemm,
           .first_panel = first_panel,
           .end_panel = end_panel,
           .quantized = {memory.quantized}});
  }
}

size_t HybridMatMul::parts(size_t samples) const {
  return 1 + samples * output_rows() * columns_ * depth_ / kProductsOfPart;
}

void HybridMatMul::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                       uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void HybridMatMul::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                            Part part, uint8_t* scratch) const noexcept {
  const float* left = reinterpret_cast<const float*>(inputs[0]);
  float* output = reinterpret_cast<float*>(outputs[0]);
  const size_t rows = samples * output_rows();
  if (rows == 0 || columns_ == 0) return;
  if (products_.size() == 1 && products_[0].matrices * rows_ * depth_ == left_size_) {
    const PackedWeights& weights = weights_[products_[0].right];
    const MatrixSplit mine =
        split_matrix(part, rows, kPartRows, depth_ * sizeof(float), weights.matrix());
    if (mine.is_empty()) return;
    multiply(weights, {left, mine.first_row, mine.end_row, output + mine.first_row * columns_},
             mine.first_panel, mine.end_panel, scratch);
    return;
  }
  const size_t end = part.end(rows, kPartRows);
  for (size_t at = part.begin(rows, kPartRows); at < end;) {
    const size_t sample = at / output_rows(), row = at % output_rows();
    const auto next = std::upper_bound(first_rows_.begin(), first_rows_.end(), row);
    const size_t k = static_cast<size_t>(next - first_rows_.begin()) - 1;
    const size_t some = std::min(end - at, *next - row), first = row - first_rows_[k];
    const float* matrices = left + sample * left_size_ + products_[k].left * rows_ * depth_;
    multiply(weights_[products_[k].right], {matrices, first, first + some, output + at * columns_},
             0, SIZE_MAX, scratch);
    at += some;
  }
}

}  // namespace intlite
