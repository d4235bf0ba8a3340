// batch_matmul.cc: pack the right side, unless it is constant; transpose the left; multiply.
#include "batch_matmul.h"

#include "../../simd/standard_floats.h"
#include "../matrix_split.h"

namespace intlite {
namespace {

std::vector<size_t> input_sizes(const FloatBatchMatMulArgs& a) {
  std::vector<size_t> sizes{a.left_matrices * a.rows * a.depth * sizeof(float)};
  if (a.right == nullptr) sizes.push_back(a.right_matrices * a.depth * a.columns * sizeof(float));
  return sizes;
}

// from [columns][rows] to [rows][columns].
void transpose(const float* from, size_t rows, size_t columns, float* to) {
  constexpr size_t kTile = 16;
  for (size_t r = 0; r < rows; r += kTile) {
    const size_t end = std::min(rows, r + kTile);
    for (size_t c = 0; c < columns; ++c)
      for (size_t i = r; i < end; ++i) to[i * columns + c] = from[c * rows + i];
  }
}

}  // namespace

struct FloatBatchMatMul::Memory {
  Memory(const FloatBatchMatMul& kernel, uint8_t* start)
      : data(reinterpret_cast<float*>(start)),
        left(data + (kernel.right_is_input_ ? kernel.matrix_.data_size() : 0)),
        size(static_cast<size_t>(reinterpret_cast<uint8_t*>(left) - start)) {
    if (kernel.args_.left_adjoint) size += kernel.args_.rows * kernel.args_.depth * sizeof(float);
  }

  float *data, *left;
  size_t size;
};

FloatBatchMatMul::FloatBatchMatMul(const FloatBatchMatMulArgs& args, const KernelTable& kernels)
    : Kernel(input_sizes(args), {args.products.size() * args.rows * args.columns * sizeof(float)}),
      args_(args),
      right_is_input_(args.right == nullptr),
      matrix_{.depth = args.depth,
              .columns = args.columns,
              .most_panels = plain_kernels(kernels).float_most_panels,
              .data = nullptr,
              .bias = nullptr},
      kernels_(plain_kernels(kernels)) {
  if (is_idle()) return;
  bias_ = make_aligned<float>(matrix_.bias_size());
  std::fill_n(bias_.get(), matrix_.bias_size(), 0.0f);
  matrix_.bias = bias_.get();
  if (!right_is_input_) {
    data_ = make_aligned<float>(args.right_matrices * matrix_.data_size());
    for (size_t i = 0; i < args.right_matrices; ++i)
      pack(args.right + i * args.depth * args.columns, data_.get() + i * matrix_.data_size(), 0,
           matrix_.panels());
  }
  args_.right = nullptr;
}

void FloatBatchMatMul::pack(const float* right, float* data, size_t first_panel,
                            size_t end_panel) const {
  kernels_.pack_floats({.depth = args_.depth,
                        .columns = args_.columns,
                        .most_panels = matrix_.most_panels,
                        .weights = right,
                        .row_stride = args_.right_adjoint ? 1 : args_.columns,
                        .column_stride = args_.right_adjoint ? args_.depth : 1,
                        .data = data,
                        .first_panel = first_panel,
                        .end_panel = end_panel});
}

size_t FloatBatchMatMul::scratch_bytes() const {
  return is_idle() ? 0 : Memory(*this, nowhere()).size;
}

// Of panels, a product.
size_t FloatBatchMatMul::blocks() const {
  return (matrix_.panels() + matrix_.most_panels - 1) / matrix_.most_panels;
}

size_t FloatBatchMatMul::parts(size_t samples) const {
  const size_t products = samples * args_.products.size();
  const size_t work = args_.rows * args_.depth * args_.columns;
  return 1 + std::min(products * work / kProductsOfPart, products * blocks());
}

void FloatBatchMatMul::multiply(const float* left, const float* right, size_t matrix, float* output,
                                size_t first_panel, size_t end_panel, const Memory& memory) const {
  FloatMatrix w = matrix_;
  if (right_is_input_) {
    pack(right + matrix * args_.depth * args_.columns, memory.data, first_panel, end_panel);
    w.data = memory.data;
  } else {
    w.data = data_.get() + matrix * w.data_size();
  }
  if (args_.left_adjoint) {
    transpose(left, args_.rows, args_.depth, memory.left);
    left = memory.left;
  }
  const float infinity = std::numeric_limits<float>::infinity();
  kernels_.multiply_floats({.weights = w,
                            .sums = args_.sums,
                            .clamp = {.low = -infinity, .high = infinity},
                            .input = left,
                            .rows = args_.rows,
                            .input_stride = args_.depth,
                            .output = output,
                            .output_stride = args_.columns,
                            .first_panel = first_panel,
                            .end_panel = end_panel});
}

void FloatBatchMatMul::run_part(const uint8_t* const* inputs, uint8_t* const* outputs,
                                size_t samples, Part part, uint8_t* scratch) const noexcept {
  if (is_idle()) return;
  const FlushedSubnormals flushed(args_.sums == FloatSums::kFused);
  const Memory memory(*this, scratch);
  const size_t count = args_.products.size(), each = blocks(), unit = matrix_.most_panels;
  // Some blocks of columns of some products.
  const size_t last = part.end(samples * count * each);
  for (size_t block = part.begin(samples * count * each); block < last;) {
    const size_t k = block / each, first = block % each, end = std::min(each, first + last - block);
    const size_t sample = k / count;
    const auto [left, right] = args_.products[k % count];
    const auto floats = [&](size_t i) {
      return reinterpret_cast<const float*>(inputs[i] + sample * input_bytes()[i]);
    };
    auto* output = reinterpret_cast<float*>(outputs[0]) + k * args_.rows * args_.columns;
    multiply(floats(0) + left * args_.rows * args_.depth, right_is_input_ ? floats(1) : nullptr,
             right, output, first * unit, std::min(end * unit, matrix_.panels()), memory);
    block += end - first;
  }
}

}  // namespace intlite
