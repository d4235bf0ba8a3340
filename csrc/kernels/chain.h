// chain.h: kernels of which each reads only the rows that the one before it has just written:
// some rows go through all of them at once, so what lies between stays in the cache, takes no
// memory in the arena, and threads wait for each other once.
//
// Takes kernels of any element types: one that has rows, then at least one of one output and of at
// most 4 inputs, of which one row makes one row.
#pragma once

#include <memory>

#include "kernel.h"

namespace intlite {

// A kernel made for a single row, run with as many samples as there are rows.
struct ChainLink {
  std::shared_ptr<const Kernel> kernel;
  // For each of its inputs whether it is what the kernel before wrote; the others are inputs of
  // the chain, whose rows are at the same place.
  std::vector<bool> from_before;
};

class Chain final : public Kernel {
 public:
  static constexpr size_t kMostInputs = 4;  // of a link

  // The inputs are the head's, then those of the links in order. Throws std::invalid_argument
  // where sizes contradict each other.
  Chain(std::shared_ptr<const Kernel> head, std::vector<ChainLink> links);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t scratch_bytes() const override { return kernel_scratch_ + band_bytes_; }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;
  size_t rows() const override { return head_->rows(); }
  void compute_rows(const uint8_t* const* inputs, uint8_t* output, size_t first, size_t end,
                    uint8_t* scratch) const noexcept override;

 private:
  void run_band(const uint8_t* const* inputs, uint8_t* output, size_t first, size_t count,
                uint8_t* scratch) const noexcept;

  std::shared_ptr<const Kernel> head_;
  std::vector<ChainLink> links_;
  size_t row_bytes_ = 0;       // of the output
  size_t band_rows_ = 1;       // that go through all kernels at once
  size_t kernel_scratch_ = 0;  // what the kernels share; then what lies between them
  size_t band_bytes_ = 0;
};

}  // namespace intlite
