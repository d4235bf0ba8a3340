// softmax_int16.h: SOFTMAX of int16 along the last dimension, by tables.
//
// Takes and gives int16. Rows have at most 2^16 elements, tables 513 entries, of any numbers; the
// shift is at least -31.
#pragma once

#include "kernel.h"

namespace intlite {

struct SoftmaxInt16Args {
  size_t rows, depth;  // a sample
  // From how far a value lies below its row's maximum to steps of the table of exp.
  int32_t multiplier;
  int shift;
  // exp(x) for x from -10 to 0, and 1 / (1 + x) for x from 0 to 1, at each 128th int16; linear in
  // between.
  std::vector<int16_t> exp, reciprocal;
};

class SoftmaxInt16 final : public Kernel {
 public:
  explicit SoftmaxInt16(SoftmaxInt16Args args)
      : Kernel({2 * args.rows * args.depth}, {2 * args.rows * args.depth}),
        args_(std::move(args)) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void run_row(const int16_t* x, int16_t* y) const;

  SoftmaxInt16Args args_;
};

}  // namespace intlite
