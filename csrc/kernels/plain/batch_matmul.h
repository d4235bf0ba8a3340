// batch_matmul.h: BATCH_MATMUL on float32: the right side packed as it comes, unless it is
// constant.
//
// Takes and gives float32. Products name matrices that are there; [left_matrices, rows, depth],
// [right_matrices, depth, columns] and the result have at most 2^48 elements each.
#pragma once

#include "../../simd/dispatch.h"
#include "../kernel.h"

namespace intlite {

// [rows, depth] x [depth, columns] for each product; adjoint sides are stored transposed.
struct FloatBatchMatMulArgs {
  struct Product {
    size_t left, right;
  };

  size_t rows, depth, columns;
  size_t left_matrices, right_matrices;  // a sample
  bool left_adjoint, right_adjoint;
  const float* right;             // null: an input
  std::vector<Product> products;  // in the output's order
  FloatSums sums;
};

class FloatBatchMatMul final : public Kernel {
 public:
  FloatBatchMatMul(const FloatBatchMatMulArgs& args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  struct Memory;  // the parts of the scratch

  size_t blocks() const;
  void pack(const float* right, float* data, size_t first_panel, size_t end_panel) const;
  void multiply(const float* left, const float* right, size_t matrix, float* output,
                size_t first_panel, size_t end_panel, const Memory& memory) const;

  FloatBatchMatMulArgs args_;  // right is null
  bool right_is_input_;
  FloatMatrix matrix_;               // owns nothing yet
  AlignedArray<float> data_, bias_;  // of all right matrices; zeros
  const PlainKernels& kernels_;
};

}  // namespace intlite
