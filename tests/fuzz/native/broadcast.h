// broadcast.h: how two operands are stretched to one shape, drawn.
#pragma once

#include <algorithm>

#include "../../../csrc/kernels/broadcast.h"
#include "cases.h"

namespace intlite::fuzz {

// A broadcast and the elements that its operands have.
struct DrawnBroadcast {
  std::vector<BroadcastDimension> dimensions;
  size_t left = 1, right = 1;

  DrawnBroadcast(Bytes& bytes, bool without_gaps) {
    for (size_t i = 1 + bytes.below(4); i-- > 0;)
      dimensions.push_back({bytes.dimension(), bytes.dimension(), bytes.dimension()});
    if (bytes.flag()) pack(bytes);
    BroadcastDimension& inner = dimensions.back();
    if (without_gaps && inner.size > 1) {
      inner.left_stride = std::min<size_t>(inner.left_stride, 1);
      inner.right_stride = std::min<size_t>(inner.right_stride, 1);
    }
    size_t all = 1;
    for (const BroadcastDimension& d : dimensions) all = product({all, d.size});
    for (const BroadcastDimension& d : dimensions) {
      if (d.size == 0) continue;
      left += product({d.size - 1, d.left_stride});
      right += product({d.size - 1, d.right_stride});
    }
    left = product({left, 1}) + bytes.below(3);
    right = product({right, 1}) + bytes.below(3);
  }
  Broadcast broadcast() const {
    return {.left_size = left, .right_size = right, .dimensions = dimensions};
  }

 private:
  // Strides as of arrays in one piece, some operands repeating.
  void pack(Bytes& bytes) {
    size_t a = 1, b = 1;
    for (size_t i = dimensions.size(); i-- > 0;) {
      BroadcastDimension& d = dimensions[i];
      d.left_stride = bytes.below(4) == 0 ? 0 : a;
      d.right_stride = bytes.below(4) == 0 ? 0 : b;
      if (d.left_stride != 0) a = product({a, d.size});
      if (d.right_stride != 0) b = product({b, d.size});
    }
  }
};

}  // namespace intlite::fuzz
