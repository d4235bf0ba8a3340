// table.h: the kernels of plain numbers, those that are not quantized, of one instruction set.
#pragma once

#include <cstdint>

namespace intlite {

struct PlainKernels {
  uint64_t (*float_peak)(uint64_t iterations);  // multiply-adds done, on registers only
};

}  // namespace intlite
