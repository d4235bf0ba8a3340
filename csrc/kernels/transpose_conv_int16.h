// transpose_conv_int16.h: TRANSPOSE_CONV on int16 images and constant weights of int8.
//
// Takes and gives the types of fully_connected_int16.h and the sizes of transpose_conv.h.
#pragma once

#include "conv_int16.h"
#include "transpose_phases.h"

namespace intlite {

class TransposeConvInt16 final : public Kernel {
 public:
  // `args` has the whole filter.
  TransposeConvInt16(const WindowGeometry& geometry, const PackInt16Args& args,
                     const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  struct Phase {
    TransposePhase place;
    PatchesInt16 patches;
  };

  void run_phase(const Phase& phase, Part part, const uint8_t* image, uint8_t* output,
                 uint8_t* scratch) const;

  WindowGeometry geometry_;
  std::vector<Phase> phases_;
  // Where strides are beyond the filter: what pixels are that nothing reaches.
  std::vector<uint8_t> nothing_;
};

}  // namespace intlite
