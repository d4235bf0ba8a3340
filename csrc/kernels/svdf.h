// svdf.h: SVDF of int8 with an int16 state.
//
// Takes int8 [batch, depth] and the state, int16 [batch, filters * memory]; gives int8 [batch,
// units] and the next state. Depths are at most 2^15, filters are `rank` times the units,
// multipliers are not negative, shifts at least -31.
#pragma once

#include "kernel.h"

namespace intlite {

struct SvdfArgs {
  size_t batch, depth, filters, memory, rank;
  const int8_t* feature;  // [filters][depth]
  const int16_t* time;    // [filters][memory]
  const int32_t* bias;    // [filters / rank]
  int32_t input_zero_point, output_zero_point;
  // From the input's products to the state, and from the state's to the output.
  int32_t first_multiplier, second_multiplier;
  int first_shift, second_shift;
};

class Svdf final : public Kernel {
 public:
  explicit Svdf(const SvdfArgs& args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;

 private:
  int16_t newest(const int8_t* x, size_t filter) const;

  SvdfArgs args_;  // its pointers are of use only while this is made
  std::vector<int16_t> feature_, time_;
  std::vector<int32_t> bias_;     // of units
  std::vector<int32_t> offsets_;  // of filters: the zero point's share of the sums
};

}  // namespace intlite
