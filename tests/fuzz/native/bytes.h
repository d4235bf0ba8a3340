// bytes.h: a fuzzer's bytes, taken as numbers one after the other; zeros when they are used up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace intlite::fuzz {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  uint64_t integer(size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && left_ != 0; ++i, ++data_, --left_)
      value |= static_cast<uint64_t>(*data_) << (8 * i);
    return value;
  }
  size_t below(size_t n) { return static_cast<size_t>(integer(n > 256 ? 2 : 1)) % n; }
  bool flag() { return below(2) != 0; }
  template <class T>
  T pick(const std::vector<T>& values) {
    return values[below(values.size())];
  }

  // Mostly below 10, often about the width of a vector, seldom so large that it must be refused.
  size_t dimension() {
    const uint64_t kind = integer(1);
    if (kind < 200) return static_cast<size_t>(kind % 10);
    if (kind < 250) return below(70);
    return static_cast<size_t>(integer(kind == 255 ? 8 : 4));
  }
  // Of what is at least 1.
  size_t extent() {
    const size_t d = dimension();
    return d == 0 ? 1 : d;
  }
  // Anything, but often near an edge.
  int32_t int32() {
    const uint64_t kind = integer(1);
    if (kind < 128) return static_cast<int32_t>(kind) - 64;
    if (kind < 144) return INT32_MAX - static_cast<int32_t>(kind - 128);
    if (kind < 160) return INT32_MIN + static_cast<int32_t>(kind - 144);
    return static_cast<int32_t>(static_cast<uint32_t>(integer(4)));
  }
  int32_t between(int32_t low, int32_t high) {
    const uint64_t span = static_cast<uint64_t>(int64_t{high} - low) + 1;
    return static_cast<int32_t>(low + static_cast<int64_t>(integer(4) % span));
  }
  // Any float32 that is a number.
  float real() {
    const uint32_t bits = static_cast<uint32_t>(integer(4));
    const uint32_t finite = (bits & 0x7f800000u) == 0x7f800000u ? bits ^ 0x40000000u : bits;
    float value;
    std::memcpy(&value, &finite, sizeof value);
    return value;
  }
  // A factor as models have them.
  float scale() { return static_cast<float>(1 + integer(2)) / 65536.0f; }

 private:
  const uint8_t* data_;
  size_t left_;
};

// Contents of an array: extremes, a few values, or any bytes.
class Contents {
 public:
  explicit Contents(Bytes& bytes) : kind_(bytes.below(4)), state_(bytes.integer(4) * 2 + 1) {}

  uint8_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const uint8_t random = static_cast<uint8_t>(state_ >> 56);
    switch (kind_) {
      case 0:
        return random;
      case 1:
        return random & 1 ? 0x7f : 0x80;
      case 2:
        return static_cast<uint8_t>(random & 1 ? 0xff : 0);
      default:
        return random & 3;
    }
  }
  template <class T>
  std::vector<T> vector(size_t n) {
    std::vector<T> values(n);
    uint8_t* bytes = reinterpret_cast<uint8_t*>(values.data());
    for (size_t i = 0; i < n * sizeof(T); ++i) bytes[i] = next();
    return values;
  }

 private:
  size_t kind_;
  uint64_t state_;
};

}  // namespace intlite::fuzz
