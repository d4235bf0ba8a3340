// broadcast.h: two operands that are stretched to one shape, and the loop over rows of the result.
//
// A broadcast has at least one dimension and at most 2^48 elements, and no stride leads outside
// of an operand.
#pragma once

#include "kernel.h"

namespace intlite {

// One dimension of a broadcast: its size, and each operand's step in elements (0: repeats).
struct BroadcastDimension {
  size_t size, left_stride, right_stride;
};

// Two operands, and the result that they are stretched to.
struct Broadcast {
  size_t left_size, right_size;                // elements of the operands
  std::vector<BroadcastDimension> dimensions;  // outermost first; at least one

  size_t size() const {
    size_t size = 1;
    for (const BroadcastDimension& d : dimensions) size *= d.size;
    return size;
  }
};

// A run of elements; an operand that repeats is one value. `rest` elements of the row, or rows,
// come after it; it begins at a multiple of 64.
struct BroadcastRow {
  const uint8_t *left, *right;
  bool left_repeats, right_repeats;
  size_t size, rest;
  uint8_t* output;
};

// An operator of two operands that is computed row by row. Its innermost dimension has strides of
// 0 or 1.
class BroadcastKernel : public Kernel {
 public:
  // Bytes of an element: the operands', and the result's.
  struct ElementBytes {
    size_t operand = 1, output = 1;
  };

  // `by_row`: no run has elements of several rows.
  BroadcastKernel(Broadcast broadcast, ElementBytes bytes, bool by_row = false);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 protected:
  virtual void run_row(const BroadcastRow& row) const noexcept = 0;

 private:
  void run_from(size_t dimension, size_t begin, size_t end, BroadcastRow row,
                uint8_t* scratch) const noexcept;
  void run_rows(size_t count, BroadcastRow row, uint8_t* scratch) const noexcept;

  std::vector<BroadcastDimension> dimensions_;  // strides in bytes
  std::vector<size_t> sizes_;                   // bytes of the output of an index of each dimension
  ElementBytes bytes_;
  bool is_flat_ = false;  // nothing repeats: samples are more elements
  size_t repeated_ = 0;   // rows of the innermost dimension that one call computes, or 0
};

}  // namespace intlite
