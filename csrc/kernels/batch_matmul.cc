// batch_matmul.cc: pack the right side, unless it is constant; transpose the left; multiply.
#include "batch_matmul.h"

#include <algorithm>

namespace intlite {
namespace {

std::vector<size_t> input_sizes(const BatchMatMulArgs& a) {
  std::vector<size_t> sizes{a.left_matrices * a.rows * a.depth};
  if (a.right == nullptr) sizes.push_back(a.right_matrices * a.depth * a.columns);
  return sizes;
}

size_t output_size(const BatchMatMulArgs& a) {
  size_t matrices = 0;
  for (const auto& product : a.products) matrices += product.matrices;
  return matrices * a.rows * a.columns;
}

constexpr size_t kTransposeTile = 16;

// from [columns][rows] to [rows][columns].
void transpose(const uint8_t* from, size_t rows, size_t columns, uint8_t* to) {
  for (size_t r = 0; r < rows; r += kTransposeTile) {
    const size_t end = std::min(rows, r + kTransposeTile);
    for (size_t c = 0; c < columns; ++c)
      for (size_t i = r; i < end; ++i) to[i * columns + c] = from[c * rows + i];
  }
}

}  // namespace

struct BatchMatMul::Memory {
  uint8_t* left;
  int8_t* data;
  int32_t* bias;
  uint8_t* gemm;
};

BatchMatMul::BatchMatMul(const BatchMatMulArgs& args, const KernelTable& kernels)
    : Kernel(input_sizes(args), {output_size(args)}),
      rows_(args.rows),
      depth_(args.depth),
      columns_(args.columns),
      left_bytes_(input_sizes(args)[0]),
      right_bytes_(args.right == nullptr ? input_sizes(args)[1] : 0),
      output_bytes_(output_size(args)),
      left_adjoint_(args.left_adjoint),
      left_(activation_transform(kernels.layout, args.left_unsigned, args.left_zero_point)),
      plan_{.depth = args.depth,
            .columns = args.columns,
            .row_stride = args.right_adjoint ? 1 : args.columns,
            .column_stride = args.right_adjoint ? args.depth : 1,
            .weights_flip = 0,
            .weights_zero_point = args.right_zero_point,
            .input_zero_point = left_.zero_point,
            .layout = kernels.layout},
      epilogue_(make_epilogue(args.columns, args.epilogue)),
      products_(args.products),
      gemm_(kernels.gemm) {
  size_t at = 0;
  for (const Product& product : products_) {
    first_outputs_.push_back(at);
    at += product.matrices * rows_ * columns_;
  }
  if (args.right == nullptr) return;
  for (size_t i = 0; i < args.right_matrices; ++i) {
    constant_data_.push_back(make_aligned<int8_t>(plan_.data_bytes()));
    constant_bias_.push_back(make_aligned<int32_t>(padded_channels(columns_)));
    pack_matrix(plan_, args.right + i * depth_ * columns_, epilogue_, constant_data_[i].get(),
                constant_bias_[i].get());
  }
}

// Sizes alone: of matrices without rows these may be any.
BatchMatMul::Offsets BatchMatMul::offsets() const {
  const size_t data = left_adjoint_ ? round_up(rows_ * depth_, 64) : 0;
  if (!constant_data_.empty()) return {data, data, data};
  const size_t bias = data + round_up(plan_.data_bytes(), 64);
  return {data, bias, bias + round_up(plan_.bias_bytes(), 64)};
}

BatchMatMul::Memory BatchMatMul::carve(uint8_t* scratch) const {
  const Offsets at = offsets();
  return {scratch, reinterpret_cast<int8_t*>(scratch + at.data),
          reinterpret_cast<int32_t*>(scratch + at.bias), scratch + at.gemm};
}

size_t BatchMatMul::scratch_bytes() const { return offsets().gemm + gemm_scratch_size(depth_); }

void BatchMatMul::multiply(const PackedMatrix& right, const uint8_t* left, size_t rows,
                           uint8_t* output, uint8_t* scratch) const {
  gemm_({.weights = right,
         .input = left,
         .rows = rows,
         .input_stride = depth_,
         .readable = rows * depth_,
         .input_flip = left_.flip,
         .output = output,
         .output_stride = columns_,
         .scratch = scratch});
}

void BatchMatMul::run_products(size_t first, size_t last, const uint8_t* left, const uint8_t* right,
                               uint8_t* output, uint8_t* scratch) const {
  const Memory memory = carve(scratch);
  const size_t size = rows_ * depth_;
  PackedMatrix packed{};
  size_t packed_right = SIZE_MAX;
  for (size_t k = first; k < last; ++k) {
    const Product& product = products_[k];
    if (product.right != packed_right) {
      const int8_t* ready = constant_data_.empty() ? nullptr : constant_data_[product.right].get();
      if (ready == nullptr)
        packed = pack_matrix(plan_, right + product.right * depth_ * columns_, epilogue_,
                             memory.data, memory.bias);
      else
        packed = packed_view(plan_, epilogue_, ready, constant_bias_[product.right].get());
      packed_right = product.right;
    }
    const uint8_t* rows = left + product.left * size;
    uint8_t* to = output + first_outputs_[k];
    if (!left_adjoint_) {
      const size_t count = product.matrices * rows_;
      multiply(packed, rows, count, to, memory.gemm);
      continue;
    }
    for (size_t i = 0; i < product.matrices; ++i, rows += size, to += rows_ * columns_) {
      transpose(rows, rows_, depth_, memory.left);
      multiply(packed, memory.left, rows_, to, memory.gemm);
    }
  }
}

size_t BatchMatMul::parts(size_t samples) const {
  const size_t work = samples * output_bytes_ * depth_;
  return std::min(1 + work / kProductsOfPart, std::max<size_t>(samples * products_.size(), 1));
}

void BatchMatMul::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void BatchMatMul::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t* scratch) const noexcept {
  if (output_bytes_ == 0) return;
  const size_t count = products_.size(), end = part.end(samples * count);
  for (size_t at = part.begin(samples * count); at < end;) {
    const size_t i = at / count, first = at % count, last = std::min(count, end - i * count);
    const uint8_t* right = constant_data_.empty() ? inputs[1] + i * right_bytes_ : nullptr;
    run_products(first, last, inputs[0] + i * left_bytes_, right, outputs[0] + i * output_bytes_,
                 scratch);
    at += last - first;
  }
}

}  // namespace intlite
