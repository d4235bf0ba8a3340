// elementwise.h: ADD, SUB and MUL of 8-bit operands that broadcast, computed as XNNPACK does.
//
// Takes int8 or uint8, both operands and the output alike, and sums of int32, modulo 2^32. Shifts
// are 0 to 31; the output's zero point and activation range lie in its type; the innermost
// dimension has strides of 0 or 1. Else as lookup.h.
#pragma once

#include "../simd/dispatch.h"
#include "lookup.h"

namespace intlite {

class Elementwise final : public Kernel {
 public:
  // `run` is one of the kernel table's elementwise functions.
  Elementwise(Broadcast broadcast, const ElementwiseParameters& parameters,
              void (*run)(const ElementwiseArgs&));

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override { return repeated_ * dimensions_.back().size; }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void run_from(size_t dimension, size_t begin, size_t end, ElementwiseArgs args,
                uint8_t* scratch) const noexcept;
  void run_rows(size_t count, ElementwiseArgs args, uint8_t* scratch) const noexcept;

  std::vector<BroadcastDimension> dimensions_;
  std::vector<size_t> sizes_;  // elements of an index of each dimension
  bool is_flat_ = false;       // nothing repeats: samples are more elements
  size_t repeated_ = 0;        // rows of the innermost dimension that one call computes, or 0
  ElementwiseParameters parameters_;
  void (*run_)(const ElementwiseArgs&);
};

}  // namespace intlite
