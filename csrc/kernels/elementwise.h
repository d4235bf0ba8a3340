// elementwise.h: ADD, SUB and MUL of 8-bit operands that broadcast, computed as XNNPACK does.
#pragma once

#include "../simd/dispatch.h"
#include "lookup.h"

namespace intlite {

class Elementwise final : public Kernel {
 public:
  // `run` is one of the kernel table's elementwise functions.
  Elementwise(size_t left_size, size_t right_size, std::vector<BroadcastDimension> dimensions,
              const ElementwiseParameters& parameters, void (*run)(const ElementwiseArgs&));

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;

 private:
  void run_from(size_t dimension, ElementwiseArgs args) const noexcept;

  std::vector<BroadcastDimension> dimensions_;
  std::vector<size_t> sizes_;  // elements of an index of each dimension
  ElementwiseParameters parameters_;
  void (*run_)(const ElementwiseArgs&);
};

}  // namespace intlite
