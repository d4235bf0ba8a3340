// resize.h: RESIZE_BILINEAR of int8, uint8 and int16 images, NHWC.
//
// Takes and gives int8, uint8 or int16. Sizes are below 2^31; indices lie inside of the image,
// integer weights from 0 to 2^10 or 2^11, float weights from -1 to 1.
#pragma once

#include "../simd/dispatch.h"
#include "kernel.h"

namespace intlite {

// How the four neighbours of an output become one.
enum class ResizeKind : int {
  kHalfAway = 0,          // integer weights of 10 bits, the sum of 20 rounded half away from zero
  kHalfUp = 1,            // XNNPACK: integer weights of 11 bits, the sum of 22 rounded half up
  kFloat = 2,             // x * wy * wx in float32, column by column, half up
  kFloatWeightsOnce = 3,  // x * (wy * wx) in float32, row by row, half up
};

// Where outputs lie along one axis: between inputs low[i] and high[i], weight[i] away
// from the first. Integer weights are in 1 / 2**10 or 1 / 2**11, and from 0 to 1.
struct ResizeAxis {
  size_t size;
  std::vector<int32_t> low, high;
  std::vector<float> weight;
};

struct ResizeArgs {
  size_t images, channels;  // images a sample
  ResizeAxis rows, columns;
  bool is_unsigned;
  ResizeKind kind;
  bool is_int16 = false;  // whatever is_unsigned says

  size_t element_bytes() const { return is_int16 ? 2 : 1; }
};

class ResizeBilinear final : public Kernel {
 public:
  // Throws std::invalid_argument for indices outside of the image, vectors of different
  // lengths, or weights out of range.
  ResizeBilinear(ResizeArgs args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override {
    return 2 * (args_.columns.low.size() * args_.channels + kBlendSlack) * sizeof(int32_t);
  }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void run_rows(const uint8_t* x, uint8_t* y, size_t first, size_t end, uint8_t* scratch) const;
  void run_integers(const uint8_t* x, uint8_t* y, size_t first, size_t end, int32_t* scratch) const;
  template <typename T>
  void run_pixels(const T* x, T* y, size_t first, size_t end) const;

  ResizeArgs args_;
  std::vector<int32_t> column_weights_;
  void (*blend_columns_)(const BlendColumnsArgs&);
  void (*blend_rows_)(const BlendRowsArgs&);
};

}  // namespace intlite
