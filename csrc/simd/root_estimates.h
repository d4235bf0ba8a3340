// root_estimates.h: the processor's own estimates of 1 / sqrt(x), which its makers choose.
#pragma once

#include <cstddef>

namespace intlite {

// Those of AVX-512 where the processor has it, whatever kernels run; n <= 16.
void reciprocal_root_estimates(const float* x, float* y, size_t n);

}  // namespace intlite
