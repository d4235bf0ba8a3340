// reduction.h: SUM, MEAN, REDUCE_PROD, REDUCE_MAX and REDUCE_MIN of float32 over any dimensions.
//
// Dimensions that are reduced and those that stay take turns; each product of sizes is at most
// 2^48 bytes.
#pragma once

#include "../../simd/dispatch.h"
#include "../kernel.h"

namespace intlite {

class PlainReduction final : public Kernel {
 public:
  struct Arguments {
    std::vector<size_t> sizes;  // outermost first; at least one
    bool first_is_reduced;
    ReductionFunction function;
    SumOrder order;
    bool is_mean;
    float start;   // of what there is nothing to join
    bool flushes;  // subnormal numbers are 0
  };

  PlainReduction(const Arguments& arguments, const PlainKernels& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  bool is_reduced(size_t d) const { return (d % 2 == 0) == arguments_.first_is_reduced; }
  void reduce_from(size_t d, const float* x, float* y) const noexcept;

  Arguments arguments_;
  // Elements of an index of each dimension: of the input, and of the output.
  std::vector<size_t> strides_, output_strides_;
  size_t elements_ = 1, results_ = 1;
  float count_ = 1.0f;
  bool by_sample_ = false;  // parts are of the outermost dimension, or of samples
  void (*reduce_block_)(const ReductionBlock&);
};

}  // namespace intlite
