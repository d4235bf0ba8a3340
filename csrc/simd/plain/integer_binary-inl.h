// integer_binary-inl.h: operators of two integers or bool, as plain loops, which become vector
// code.

template <class T>
struct IntegerFunctions {
  using U = std::make_unsigned_t<T>;

  // As the type wraps: of signed integers it would not be defined.
  static T sum(T a, T b) { return static_cast<T>(static_cast<U>(a) + static_cast<U>(b)); }
  static T difference(T a, T b) { return static_cast<T>(static_cast<U>(a) - static_cast<U>(b)); }
  static T product(T a, T b) {
    // In no less than unsigned: narrower ones would become signed integers.
    return static_cast<T>(static_cast<U>(1u * static_cast<U>(a) * static_cast<U>(b)));
  }
  static T squared_difference(T a, T b) { return product(difference(a, b), difference(a, b)); }
  // Divisors of 0 are refused before; but an operand's memory may be another's, who writes to it.
  static T quotient(T a, T b) {
    return b == 0 ? T{0} : b == -1 ? difference(0, a) : static_cast<T>(a / b);
  }
  static T remainder(T a, T b) { return b == 0 || b == -1 ? T{0} : static_cast<T>(a % b); }
  static T floor_quotient(T a, T b) {
    const bool down = remainder(a, b) != 0 && (a < 0) != (b < 0);
    return static_cast<T>(quotient(a, b) - T{down});
  }
  static T floor_remainder(T a, T b) {
    const T rest = remainder(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
  }
  // By squaring; b is not negative.
  static T power(T a, T b) {
    T result = 1;
    for (; b > 0; b = static_cast<T>(b >> 1), a = product(a, a))
      if (b & 1) result = product(result, a);
    return result;
  }
  // As double converts to int32: the least one for all beyond.
  static T bounded_power(T a, T b) {
    constexpr double kBeyond = 2147483648.0;
    double factor = static_cast<double>(a), result = 1;
    for (; b > 0; b = static_cast<T>(b >> 1), factor *= factor)
      if (b & 1) result *= factor;
    return std::abs(result) < kBeyond ? static_cast<T>(result) : std::numeric_limits<T>::min();
  }
};

// Calls f(left, right) of each pair. What repeats is one value.
template <class T, class R, class F>
INTLITE_INLINE void integer_pairs(const BinaryRowArgs& args, F f) {
  const T* left = reinterpret_cast<const T*>(args.left);
  const T* right = reinterpret_cast<const T*>(args.right);
  R* output = reinterpret_cast<R*>(args.output);
  const size_t size = args.size;  // bytes of the output might be it
  if (size == 0) return;
  const T x = *left, y = *right;
  if (args.left_repeats && args.right_repeats) {
    std::fill_n(output, size, static_cast<R>(f(x, y)));
  } else if (args.left_repeats) {
    for (size_t i = 0; i < size; ++i) output[i] = static_cast<R>(f(x, right[i]));
  } else if (args.right_repeats) {
    for (size_t i = 0; i < size; ++i) output[i] = static_cast<R>(f(left[i], y));
  } else {
    for (size_t i = 0; i < size; ++i) output[i] = static_cast<R>(f(left[i], right[i]));
  }
}

template <class T, T (*kFunction)(T, T)>
void integer_row(const BinaryRowArgs& args) {
  integer_pairs<T, T>(args, [](T a, T b) { return kFunction(a, b); });
}
template <class T, class F>
void integer_comparison(const BinaryRowArgs& args) {
  integer_pairs<T, uint8_t>(args, [](T a, T b) { return F{}(a, b); });
}

template <class T>
T greater_of(T a, T b) {
  return std::max(a, b);
}
template <class T>
T lesser_of(T a, T b) {
  return std::min(a, b);
}

template <class T>
BinaryRow integer_division(BinaryFunction function) {
  using F = IntegerFunctions<T>;
  switch (function) {
    case BinaryFunction::kFloorDiv:
      return integer_row<T, F::floor_quotient>;
    case BinaryFunction::kFloorMod:
      return integer_row<T, F::floor_remainder>;
    default:
      return nullptr;
  }
}

// Those that int32, int64 and bool have.
template <class T>
BinaryRow integer_choice(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kMaximum:
      return integer_row<T, greater_of<T>>;
    case BinaryFunction::kMinimum:
      return integer_row<T, lesser_of<T>>;
    case BinaryFunction::kEqual:
      return integer_comparison<T, std::equal_to<T>>;
    case BinaryFunction::kNotEqual:
      return integer_comparison<T, std::not_equal_to<T>>;
    default:
      return nullptr;
  }
}

template <class T>
BinaryRow integer_function(BinaryFunction function) {
  using F = IntegerFunctions<T>;
  switch (function) {
    case BinaryFunction::kAdd:
      return integer_row<T, F::sum>;
    case BinaryFunction::kSub:
      return integer_row<T, F::difference>;
    case BinaryFunction::kMul:
      return integer_row<T, F::product>;
    case BinaryFunction::kDiv:
      return integer_row<T, F::quotient>;
    case BinaryFunction::kSquaredDifference:
      return integer_row<T, F::squared_difference>;
    case BinaryFunction::kLess:
      return integer_comparison<T, std::less<T>>;
    case BinaryFunction::kLessEqual:
      return integer_comparison<T, std::less_equal<T>>;
    case BinaryFunction::kGreater:
      return integer_comparison<T, std::greater<T>>;
    case BinaryFunction::kGreaterEqual:
      return integer_comparison<T, std::greater_equal<T>>;
    case BinaryFunction::kPower:
      return integer_row<T, F::bounded_power>;
    case BinaryFunction::kPowerOfOne:
      return integer_row<T, F::power>;
    case BinaryFunction::kFloorDiv:
    case BinaryFunction::kFloorMod:
      return integer_division<T>(function);
    default:
      return integer_choice<T>(function);
  }
}

BinaryRow integer_binary(BinaryFunction function, ElementType type) {
  switch (type) {
    case ElementType::kBool:
      return integer_choice<uint8_t>(function);
    case ElementType::kInt8:
      return integer_division<int8_t>(function);
    case ElementType::kInt16:
      return integer_division<int16_t>(function);
    case ElementType::kInt32:
      return integer_function<int32_t>(function);
    case ElementType::kInt64:
      return integer_function<int64_t>(function);
    default:
      return nullptr;
  }
}
