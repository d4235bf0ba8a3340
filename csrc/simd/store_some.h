// store_some.h: the first bytes of a vector that is stored by parts.
#pragma once

#include <cstdint>
#include <cstring>

namespace intlite {

// n bytes of 16, without a loop.
inline void store_some(uint8_t* to, const uint8_t* from, size_t n) {
  if (n >= 8) {
    std::memcpy(to, from, 8);
    std::memcpy(to + n - 8, from + n - 8, 8);
  } else if (n >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + n - 4, from + n - 4, 4);
  } else {
    for (size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

}  // namespace intlite
