// kernel.h: what a program runs: one prepared operator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace intlite {

// Immutable once made, and safe to run from many threads. Shapes are fixed: each
// tensor has so many bytes a sample, and samples lie one behind the other. A run
// of n samples is by definition n runs of one.
class Kernel {
 public:
  Kernel(std::vector<size_t> input_bytes, std::vector<size_t> output_bytes)
      : input_bytes_(std::move(input_bytes)), output_bytes_(std::move(output_bytes)) {}
  virtual ~Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Pointers to checked memory, 1-byte aligned at least; inputs and outputs do
  // not overlap. `scratch` has scratch_bytes(), aligned to 64.
  virtual void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                   uint8_t* scratch) const noexcept = 0;
  virtual size_t scratch_bytes() const { return 0; }

  // Bytes a sample, per tensor.
  const std::vector<size_t>& input_bytes() const { return input_bytes_; }
  const std::vector<size_t>& output_bytes() const { return output_bytes_; }

 private:
  std::vector<size_t> input_bytes_, output_bytes_;
};

}  // namespace intlite
