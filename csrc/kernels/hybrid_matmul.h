// hybrid_matmul.h: float32 matrices by constant int8 weights, each row quantized as it comes:
// FULLY_CONNECTED, BATCH_MATMUL, and convolutions whose pixels are rows.
//
// Takes and gives float32, any. Sums are int32, modulo 2^32. Sizes and products are those of
// batch_matmul.h.
#pragma once

#include "../simd/dispatch.h"
#include "batch_matmul.h"
#include "hybrid_weights.h"
#include "matrix_split.h"

namespace intlite {

// [rows, depth] x [depth, columns] for each product. Weights are [columns][depth], one matrix
// after the other; an adjoint left side is stored transposed.
struct HybridMatMulArgs {
  size_t rows, depth, columns;
  size_t left_matrices, right_matrices;  // a sample
  bool left_adjoint;
  const uint8_t* weights;
  std::vector<BatchMatMulArgs::Product> products;  // in the output's order
  RowRounding rounding;
  RealEpilogueArgs epilogue;
};

class HybridMatMul final : public Kernel {
 public:
  HybridMatMul(const HybridMatMulArgs& args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  using Product = BatchMatMulArgs::Product;
  // Some rows of matrices that share their weights, one behind the other.
  struct Rows {
    const float* left;  // the first matrix
    size_t first, end;
    float* output;  // of the row `first`
  };
  struct Memory;  // the parts of the scratch

  size_t output_rows() const { return first_rows_.back(); }  // of a sample
  size_t stride() const { return round_up(depth_, kDepthPadding); }
  void multiply(const PackedWeights& weights, const Rows& rows, size_t first_panel,
                size_t end_panel, uint8_t* scratch) const;
  void quantize(const Rows& rows, size_t first, size_t count, const Memory& memory) const;
  bool is_zero(const float* matrix) const;
  Memory carve(uint8_t* scratch) const;

  size_t rows_, depth_, columns_, chunk_;
  size_t left_size_;
  bool left_adjoint_;
  RowRounding rounding_;
  RealFormula formula_;
  uint8_t flip_;
  std::vector<Product> products_;
  std::vector<size_t> first_rows_;  // of each product, within a sample, and how many there are
  std::vector<PackedWeights> weights_;
  void (*quantize_rows_)(const QuantizeRowsArgs&);
  void (*gemm_)(const GemmArgs&);
};

}  // namespace intlite
