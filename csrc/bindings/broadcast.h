// broadcast.h: how two operands are stretched to one shape, from Python.
#pragma once

#include <tuple>

#include "../kernels/broadcast.h"
#include "arguments.h"

namespace intlite {

// Python's (size, left stride, right stride) of each dimension.
using Dimensions = std::vector<std::tuple<size_t, size_t, size_t>>;

inline Broadcast take_broadcast(Arguments& a) {
  Broadcast broadcast{.left_size = a.get<size_t>("left_size"),
                      .right_size = a.get<size_t>("right_size"),
                      .dimensions = {}};
  size_t last_left = 0, last_right = 0, total = 1;
  for (const auto& [size, left, right] : a.get<Dimensions>("dimensions")) {
    total = checked_product(total, size);
    if (size != 0) {
      last_left += (size - 1) * left;
      last_right += (size - 1) * right;
    }
    broadcast.dimensions.push_back({.size = size, .left_stride = left, .right_stride = right});
  }
  require(!broadcast.dimensions.empty(), "a broadcast has at least one dimension");
  require(total == 0 || (last_left < broadcast.left_size && last_right < broadcast.right_size),
          "strides lead outside of an operand");
  return broadcast;
}

// Of operands whose innermost dimension has no gaps.
inline Broadcast take_dense_broadcast(Arguments& a) {
  Broadcast broadcast = take_broadcast(a);
  const BroadcastDimension& inner = broadcast.dimensions.back();
  require(inner.size <= 1 || (inner.left_stride <= 1 && inner.right_stride <= 1),
          "the innermost dimension has gaps");
  return broadcast;
}

}  // namespace intlite
