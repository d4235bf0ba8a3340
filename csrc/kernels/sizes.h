// sizes.h: products of sizes that come from model files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace intlite {

// Throws std::invalid_argument for more than 2^48. Whatever stands beside a zero is none.
inline size_t product(const std::vector<size_t>& sizes) {
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return 0;
  size_t all = 1;
  for (const size_t n : sizes) {
    if (n > (size_t{1} << 48) / all) throw std::invalid_argument("tensor too large");
    all *= n;
  }
  return all;
}

}  // namespace intlite
