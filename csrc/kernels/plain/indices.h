// indices.h: integers of tensors, which lie anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace intlite {

template <class T>
T load(const uint8_t* p, size_t i = 0) {
  T value;
  std::memcpy(&value, p + i * sizeof value, sizeof value);
  return value;
}

// Of int32 or int64, by their bytes.
inline int64_t load_index(const uint8_t* p, size_t i, size_t bytes) {
  return bytes == sizeof(int64_t) ? load<int64_t>(p, i) : load<int32_t>(p, i);
}

inline void store_index(uint8_t* p, size_t i, size_t bytes, int64_t value) {
  if (bytes == sizeof value) {
    std::memcpy(p + i * sizeof value, &value, sizeof value);
  } else {
    const auto narrow = static_cast<int32_t>(value);
    std::memcpy(p + i * sizeof narrow, &narrow, sizeof narrow);
  }
}

}  // namespace intlite
