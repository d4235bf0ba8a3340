// lstm.h: UNIDIRECTIONAL_SEQUENCE_LSTM on int8 with an int16 cell state.
//
// Takes int8 inputs, weights and output states, int32 biases and an int16 cell state; gives the
// same. At most 2^15 inputs and units, so that sums fit int32, and 2^31 steps of all batches; zero
// points lie in int8, the cell's range in int16; multipliers are not negative, their shifts -31 to
// 1100; added_shift is 0 to 31.
#pragma once

#include <array>

#include "../numerics/fixed_point.h"
#include "kernel.h"

namespace intlite {

struct LstmArgs {
  static constexpr size_t kGates = 4;  // input, forget, cell, output
  // Entries of a table: one for every int16, in the order of its bits as uint16.
  static constexpr size_t kTableSize = 65536;

  size_t steps, batch, inputs, units;
  bool time_major;  // [steps, batch, inputs], else [batch, steps, inputs]
  int32_t input_zero_point, state_zero_point;
  // Of all gates, one behind the other: [kGates * units] rows.
  const int8_t *weights, *recurrent;
  const int32_t* bias;
  std::array<QuantizedMultiplier, kGates> of_input, of_state;  // of the sums of their products
  const int16_t *logistic, *tanh, *cell_tanh;
  // TFLite Micro: what is fed back, and both parts of the cell state, are saturated each.
  bool micro;
  QuantizedMultiplier kept, added;  // of micro; LiteRT divides by 2^15 and 2^added_shift
  int added_shift;
  int32_t cell_min, cell_max;
  QuantizedMultiplier hidden;
  int32_t hidden_zero_point;
};

// Input, output state, cell state -> outputs of all steps, next output and cell state.
class Lstm final : public Kernel {
 public:
  explicit Lstm(const LstmArgs& args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  // Steps of time.
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;
  bool in_order() const override { return true; }

 private:
  struct Memory;  // the parts of the scratch

  size_t columns() const { return LstmArgs::kGates * args_.units; }
  void step(const uint8_t* x, int8_t* h, int16_t* c, const Memory& memory) const;
  int32_t next_cell(int32_t cell, int32_t i, int32_t f, int32_t g) const;

  LstmArgs args_;                             // its pointers are of use only while this is made
  std::vector<int16_t> weights_, recurrent_;  // [depth][columns]
  std::vector<int32_t> bias_;
  std::array<std::vector<int16_t>, 3> tables_;
};

}  // namespace intlite
