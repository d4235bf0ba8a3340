// cast-inl.h: small types go by way of int32, the others as they are.

// Every value of T, in as few types.
template <class T>
using Widened =
    std::conditional_t<std::is_floating_point_v<T> || sizeof(T) == 8, T,
                       std::conditional_t<std::is_same_v<T, uint32_t>, int64_t, int32_t>>;

// The integer next to x towards 0, or the nearest that there is. One choice after the other becomes
// vector code.
template <class To, class From>
To saturated(From x, To of_nan) {
  using Limits = std::numeric_limits<To>;
  // The bound above is a power of two, so that every float type has it.
  constexpr From kLow = static_cast<From>(Limits::min());
  constexpr From kBeyond = static_cast<From>(Limits::max() / 2 + 1) * 2;
  using Wide =
      std::conditional_t<(sizeof(To) < 4 || std::is_same_v<To, int32_t>), int32_t, int64_t>;
  From inside = x >= kLow ? x : From{0};
  inside = inside < kBeyond ? inside : From{0};
  Wide y = static_cast<Wide>(inside);
  y = x >= kBeyond ? Wide{Limits::max()} : y;
  y = x < kLow ? Wide{Limits::min()} : y;
  y = x == x ? y : Wide{of_nan};
  return static_cast<To>(y);
}

template <class To, class From>
void cast_values(const From* x, size_t size, bool nan_is_zero, uint8_t* output) {
  if constexpr (std::is_same_v<To, Bool>) {
    for (size_t i = 0; i < size; ++i) output[i] = x[i] != From{0};
  } else {
    To* y = reinterpret_cast<To*>(output);
    [[maybe_unused]] const To of_nan = nan_is_zero ? To{0} : std::numeric_limits<To>::max();
    for (size_t i = 0; i < size; ++i) {
      if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>)
        y[i] = saturated<To>(x[i], of_nan);
      else
        y[i] = static_cast<To>(x[i]);
    }
  }
}

template <class From>
void cast_from(const From* x, size_t size, ElementType to, bool nan_is_zero, uint8_t* output) {
  switch (to) {
    case ElementType::kBool:
      return cast_values<Bool>(x, size, nan_is_zero, output);
    case ElementType::kInt8:
      return cast_values<int8_t>(x, size, nan_is_zero, output);
    case ElementType::kUint8:
      return cast_values<uint8_t>(x, size, nan_is_zero, output);
    case ElementType::kInt16:
      return cast_values<int16_t>(x, size, nan_is_zero, output);
    case ElementType::kUint16:
      return cast_values<uint16_t>(x, size, nan_is_zero, output);
    case ElementType::kInt32:
      return cast_values<int32_t>(x, size, nan_is_zero, output);
    case ElementType::kUint32:
      return cast_values<uint32_t>(x, size, nan_is_zero, output);
    case ElementType::kInt64:
      return cast_values<int64_t>(x, size, nan_is_zero, output);
    case ElementType::kFloat32:
      return cast_values<float>(x, size, nan_is_zero, output);
    case ElementType::kFloat64:
      return cast_values<double>(x, size, nan_is_zero, output);
  }
}

template <class From>
void cast_blocks(const CastArgs& args) {
  const From* x = reinterpret_cast<const From*>(args.input);
  if constexpr (std::is_same_v<From, Widened<From>>) {
    cast_from(x, args.size, args.to, args.nan_is_zero, args.output);
  } else {
    constexpr size_t kBlock = 256;
    const size_t bytes = bytes_of(args.to);
    Widened<From> block[kBlock];
    for (size_t first = 0; first < args.size; first += kBlock) {
      const size_t some = std::min(args.size - first, kBlock);
      for (size_t i = 0; i < some; ++i) block[i] = x[first + i];
      cast_from(block, some, args.to, args.nan_is_zero, args.output + first * bytes);
    }
  }
}

void cast(const CastArgs& args) {
  switch (args.from) {
    case ElementType::kBool:
      return cast_blocks<Bool>(args);
    case ElementType::kInt8:
      return cast_blocks<int8_t>(args);
    case ElementType::kUint8:
      return cast_blocks<uint8_t>(args);
    case ElementType::kInt16:
      return cast_blocks<int16_t>(args);
    case ElementType::kUint16:
      return cast_blocks<uint16_t>(args);
    case ElementType::kInt32:
      return cast_blocks<int32_t>(args);
    case ElementType::kUint32:
      return cast_blocks<uint32_t>(args);
    case ElementType::kInt64:
      return cast_blocks<int64_t>(args);
    case ElementType::kFloat32:
      return cast_blocks<float>(args);
    case ElementType::kFloat64:
      return cast_blocks<double>(args);
  }
}
