// pool_int16.h: AVERAGE_POOL_2D and MAX_POOL_2D on int16.
//
// Takes and gives int16. A window has less than 2^16 pixels, whose sum fits int32; `is_unsigned` is
// not looked at. Else as pool.h.
#pragma once

#include "pool.h"

namespace intlite {

class Pool2DInt16 final : public Kernel {
 public:
  explicit Pool2DInt16(const PoolArgs& args)
      : Kernel({2 * args.geometry.input_bytes()}, {2 * args.geometry.output_bytes()}),
        args_(args) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t scratch_bytes() const override { return args_.geometry.input_channels * sizeof(int32_t); }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void image(const int16_t* input, int16_t* output, Part part, int32_t* sums) const;

  PoolArgs args_;
};

}  // namespace intlite
