// batch_matmul_int16.cc: as batch_matmul.cc, of int16.
#include "batch_matmul_int16.h"

namespace intlite {
namespace {

constexpr size_t kValueBytes = sizeof(int16_t);

std::vector<size_t> input_sizes(const BatchMatMulArgs& a, size_t right_bytes) {
  std::vector<size_t> sizes{a.left_matrices * a.rows * a.depth * kValueBytes};
  if (a.right == nullptr) sizes.push_back(a.right_matrices * a.depth * a.columns * right_bytes);
  return sizes;
}

size_t output_size(const BatchMatMulArgs& a) {
  size_t matrices = 0;
  for (const auto& product : a.products) matrices += product.matrices;
  return matrices * a.rows * a.columns * kValueBytes;
}

// from [columns][rows] to [rows][columns].
void transpose(const int16_t* from, size_t rows, size_t columns, int16_t* to) {
  constexpr size_t kTile = 16;
  for (size_t r = 0; r < rows; r += kTile) {
    const size_t end = std::min(rows, r + kTile);
    for (size_t c = 0; c < columns; ++c)
      for (size_t i = r; i < end; ++i) to[i * columns + c] = from[c * rows + i];
  }
}

}  // namespace

BatchMatMulInt16::BatchMatMulInt16(const BatchMatMulArgs& args, bool right_words,
                                   const KernelTable& kernels)
    : Kernel(input_sizes(args, right_words ? 2 : 1), {output_size(args)}),
      rows_(args.rows),
      depth_(args.depth),
      columns_(args.columns),
      left_adjoint_(args.left_adjoint),
      matrix_bytes_(args.depth * args.columns * (right_words ? 2 : 1)),
      plan_(args.depth, args.columns, args.right_adjoint ? 1 : args.columns,
            args.right_adjoint ? args.depth : 1, right_words),
      epilogue_(make_epilogue(args.columns, args.epilogue)),
      products_(args.products),
      gemm_(kernels.gemm_int16) {
  size_t at = 0;
  for (const Product& product : products_) {
    first_outputs_.push_back(at);
    at += product.matrices * rows_ * columns_ * kValueBytes;
  }
  if (args.right == nullptr) return;
  for (size_t i = 0; i < args.right_matrices; ++i) {
    constant_.push_back(make_aligned<uint8_t>(plan_.data_bytes()));
    plan_.pack(args.right + i * matrix_bytes_, constant_[i].get());
  }
}

size_t BatchMatMulInt16::left_scratch() const {
  return left_adjoint_ ? round_up(rows_ * depth_ * kValueBytes, 64) : 0;
}

size_t BatchMatMulInt16::data_scratch() const {
  return constant_.empty() ? round_up(plan_.data_bytes(), 64) : 0;
}

size_t BatchMatMulInt16::scratch_bytes() const {
  return left_scratch() + data_scratch() + plan_.matrix(nullptr, epilogue_).row_bytes();
}

void BatchMatMulInt16::multiply(const Int16Matrix& right, const uint8_t* left, size_t rows,
                                uint8_t* output, uint8_t* scratch) const {
  gemm_({.weights = right,
         .input = left,
         .rows = rows,
         .input_stride = depth_ * kValueBytes,
         .readable = rows * depth_ * kValueBytes,
         .output = output,
         .output_stride = columns_ * kValueBytes,
         .scratch = scratch});
}

void BatchMatMulInt16::run_products(size_t first, size_t last, const uint8_t* left,
                                    const uint8_t* right, uint8_t* output, uint8_t* scratch) const {
  uint8_t* data = scratch + left_scratch();
  uint8_t* row = data + data_scratch();
  const size_t size = rows_ * depth_ * kValueBytes;
  Int16Matrix packed{};
  size_t packed_right = SIZE_MAX;
  for (size_t k = first; k < last; ++k) {
    const Product& product = products_[k];
    if (product.right != packed_right) {
      if (constant_.empty()) plan_.pack(right + product.right * matrix_bytes_, data);
      packed = plan_.matrix(constant_.empty() ? data : constant_[product.right].get(), epilogue_);
      packed_right = product.right;
    }
    const uint8_t* rows = left + product.left * size;
    uint8_t* to = output + first_outputs_[k];
    if (!left_adjoint_) {
      multiply(packed, rows, product.matrices * rows_, to, row);
      continue;
    }
    for (size_t i = 0; i < product.matrices; ++i, rows += size) {
      transpose(reinterpret_cast<const int16_t*>(rows), rows_, depth_,
                reinterpret_cast<int16_t*>(scratch));
      multiply(packed, scratch, rows_, to + i * rows_ * columns_ * kValueBytes, row);
    }
  }
}

size_t BatchMatMulInt16::parts(size_t samples) const {
  const size_t work = samples * output_bytes()[0] / kValueBytes * depth_;
  return std::min(1 + work / kProductsOfPart, std::max<size_t>(samples * products_.size(), 1));
}

void BatchMatMulInt16::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void BatchMatMulInt16::run_part(const uint8_t* const* inputs, uint8_t* const* outputs,
                                size_t samples, Part part, uint8_t* scratch) const noexcept {
  if (output_bytes()[0] == 0) return;
  const size_t count = products_.size(), end = part.end(samples * count);
  for (size_t at = part.begin(samples * count); at < end;) {
    const size_t i = at / count, first = at % count, last = std::min(count, end - i * count);
    const uint8_t* right = constant_.empty() ? inputs[1] + i * input_bytes()[1] : nullptr;
    run_products(first, last, inputs[0] + i * input_bytes()[0], right,
                 outputs[0] + i * output_bytes()[0], scratch);
    at += last - first;
  }
}

}  // namespace intlite
