// element_type.h: what elements of plain tensors are.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

enum class ElementType : int {
  kBool,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kFloat32,
  kFloat64,
};

// A bool in a tensor: files may hold other bytes than 0 and 1.
struct Bool {
  uint8_t byte;
  operator bool() const { return byte != 0; }
};

template <class T>
inline constexpr ElementType kTypeOf = ElementType::kBool;
template <>
inline constexpr ElementType kTypeOf<int8_t> = ElementType::kInt8;
template <>
inline constexpr ElementType kTypeOf<uint8_t> = ElementType::kUint8;
template <>
inline constexpr ElementType kTypeOf<int16_t> = ElementType::kInt16;
template <>
inline constexpr ElementType kTypeOf<uint16_t> = ElementType::kUint16;
template <>
inline constexpr ElementType kTypeOf<int32_t> = ElementType::kInt32;
template <>
inline constexpr ElementType kTypeOf<uint32_t> = ElementType::kUint32;
template <>
inline constexpr ElementType kTypeOf<int64_t> = ElementType::kInt64;
template <>
inline constexpr ElementType kTypeOf<float> = ElementType::kFloat32;
template <>
inline constexpr ElementType kTypeOf<double> = ElementType::kFloat64;

constexpr size_t bytes_of(ElementType type) {
  switch (type) {
    case ElementType::kBool:
    case ElementType::kInt8:
    case ElementType::kUint8:
      return 1;
    case ElementType::kInt16:
    case ElementType::kUint16:
      return 2;
    case ElementType::kInt32:
    case ElementType::kUint32:
    case ElementType::kFloat32:
      return 4;
    case ElementType::kInt64:
    case ElementType::kFloat64:
      break;
  }
  return 8;
}

}  // namespace intlite
