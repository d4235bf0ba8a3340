// gather.h: operators that only move stored values: slices, transposes, pads, concatenations.
//
// Moves bytes, of any element type. Segments lie inside of their tensors.
#pragma once

#include "kernel.h"

namespace intlite {

// Bytes of one input that go to one output, in one piece.
struct Segment {
  size_t input, from, output, to, bytes;
};

// Copies the segments; output bytes that no segment covers get the fill pattern.
class Gather final : public Kernel {
 public:
  // Throws std::invalid_argument for a segment outside of its tensors. `fill` is one
  // element; every output is a whole number of elements.
  Gather(std::vector<size_t> input_bytes, std::vector<size_t> output_bytes,
         std::vector<Segment> segments, std::vector<uint8_t> fill, bool covers_all);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;

 private:
  std::vector<Segment> segments_;
  std::vector<uint8_t> fill_;
  bool covers_all_;
};

}  // namespace intlite
