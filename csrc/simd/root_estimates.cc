// root_estimates.cc: by AVX-512, or by SSE, or exactly on other processors.
#include "root_estimates.h"

#include <cmath>
#include <cstring>

#include "cpu.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace intlite {
namespace {

#if defined(__x86_64__)
__attribute__((target("avx512f"))) void by_avx512(const float* x, float* y, size_t n) {
  const __mmask16 first = static_cast<__mmask16>((1u << n) - 1);
  _mm512_mask_storeu_ps(y, first, _mm512_maskz_rsqrt14_ps(first, _mm512_maskz_loadu_ps(first, x)));
}

void by_sse(const float* x, float* y, size_t n) {
  for (size_t i = 0; i < n; i += 4) {
    const size_t bytes = (n - i < 4 ? n - i : 4) * sizeof(float);
    float four[4] = {};
    std::memcpy(four, x + i, bytes);
    _mm_storeu_ps(four, _mm_rsqrt_ps(_mm_loadu_ps(four)));
    std::memcpy(y + i, four, bytes);
  }
}
#endif

}  // namespace

void reciprocal_root_estimates(const float* x, float* y, size_t n) {
#if defined(__x86_64__)
  static const auto estimate = cpu_has_avx512f() ? by_avx512 : by_sse;
  estimate(x, y, n);
#else
  for (size_t i = 0; i < n; ++i) y[i] = 1.0f / std::sqrt(x[i]);
#endif
}

}  // namespace intlite
