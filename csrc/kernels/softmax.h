// softmax.h: SOFTMAX of int8 or uint8 along the last dimension.
//
// Takes and gives int8 or uint8, both alike. `distances` is at most 256; the tables hold any
// numbers.
#pragma once

#include <array>

#include "../simd/dispatch.h"
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
  Softmax(const SoftmaxArgs& args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override {
    return args_.rows == 0 ? 0 : rows_at_once() * args_.depth * sizeof(float);
  }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  // Rows whose sums are made at once: each waits for one addition after the other.
  static constexpr size_t kRows = 4;
  // Rows of few elements end together, so that vectors are full.
  static constexpr size_t kShort = 32, kElementsAtOnce = 512;
  static constexpr size_t kLong = 512;
  size_t rows_at_once() const {
    const size_t depth = args_.depth;
    return depth == 0 || depth > kShort ? kRows : round_up(kElementsAtOnce / depth, kRows);
  }

  int top(const uint8_t* row) const;
  void row_fixed(const uint8_t* x, uint8_t* y, int top) const;
  template <size_t kCount>
  void rows_real(const uint8_t* x, uint8_t* y, float* exponentials) const;
  void short_rows_real(const int8_t* x, size_t rows, uint8_t* y, float* exponentials) const;
  void finish_real(const float* exponentials, float sum, size_t size, uint8_t* y) const;
  // Of a row that is long: what becomes of each stored value is looked up.
  bool is_long() const { return args_.depth >= kLong; }
  template <class T>
  void by_value(const T* by_distance, int top, T* values) const;
  void look_up(const uint8_t* x, const uint8_t* values, uint8_t* y) const;
  int code(uint8_t x) const { return args_.is_unsigned ? x : static_cast<int8_t>(x); }

  SoftmaxArgs args_;
  std::array<int32_t, 256> terms_{};  // of the sum, in fixed point
  void (*max_window_)(const WindowArgs&, uint8_t* output);
  void (*lookup_)(const LookupArgs&);
  void (*probabilities_)(const ProbabilityArgs&);
};

}  // namespace intlite
