// sums_of_products.h: sums of float32 products, as runtimes form them: the definition.
#pragma once

#include <cmath>
#include <cstddef>

namespace intlite {

// What float32 sums of products are, besides the order of their terms.
//   kFused    they start from the bias, each product is added to them before it is rounded, and
//             subnormal numbers are 0
//   kRounded  they start from 0, products and sums are rounded, and the bias comes last
enum class FloatSums { kFused, kRounded };

// start + x[k] * w[k * stride] for k < depth, in this order.
inline float sum_of_products(const float* x, const float* w, size_t stride, size_t depth,
                             float start, FloatSums sums) {
  float sum = start;
  for (size_t k = 0; k < depth; ++k) {
    const float product = x[k] * w[k * stride];
    sum = sums == FloatSums::kFused ? std::fma(x[k], w[k * stride], sum) : sum + product;
  }
  return sum;
}

}  // namespace intlite
