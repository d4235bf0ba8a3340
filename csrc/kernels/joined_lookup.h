// joined_lookup.h: CONCATENATION of 8-bit values, each input through a table of its own.
#pragma once

#include <array>

#include "lookup.h"

namespace intlite {

// One input: a row of it goes, by its table, behind that of the one before.
struct JoinedInput {
  size_t row;
  std::array<uint8_t, 256> table;
};

class JoinedLookup final : public Kernel {
 public:
  // `look_up` is one of the kernel table's.
  JoinedLookup(size_t rows, std::vector<JoinedInput> inputs, LookupFunction look_up)
      : Kernel(input_sizes(rows, inputs), {rows * output_row(inputs)}),
        rows_(rows),
        row_(output_row(inputs)),
        inputs_(std::move(inputs)),
        look_up_(look_up) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override {
    return 1 + samples * output_bytes()[0] / kPartBytes;
  }
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t*) const noexcept override {
    if (row_ == 0) return;
    const size_t rows = samples * rows_, first = part.begin(rows), end = part.end(rows);
    uint8_t* y = outputs[0];
    for (size_t i = 0; i < inputs_.size(); y += inputs_[i++].row)
      for (size_t r = first; r < end; ++r)
        look_up_({.table = inputs_[i].table.data(),
                  .input = inputs[i] + r * inputs_[i].row,
                  .size = inputs_[i].row,
                  .output = y + r * row_});
  }

 private:
  static constexpr size_t kPartBytes = 32 << 10;

  static size_t output_row(const std::vector<JoinedInput>& inputs) {
    size_t row = 0;
    for (const JoinedInput& input : inputs) row += input.row;
    return row;
  }
  static std::vector<size_t> input_sizes(size_t rows, const std::vector<JoinedInput>& inputs) {
    std::vector<size_t> sizes;
    for (const JoinedInput& input : inputs) sizes.push_back(rows * input.row);
    return sizes;
  }

  size_t rows_, row_;
  std::vector<JoinedInput> inputs_;
  LookupFunction look_up_;
};

}  // namespace intlite
