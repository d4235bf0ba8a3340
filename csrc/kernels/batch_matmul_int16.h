// batch_matmul_int16.h: BATCH_MATMUL on int16, by int8 or int16.
//
// Takes int16, the right side also as int8; sums of 64 bits; gives int16. Zero points are 0; sizes
// have the ranges of batch_matmul.h.
#pragma once

#include "batch_matmul.h"

namespace intlite {

class BatchMatMulInt16 final : public Kernel {
 public:
  // Of the args' types and zero points nothing is read; `right_words`: the right side is int16.
  BatchMatMulInt16(const BatchMatMulArgs& args, bool right_words, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  using Product = BatchMatMulArgs::Product;

  // Some of a sample's products.
  void run_products(size_t first, size_t last, const uint8_t* left, const uint8_t* right,
                    uint8_t* output, uint8_t* scratch) const;
  void multiply(const Int16Matrix& right, const uint8_t* left, size_t rows, uint8_t* output,
                uint8_t* scratch) const;
  size_t left_scratch() const;
  size_t data_scratch() const;

  size_t rows_, depth_, columns_;
  bool left_adjoint_;
  size_t matrix_bytes_;  // of a right one
  Int16PackPlan plan_;
  Epilogue epilogue_;
  std::vector<Product> products_;
  std::vector<size_t> first_outputs_;            // bytes, of each product, within a sample
  std::vector<AlignedArray<uint8_t>> constant_;  // one each right matrix, or none
  void (*gemm_)(const Int16GemmArgs&);
};

}  // namespace intlite
