// binary-inl.h: two float32 operands, 16 elements at a time.

// One of both kinds of operand: elements side by side, and one that repeats.
struct Elements {
  const float* p;
  F32 at(size_t i) const { return load(p + i); }
  F32 at(size_t i, size_t n) const { return load_first(p + i, n); }
};
struct Repeated {
  F32 value;
  F32 at(size_t) const { return value; }
  F32 at(size_t, size_t) const { return value; }
};

// NaN stays, as in std::min(std::max(x, low), high).
inline F32 clamp(F32 x, F32 low, F32 high) { return min(high, max(low, x)); }

// A function whose result has no bounds.
struct Unbounded {};
template <class F>
inline F32 bounded(F32 x, F32 low, F32 high) {
  return std::is_base_of_v<Unbounded, F> ? x : clamp(x, low, high);
}

template <class F, class Left, class Right>
void binary_row(Left left, Right right, const BinaryRowArgs& args) {
  float* output = reinterpret_cast<float*>(args.output);
  const F32 low = set1(args.low), high = set1(args.high);
  size_t i = 0;
  for (; i + 16 <= args.size; i += 16)
    store(output + i, bounded<F>(F::of(left.at(i), right.at(i)), low, high));
  if (const size_t n = args.size - i; n != 0)
    store_first(output + i, bounded<F>(F::of(left.at(i, n), right.at(i, n)), low, high), n);
}

template <class F>
void float_row(const BinaryRowArgs& args) {
  const float* left = reinterpret_cast<const float*>(args.left);
  const float* right = reinterpret_cast<const float*>(args.right);
  if (args.size == 0) return;
  if (args.left_repeats && args.right_repeats && args.size > 1) {
    BinaryRowArgs one = args;
    one.size = 1;
    float_row<F>(one);
    float* output = reinterpret_cast<float*>(args.output);
    std::fill(output + 1, output + args.size, output[0]);
  } else if (args.left_repeats) {
    args.size == 1 ? binary_row<F>(Elements{left}, Elements{right}, args)
                   : binary_row<F>(Repeated{set1(*left)}, Elements{right}, args);
  } else if (args.right_repeats) {
    binary_row<F>(Elements{left}, Repeated{set1(*right)}, args);
  } else {
    binary_row<F>(Elements{left}, Elements{right}, args);
  }
}

struct Sum {
  static F32 of(F32 a, F32 b) { return a + b; }
};
struct Difference {
  static F32 of(F32 a, F32 b) { return a - b; }
};
struct Product {
  static F32 of(F32 a, F32 b) { return a * b; }
};
struct Quotient {
  static F32 of(F32 a, F32 b) { return a / b; }
};
struct Greater {
  static F32 of(F32 a, F32 b) { return max(a, b); }
};
struct Lesser {
  static F32 of(F32 a, F32 b) { return min(a, b); }
};
struct SquaredDifference {
  static F32 of(F32 a, F32 b) { return (a - b) * (a - b); }
};
struct Prelu : Unbounded {
  static F32 of(F32 a, F32 b) { return select(less_equal(set1(0.0f), a), a, a * b); }
};

// Of plain loops, which become vector code.
template <class F>
void compare_row(const BinaryRowArgs& args) {
  const float* left = reinterpret_cast<const float*>(args.left);
  const float* right = reinterpret_cast<const float*>(args.right);
  uint8_t* output = args.output;
  const size_t size = args.size;  // bytes of the output might be it
  constexpr F compared{};
  if (args.left_repeats) {
    const float x = *left;
    const size_t step = args.right_repeats ? 0 : 1;
    for (size_t i = 0; i < size; ++i) output[i] = compared(x, right[i * step]);
  } else if (args.right_repeats) {
    const float y = *right;
    for (size_t i = 0; i < size; ++i) output[i] = compared(left[i], y);
  } else {
    for (size_t i = 0; i < size; ++i) output[i] = compared(left[i], right[i]);
  }
}

BinaryRow float_binary(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kAdd:
      return float_row<Sum>;
    case BinaryFunction::kSub:
      return float_row<Difference>;
    case BinaryFunction::kMul:
      return float_row<Product>;
    case BinaryFunction::kDiv:
      return float_row<Quotient>;
    case BinaryFunction::kMaximum:
      return float_row<Greater>;
    case BinaryFunction::kMinimum:
      return float_row<Lesser>;
    case BinaryFunction::kSquaredDifference:
      return float_row<SquaredDifference>;
    case BinaryFunction::kPrelu:
      return float_row<Prelu>;
    case BinaryFunction::kEqual:
      return compare_row<std::equal_to<float>>;
    case BinaryFunction::kNotEqual:
      return compare_row<std::not_equal_to<float>>;
    case BinaryFunction::kLess:
      return compare_row<std::less<float>>;
    case BinaryFunction::kLessEqual:
      return compare_row<std::less_equal<float>>;
    case BinaryFunction::kGreater:
      return compare_row<std::greater<float>>;
    case BinaryFunction::kGreaterEqual:
      return compare_row<std::greater_equal<float>>;
    default:
      return nullptr;
  }
}
