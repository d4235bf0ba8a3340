// element_type.h: the types of plain numbers, and code for each of them.
#pragma once

#include <type_traits>

#include "../../simd/plain/element_type.h"

namespace intlite {

// Calls f(T{}) of the one of these types that `type` names; their order is that of trial.
template <class First, class... Rest, class F>
void with_type(ElementType type, F f) {
  if constexpr (sizeof...(Rest) == 0)
    f(First{});
  else
    type == kTypeOf<First> ? f(First{}) : with_type<Rest...>(type, f);
}

// In the type's own width: of signed integers it would not be defined.
template <class T>
T wrapping_sum(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a + b;
  } else {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  }
}

}  // namespace intlite
