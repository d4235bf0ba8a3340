// cases.h: kernels drawn from a fuzzer's bytes, with the arguments that the bindings let through.
#pragma once

#include <functional>
#include <memory>

#include "../../../csrc/kernels/kernel.h"
#include "../../../csrc/simd/dispatch.h"
#include "bytes.h"

namespace intlite::fuzz {

// Thrown for arguments that the bindings refuse, or that take too long for a fuzzer.
struct Refused {};

inline void require(bool condition) {
  if (!condition) throw Refused{};
}

// Elements of an array, weights included, and multiplications of a run.
constexpr size_t kMostBytes = 1 << 16;
constexpr size_t kMostWork = 1 << 19;
// Depths that nothing bounds, as of no rows, ask for any: AddressSanitizer would end the process.
constexpr size_t kMostScratch = 1 << 26;

inline size_t product(std::initializer_list<size_t> sizes, size_t most = kMostBytes) {
  size_t all = 1;
  for (const size_t size : sizes) {
    require(size == 0 || all <= most / size);
    all *= size;
  }
  return all;
}

// Makes the same kernel on each instruction set. May throw std::invalid_argument, as
// constructors that check their arguments do.
using MakeKernel = std::function<std::shared_ptr<const Kernel>(const KernelTable&)>;

// May throw Refused.
MakeKernel draw_product(Bytes& bytes);        // cases_products.cc: whatever has weights
MakeKernel draw_elementwise(Bytes& bytes);    // cases_elementwise.cc: by element, window or table
MakeKernel draw_movement(Bytes& bytes);       // cases_movement.cc: whatever moves values
MakeKernel draw_plain(Bytes& bytes);          // cases_plain.cc: numbers that are not quantized
MakeKernel draw_integers(Bytes& bytes);       // cases_integers.cc: integers and bool
MakeKernel draw_float_product(Bytes& bytes);  // cases_float_products.cc: float32 with weights

inline MakeKernel draw_kernel(Bytes& bytes) {
  switch (bytes.below(6)) {
    case 0:
      return draw_product(bytes);
    case 1:
      return draw_elementwise(bytes);
    case 2:
      return draw_movement(bytes);
    case 3:
      return draw_integers(bytes);
    case 4:
      return draw_plain(bytes);
    default:
      return draw_float_product(bytes);
  }
}

}  // namespace intlite::fuzz
