// element_types.h: numpy's types of elements, as the kernels of plain numbers have them.
#pragma once

#include "../simd/plain/element_type.h"
#include "arguments.h"

namespace intlite {

// Throws std::invalid_argument for a type that is not one of these.
inline ElementType take_element_type(Arguments& a, const char* name,
                                     std::initializer_list<ElementType> types) {
  const auto dtype = a.get<py::dtype>(name);
  const auto is = [&dtype](ElementType type) {
    switch (type) {
      case ElementType::kBool:
        return is_dtype<bool>(dtype);
      case ElementType::kInt8:
        return is_dtype<int8_t>(dtype);
      case ElementType::kUint8:
        return is_dtype<uint8_t>(dtype);
      case ElementType::kInt16:
        return is_dtype<int16_t>(dtype);
      case ElementType::kUint16:
        return is_dtype<uint16_t>(dtype);
      case ElementType::kInt32:
        return is_dtype<int32_t>(dtype);
      case ElementType::kUint32:
        return is_dtype<uint32_t>(dtype);
      case ElementType::kInt64:
        return is_dtype<int64_t>(dtype);
      case ElementType::kFloat32:
        return is_dtype<float>(dtype);
      case ElementType::kFloat64:
        return is_dtype<double>(dtype);
    }
    return false;
  };
  for (const ElementType type : types)
    if (is(type)) return type;
  throw std::invalid_argument("there is no kernel of this type");
}

// The bytes of an integer by which a place is named.
inline size_t take_index_bytes(Arguments& a, const char* name, size_t least = 4) {
  const size_t bytes = a.get<size_t>(name);
  require((bytes == 2 || bytes == 4 || bytes == 8) && bytes >= least,
          "indices must be int16, int32 or int64");
  return bytes;
}

// Sizes whose product is that of a tensor, of elements of up to 8 bytes.
inline void check_sizes(std::initializer_list<size_t> sizes) {
  size_t all = 8;
  for (const size_t size : sizes) all = checked_product(all, size);
}

}  // namespace intlite
