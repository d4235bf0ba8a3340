// conv_int16.h: CONV_2D and TRANSPOSE_CONV on int16 images and constant weights of int8: products
// of the image's rows where a filter is a pixel, or of gathered patches.
//
// Takes and gives the types of fully_connected_int16.h; sizes have the ranges of conv.h, and of
// transpose_conv.h.
#pragma once

#include "../simd/dispatch.h"
#include "matrix_split.h"

namespace intlite {

// A convolution by a group's filters, from patches.
class PatchesInt16 {
 public:
  // Of the inputs from `first_channel` on.
  PatchesInt16(const WindowGeometry& geometry, size_t first_channel, const PackInt16Args& args,
               const KernelTable& kernels);

  size_t scratch_bytes() const;
  // Output pixels of one image; `output` is where the first one's first channel goes.
  void run(const uint8_t* image, size_t first_pixel, size_t end_pixel, uint8_t* output,
           size_t output_stride, uint8_t* scratch) const;

  const PackedInt16& weights() const { return weights_; }
  const WindowGeometry& geometry() const { return geometry_; }

 private:
  size_t tile() const { return patch_tile(patch_bytes_); }

  WindowGeometry geometry_, bytes_;  // whose channels are bytes
  size_t first_byte_, patch_bytes_;
  PackedInt16 weights_;
  void (*gather_)(const PatchArgs&);
  void (*gemm_)(const Int16GemmArgs&);
};

class Conv2DInt16 final : public Kernel {
 public:
  // One set of weights a group, as conv.h has them.
  Conv2DInt16(const WindowGeometry& geometry, const std::vector<PackInt16Args>& groups,
              const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  WindowGeometry geometry_;
  bool is_pointwise_;  // 1x1, stride 1, one group: patches are the image itself
  std::vector<PatchesInt16> groups_;
  void (*gemm_)(const Int16GemmArgs&);
};

}  // namespace intlite
