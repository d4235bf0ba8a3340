// slice.h: SLICE whose place a run tells: a box of known sizes out of a tensor.
//
// Elements of any type, by their bytes; places are int32 or int64.
#pragma once

#include <string>

#include "kernel.h"

namespace intlite {

struct SliceArgs {
  std::vector<size_t> shape, sizes;  // of the input and of the box: as many, at least one
  size_t element_bytes;
  size_t index_bytes;   // 4 or 8
  std::string refusal;  // what is said of boxes that are not inside
};

// Inputs: the tensor, and where the box begins.
class Slice final : public Kernel {
 public:
  // Throws std::invalid_argument for tensors that are too large, or a box larger than the tensor.
  explicit Slice(SliceArgs args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept override;
  bool is_idle() const override { return false; }  // places are looked at

 private:
  bool find(const uint8_t* begins, size_t* start) const;
  void copy(size_t dimension, const uint8_t* from, uint8_t* to) const;

  SliceArgs args_;
  std::vector<size_t> input_strides_, output_strides_;  // bytes
  size_t whole_;                                        // dimensions from this one on are one piece
};

}  // namespace intlite
