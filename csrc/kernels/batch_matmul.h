// batch_matmul.h: BATCH_MATMUL on int8: many small products, the right side packed as it comes.
//
// Takes int8, the left side also as uint8 whose zero point is moved likewise; sums of int32, modulo
// 2^32; gives int8 or, flipped, uint8. Zero points are any int32; products name matrices that are
// there; [left_matrices, rows, depth], [right_matrices, depth, columns] and the result have at most
// 2^48 elements each.
#pragma once

#include "../simd/dispatch.h"
#include "matrix_split.h"

namespace intlite {

// [rows, depth] x [depth, columns] for each product; adjoint sides are stored transposed.
struct BatchMatMulArgs {
  // Neighbours that share their right side: `matrices` left ones, from number `left` on.
  struct Product {
    size_t left, right, matrices;
  };

  size_t rows, depth, columns;
  size_t left_matrices, right_matrices;  // a sample
  bool left_adjoint, right_adjoint;
  bool left_unsigned;
  int32_t left_zero_point, right_zero_point;
  const uint8_t* right;           // int8, if it is constant, else null
  std::vector<Product> products;  // in the output's order
  EpilogueArgs epilogue;          // of `columns` channels, without a bias
};

class BatchMatMul final : public Kernel {
 public:
  BatchMatMul(const BatchMatMulArgs& args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  using Product = BatchMatMulArgs::Product;
  struct Offsets {
    size_t data, bias, gemm;
  };
  struct Memory;  // the parts of the scratch

  // Some of a sample's products.
  void run_products(size_t first, size_t last, const uint8_t* left, const uint8_t* right,
                    uint8_t* output, uint8_t* scratch) const;
  void multiply(const PackedMatrix& right, const uint8_t* left, size_t rows, uint8_t* output,
                uint8_t* scratch) const;
  Offsets offsets() const;
  Memory carve(uint8_t* scratch) const;

  size_t rows_, depth_, columns_;
  size_t left_bytes_, right_bytes_, output_bytes_;  // a sample
  bool left_adjoint_;
  ActivationTransform left_;
  PackPlan plan_;
  Epilogue epilogue_;
  std::vector<Product> products_;
  std::vector<size_t> first_outputs_;                // of each product, within a sample
  std::vector<AlignedArray<int8_t>> constant_data_;  // one each right matrix, or none
  std::vector<AlignedArray<int32_t>> constant_bias_;
  void (*gemm_)(const GemmArgs&);
};

}  // namespace intlite
