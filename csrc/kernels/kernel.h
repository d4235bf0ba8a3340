// kernel.h: what a program runs: one prepared operator.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace intlite {

// One of several parts of a run, which together are the whole and may run at once.
struct Part {
  size_t index = 0, count = 1;

  // Its share of n things, in whole units.
  size_t begin(size_t n, size_t unit = 1) const { return share(n, unit, index); }
  size_t end(size_t n, size_t unit = 1) const { return share(n, unit, index + 1); }

 private:
  size_t share(size_t n, size_t unit, size_t i) const {
    const size_t units = (n + unit - 1) / unit;
    return std::min(n, units * i / count * unit);
  }
};

// A kernel refused its inputs' values.
class ValuesRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Where a layout of scratch memory begins of which only the size is wanted: offsets from null
// are not defined.
inline uint8_t* nowhere() {
  alignas(64) static uint8_t place[64];
  return place;
}

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

  // How many parts of a run are worth a thread each, and one of them, with scratch memory
  // of its own. Kernels that cannot be split have one part.
  virtual size_t parts(size_t samples) const {
    (void)samples;
    return 1;
  }
  virtual void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                        Part part, uint8_t* scratch) const noexcept {
    if (part.index == 0) run(inputs, outputs, samples, scratch);
  }
  // Whether each part needs what the one before wrote, so that they are no work for several
  // threads.
  virtual bool in_order() const { return false; }

  // What is wrong with the values of these inputs, on which it must not run: a text that lives as
  // long as the kernel. nullptr if nothing is.
  virtual const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
    (void)inputs, (void)samples;
    return nullptr;
  }

  // Whether it must run on the thread that started the run, as what calls Python does.
  virtual bool on_caller() const { return false; }

  // Into how many rows of as many bytes the output of one sample falls that compute_rows computes
  // apart; 0 if it can't.
  virtual size_t rows() const { return 0; }
  // Of all samples' rows those from `first` on; `output` is where row `first` goes.
  virtual void compute_rows(const uint8_t* const* inputs, uint8_t* output, size_t first, size_t end,
                            uint8_t* scratch) const noexcept {
    (void)inputs, (void)output, (void)first, (void)end, (void)scratch;
  }

  // Whether there is nothing to compute, however large dimensions beside a zero are.
  virtual bool is_idle() const {
    return !output_bytes_.empty() &&
           std::all_of(output_bytes_.begin(), output_bytes_.end(), [](size_t n) { return n == 0; });
  }

  // Bytes a sample, per tensor.
  const std::vector<size_t>& input_bytes() const { return input_bytes_; }
  const std::vector<size_t>& output_bytes() const { return output_bytes_; }

 private:
  std::vector<size_t> input_bytes_, output_bytes_;
};

}  // namespace intlite
