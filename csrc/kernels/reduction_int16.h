// reduction_int16.h: MEAN, SUM, REDUCE_MAX and REDUCE_MIN of int16 over any dimensions.
//
// Takes and gives int16. The numbers of means are those of mean.h.
#pragma once

#include "mean.h"

namespace intlite {

enum class Int16Reduction : int { kMean, kGreatest, kLeast };

class ReductionInt16 final : public Kernel {
 public:
  // `mean`: what becomes of sums; `is_unsigned` is not looked at.
  ReductionInt16(ReducedShape shape, Int16Reduction reduction, const MeanArgs& mean = {})
      : Kernel({2 * shape.outer() * shape.row_size()}, {2 * shape.outer() * shape.results()}),
        shape_(std::move(shape)),
        reduction_(reduction),
        mean_(mean) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t scratch_bytes() const override { return shape_.first().inner * sizeof(int32_t); }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  template <class F>
  void run_rows(const int16_t* x, int16_t* y, size_t samples, Part part, int32_t* found,
                F join) const;

  ReducedShape shape_;
  Int16Reduction reduction_;
  MeanArgs mean_;
};

}  // namespace intlite
