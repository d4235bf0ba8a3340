// normalization.h: LOG_SOFTMAX and L2_NORMALIZATION of int8 or uint8 along the last dimension.
//
// Takes and gives int8 or uint8, both alike. The zero point lies in the type; tables, scales,
// multipliers and least distances are any numbers, shifts at least -31.
#pragma once

#include <array>

#include "kernel.h"

namespace intlite {

// Rows that are computed apart.
class Normalization : public Kernel {
 public:
  Normalization(size_t rows, size_t depth)
      : Kernel({rows * depth}, {rows * depth}), depth_(depth) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 protected:
  // Of at least one value.
  virtual void run_row(const uint8_t* x, uint8_t* y, size_t depth) const noexcept = 0;

 private:
  size_t depth_;
};

struct LogSoftmaxArgs {
  size_t rows, depth;  // a sample
  bool is_unsigned;
  bool fixed_point;  // gemmlowp's arithmetic; else LiteRT's float32
  // By the distance from a row's greatest value. Fixed point: scaled to Q5.26, its exponential as
  // Q12.19; farther than `least` the result is the least.
  std::array<int32_t, 256> scaled, fixed;
  int32_t least;
  int32_t reverse_multiplier;
  int reverse_shift;
  // Float32.
  std::array<float, 256> real;
  float input_scale, output_scale;
};

class LogSoftmax final : public Normalization {
 public:
  explicit LogSoftmax(const LogSoftmaxArgs& args)
      : Normalization(args.rows, args.depth), args_(args) {}

 private:
  void run_row(const uint8_t* x, uint8_t* y, size_t depth) const noexcept override;
  // What becomes of each distance.
  void set_fixed(const uint8_t* x, int top, size_t depth, std::array<uint8_t, 256>& values) const;
  void set_real(const uint8_t* x, int top, size_t depth, std::array<uint8_t, 256>& values) const;
  int code(uint8_t x) const { return args_.is_unsigned ? x : static_cast<int8_t>(x); }
  uint8_t stored(int32_t value) const;

  LogSoftmaxArgs args_;
};

struct L2NormalizationArgs {
  size_t rows, depth;  // a sample
  bool is_unsigned;
  int32_t zero_point;
};

class L2Normalization final : public Normalization {
 public:
  explicit L2Normalization(const L2NormalizationArgs& args)
      : Normalization(args.rows, args.depth), args_(args) {}

 private:
  void run_row(const uint8_t* x, uint8_t* y, size_t depth) const noexcept override;

  L2NormalizationArgs args_;
};

}  // namespace intlite
