// extreme.h: REDUCE_MAX and REDUCE_MIN of int8 or uint8 over any dimensions.
//
// Takes and gives int8 or uint8.
#pragma once

#include "../simd/dispatch.h"
#include "reduced_shape.h"

namespace intlite {

class Extreme final : public Kernel {
 public:
  // `least`: the minimum.
  Extreme(ReducedShape shape, bool is_unsigned, bool least, const KernelTable& kernels)
      : Kernel({shape.outer() * shape.row_size()}, {shape.outer() * shape.results()}),
        shape_(std::move(shape)),
        is_unsigned_(is_unsigned),
        least_(least),
        window_(least ? kernels.min_window : kernels.max_window) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override { return shape_.is_single() ? 0 : shape_.first().inner; }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void run_step(const uint8_t* x, const ReducedShape::Step& step, size_t first, size_t last,
                uint8_t* y) const;

  ReducedShape shape_;
  bool is_unsigned_, least_;
  void (*window_)(const WindowArgs&, uint8_t* output);
};

}  // namespace intlite
