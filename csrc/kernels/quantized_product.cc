// quantized_product.cc: factor by factor, rescaled after each.
#include "quantized_product.h"

#include <algorithm>

#include "../numerics/fixed_point.h"

namespace intlite {

int32_t QuantizedProduct::rescale(int64_t x) const {
  const int right = 15 - args_.shift;
  return wrap_int32((x * args_.multiplier + (int64_t{1} << (right - 1))) >> right);
}

const uint8_t* QuantizedProduct::multiply(size_t group, const uint8_t* x, size_t inner,
                                          bool is_first, int32_t* products) const {
  const auto [reduced, kept] = shape_.groups()[group];
  inner /= kept;
  for (size_t k = 0; k < reduced; ++k, is_first = false)
    for (size_t i = 0; i < kept; ++i) {
      if (group + 1 < shape_.groups().size()) {
        x = multiply(group + 1, x, inner, is_first, products + i * inner);
        continue;
      }
      const int64_t stored =
          args_.is_int16 ? *reinterpret_cast<const int16_t*>(x) : static_cast<int8_t>(*x);
      x += args_.element_bytes();
      const int64_t factor = stored - args_.input_zero_point;
      products[i] = is_first ? static_cast<int32_t>(factor) : rescale(products[i] * factor);
    }
  return x;
}

void QuantizedProduct::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           uint8_t* scratch) const noexcept {
  int32_t* products = reinterpret_cast<int32_t*>(scratch);
  const size_t results = shape_.results();
  if (results == 0) return;
  for (size_t row = 0; row < samples * shape_.outer(); ++row) {
    std::fill_n(products, results, 0);
    multiply(0, inputs[0] + row * shape_.row_size() * args_.element_bytes(), results, true,
             products);
    for (size_t i = 0; i < results; ++i) {
      const int32_t value = wrapping_add(rescale(products[i]), args_.output_zero_point);
      const size_t at = row * results + i;
      if (args_.is_int16)
        reinterpret_cast<int16_t*>(outputs[0])[at] =
            static_cast<int16_t>(std::clamp(value, INT16_MIN, INT16_MAX));
      else
        outputs[0][at] = static_cast<uint8_t>(std::clamp(value, INT8_MIN, INT8_MAX));
    }
  }
}

}  // namespace intlite
