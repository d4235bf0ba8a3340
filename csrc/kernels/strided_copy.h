// strided_copy.h: operators that move boxes of elements: transposes, slices, splits, joins, pads.
//
// Moves elements of any type, of `unit` bytes. Boxes lie inside of their tensors.
#pragma once

#include <span>

#include "kernel.h"

namespace intlite {

// One dimension of a box, with steps in bytes.
struct BoxDimension {
  size_t size, input_stride, output_stride;
};

// `unit` bytes, in every position, from one input to one output.
struct Box {
  size_t input, from, output, to, unit;
  std::vector<BoxDimension> dimensions = {};  // outermost first
};

// Copies boxes that do not overlap in the outputs; bytes that no box covers get the fill pattern.
class StridedCopy final : public Kernel {
 public:
  // Throws std::invalid_argument for a box outside of its tensors. `fill` is one element, of
  // which each output is a whole number; empty where the boxes cover everything.
  StridedCopy(std::vector<size_t> input_bytes, std::vector<size_t> output_bytes,
              std::vector<Box> boxes, std::vector<uint8_t> fill);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  std::vector<Box> boxes_;
  std::vector<uint8_t> fill_;
  size_t work_ = 0;  // bytes a sample, those that are hard to move counted several times
};

// Writes the pattern again and again; bytes is a multiple of its size.
void fill_bytes(uint8_t* to, size_t bytes, std::span<const uint8_t> pattern);

}  // namespace intlite
