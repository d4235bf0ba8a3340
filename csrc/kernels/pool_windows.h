// pool_windows.h: what pools of all quantized types share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace intlite {

// [first, last) of a window inside of the image.
struct Span {
  size_t first, last;
};

inline Span inside(size_t start, size_t filter, size_t pad, size_t size) {
  return {start > pad ? start - pad : 0,
          std::min(start + filter > pad ? start + filter - pad : 0, size)};
}

inline int32_t divide_half_away(int32_t sum, int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

}  // namespace intlite
