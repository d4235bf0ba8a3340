// reduce.h: sums, products, maxima, minima and means of integers over any dimensions.
//
// Takes and gives int32 or int64, whose sums and products wrap, or bool, of which the maximum is
// "any" and the minimum "all"; of nothing there are 0, 1, and the ends of the type, and no mean.
// Means are cut off towards 0.
#pragma once

#include "../../simd/plain/element_type.h"
#include "../kernel.h"

namespace intlite {

enum class Reduction : int { kSum, kProduct, kMaximum, kMinimum, kMean };

struct ReducedDimension {
  size_t size;
  bool is_reduced;
};

class IntegerReduce final : public Kernel {
 public:
  // Of fewer than 2^48 elements.
  IntegerReduce(std::vector<ReducedDimension> dimensions, ElementType type, Reduction reduction);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  // Neighbours of a kind are one; the first one is kept, and may be of one element.
  struct Dimension {
    size_t size;
    size_t input_stride;   // bytes
    size_t output_stride;  // results; 0 where it is reduced
    bool is_reduced;
  };
  template <class T, class R, class F>
  void reduce(size_t dimension, size_t begin, size_t end, const uint8_t* x, R* y, F f) const;
  template <class T>
  void average(size_t begin, size_t end, const uint8_t* x, uint8_t* y, int64_t* sums) const;

  std::vector<Dimension> dimensions_;
  ElementType type_;
  Reduction reduction_;
  int64_t count_ = 1;  // what one result is made of
};

}  // namespace intlite
