// softmax.h: SOFTMAX of int8 or uint8 along the last dimension.
#pragma once

#include <array>

#include "kernel.h"

namespace intlite {

// An exponential depends on how far a value lies below its row's maximum only: on one
// of 256 distances, whose exponentials are tables made at load.
struct SoftmaxArgs {
  size_t rows, depth;  // a sample
  bool is_unsigned;
  bool fixed_point;  // gemmlowp's arithmetic; else LiteRT's float32
  // Fixed point: exp as Q0.31 for each distance; beyond `distances` the result is the least.
  std::array<int32_t, 256> fixed;
  size_t distances;
  // Float32: exp for each distance, and the output's scale and zero point.
  std::array<float, 256> real;
  float scale;
  int32_t zero_point;
};

class Softmax final : public Kernel {
 public:
  explicit Softmax(const SoftmaxArgs& args)
      : Kernel({args.rows * args.depth}, {args.rows * args.depth}), args_(args) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;

 private:
  void row_fixed(const uint8_t* x, uint8_t* y, int top) const;
  void row_real(const uint8_t* x, uint8_t* y, int top) const;
  int code(uint8_t x) const { return args_.is_unsigned ? x : static_cast<int8_t>(x); }

  SoftmaxArgs args_;
};

}  // namespace intlite
