// pool.h: AVERAGE_POOL_2D and MAX_POOL_2D on int8 or uint8.
//
// Takes and gives int8 or uint8. All sizes are below 2^31, strides at least 1; a window has at most
// 2^22 pixels, whose sum fits int32.
#pragma once

#include "../simd/dispatch.h"
#include "kernel.h"

namespace intlite {

// Windows are cut off at the image's edges; the output has the input's channels.
struct PoolArgs {
  WindowGeometry geometry;  // without dilation
  // The sum of stored values by the number of those inside of the image, half away from zero; else
  // the greatest.
  bool average;
  bool is_unsigned;
  int32_t min, max;  // the result is clamped to them; min <= max
};

class Pool2D final : public Kernel {
 public:
  Pool2D(const PoolArgs& args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  void image(const uint8_t* input, uint8_t* output, Part part, uint8_t* scratch) const;
  // The windows of side_by_side_ outputs, the first of which begins at `from`.
  void pool_side_by_side(const uint8_t* from, size_t rows, uint8_t* output, uint8_t* scratch) const;
  size_t wide_bytes() const;  // of those windows, as if the stride were one
  void pool(const WindowArgs& window, uint8_t* output, int32_t* sums) const;
  void average(const WindowArgs& window, uint8_t* output, int32_t* sums) const;
  void clamp(uint8_t* output, size_t count) const;

  PoolArgs args_;
  // Of a row's outputs those whose windows no edge cuts, if they are pooled at once.
  size_t first_whole_ = 0, side_by_side_ = 0;
  void (*sum_window_)(const WindowArgs&, int32_t* sums);
  void (*average_window_)(const WindowArgs&, int32_t low, int32_t high, uint8_t* output);
  void (*max_window_)(const WindowArgs&, uint8_t* output);
};

}  // namespace intlite
