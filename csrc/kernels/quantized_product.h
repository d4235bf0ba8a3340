// quantized_product.h: REDUCE_PROD of int8 or int16 over any dimensions.
//
// Takes and gives int8 or int16. The multiplier is one of 15 bits, the shift -31 to 14.
#pragma once

#include "reduced_shape.h"

namespace intlite {

struct QuantizedProductArgs {
  int32_t input_zero_point, output_zero_point;  // any of the type
  // Each step: * multiplier >> (15 - shift), half up, modulo 2^32.
  int32_t multiplier;
  int shift;
  bool is_int16 = false;

  size_t element_bytes() const { return is_int16 ? 2 : 1; }
};

class QuantizedProduct final : public Kernel {
 public:
  QuantizedProduct(ReducedShape shape, const QuantizedProductArgs& args)
      : Kernel({shape.outer() * shape.row_size() * args.element_bytes()},
               {shape.outer() * shape.results() * args.element_bytes()}),
        shape_(std::move(shape)),
        args_(args) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override { return shape_.results() * sizeof(int32_t); }

 private:
  int32_t rescale(int64_t x) const;
  // The elements of the groups from this one on, in their order in memory, which is that of the
  // factors; `is_first`: of each product. Returns where they end.
  const uint8_t* multiply(size_t group, const uint8_t* x, size_t inner, bool is_first,
                          int32_t* products) const;

  ReducedShape shape_;
  QuantizedProductArgs args_;
};

}  // namespace intlite
