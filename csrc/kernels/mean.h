// mean.h: MEAN and SUM of int8 or uint8 over any dimensions.
//
// Takes and gives int8 or uint8. Sums are taken modulo 2^32; shifts are at least -31; the offset,
// multiplier and zero point are any int32, scale and bias any float.
#pragma once

#include "../simd/dispatch.h"
#include "reduced_shape.h"

namespace intlite {

// What becomes of a sum of stored values. The fields that a kind does not name are unused.
enum class MeanKind : int {
  kFixedPoint = 0,  // (sum - offset) * multiplier, gemmlowp's rounding, + zero_point
  // LiteRT's kernel for height and width: sum * multiplier + zero_point, of inner elements
  // in whole blocks of 16 by ruy's rounding, of the rest by gemmlowp's
  kBlocks = 1,
  kFloat = 2,    // XNNPACK: rint(float32(sum) * scale + bias), half to even
  kRounded = 3,  // LiteRT's SUM: float32(sum) * scale + bias, half away, + zero_point
};

struct MeanArgs {
  bool is_unsigned;
  MeanKind kind;
  int32_t offset, multiplier;
  int shift;
  float scale, bias;
  int32_t zero_point;
};

// What becomes of a sum; `in_block`: of kBlocks, where it is in one.
int32_t stored_mean(const MeanArgs& a, int32_t low, int32_t high, int32_t sum, bool in_block);

class Mean final : public Kernel {
 public:
  Mean(ReducedShape shape, const MeanArgs& args, const KernelTable& kernels)
      : Kernel({shape.outer() * shape.row_size()}, {shape.outer() * shape.results()}),
        shape_(std::move(shape)),
        args_(args),
        sum_window_(kernels.sum_window),
        scale_window_(kernels.scale_window) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override { return shape_.first().inner * sizeof(int32_t); }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void sum_few(const uint8_t* x, uint32_t* sums) const;
  // Elements [first, last) of one of the outer dimension.
  void run_row(const uint8_t* x, size_t first, size_t last, uint8_t* y, int32_t* sums) const;
  uint8_t finish(int32_t sum, bool in_block) const;

  ReducedShape shape_;
  MeanArgs args_;
  void (*sum_window_)(const WindowArgs&, int32_t* sums);
  void (*scale_window_)(const WindowArgs&, float scale, float bias, uint8_t* output);
};

}  // namespace intlite
