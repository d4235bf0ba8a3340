// fixed_binary-inl.h: two 8-bit operands in fixed point, 64 elements at a time. Included once per
// instruction set, after elementwise-inl.h.

class AffineSide {
 public:
  explicit AffineSide(const FixedSide& s)
      : upper_(set1(s.upper)),
        lower_(set1(s.lower)),
        bias_(set1(s.bias)),
        shift_(set1(s.shift)),
        offset_(set1(s.offset)) {}
  INTLITE_INLINE I32 operator()(I32 x) const {
    return x * upper_ + shift_right(x * lower_ + bias_, shift_) + offset_;
  }

 private:
  I32 upper_, lower_, bias_, shift_, offset_;
};

class RoundedSide {
 public:
  explicit RoundedSide(const FixedSide& s)
      : affine_(s),
        away_(set1(s.away)),
        half_(set1(s.half)),
        right_(set1(s.right)),
        flip_(set1(s.flip)) {}
  INTLITE_INLINE I32 operator()(I32 x) const {
    const I32 high = affine_(x);
    return shift_right(high + shift_right(high & away_, set1(31)) + half_, right_) ^ flip_;
  }

 private:
  AffineSide affine_;
  I32 away_, half_, right_, flip_;
};

class FixedOutput {
 public:
  explicit FixedOutput(const FixedBinaryParameters& p)
      : multiplier_(set1(p.multiplier)),
        away_(set1(p.away)),
        shift_(set1(p.shift)),
        nudge_(p.nudge) {}
  INTLITE_INLINE I32 operator()(I32 x) const {
    const I32 high = doubling_high_mul(x, multiplier_, nudge_);
    return shift_right(high + shift_right(x & away_, set1(31)), shift_);
  }

 private:
  I32 multiplier_, away_, shift_;
  int64_t nudge_;
};

template <class Side>
struct FixedSum {
  I32 upper, offset;
  Side right;
  FixedOutput output;

  explicit FixedSum(const FixedBinaryParameters& p)
      : upper(set1(p.left.upper)), offset(set1(p.offset)), right(p.right), output(p) {}
  INTLITE_INLINE I32 operator()(I32 x, I32 y) const {
    return output(x * upper + right(y) + offset);
  }
};

struct FixedProduct {
  I32 left, right;
  FixedOutput output;

  explicit FixedProduct(const FixedBinaryParameters& p)
      : left(set1(p.left_offset)), right(set1(p.right_offset)), output(p) {}
  INTLITE_INLINE I32 operator()(I32 x, I32 y) const { return output((x + left) * (y + right)); }
};

struct FixedSquare {
  RoundedSide left, right;
  FixedOutput output;

  explicit FixedSquare(const FixedBinaryParameters& p) : left(p.left), right(p.right), output(p) {}
  INTLITE_INLINE I32 operator()(I32 x, I32 y) const {
    const I32 difference = left(x) - right(y);
    return output(difference * difference);
  }
};

struct FixedPrelu {
  FixedProduct product;
  RoundedSide positive;
  I32 offset;

  explicit FixedPrelu(const FixedBinaryParameters& p)
      : product(p), positive(p.left), offset(set1(p.offset)) {}
  INTLITE_INLINE I32 operator()(I32 x, I32 y) const {
    const I32 from_0 = positive(x) + offset, below = product(x, y);
    return from_0 ^ ((from_0 ^ below) & shift_right(x + product.left, set1(31)));
  }
};

template <bool kEqual>
struct FixedComparison {
  RoundedSide left, right;
  I32 negated;

  explicit FixedComparison(const FixedBinaryParameters& p)
      : left(p.left), right(p.right), negated(set1(p.negated ? 1 : 0)) {}
  INTLITE_INLINE I32 operator()(I32 x, I32 y) const {
    const I32 a = left(x), b = right(y);
    return select(kEqual ? equal(a, b) : less(a, b), set1(1), set1(0)) ^ negated;
  }
};

template <bool kLeast>
struct FixedExtreme {
  explicit FixedExtreme(const FixedBinaryParameters&) {}
  INTLITE_INLINE I32 operator()(I32 x, I32 y) const { return kLeast ? min(x, y) : max(x, y); }
};

template <class T, class F>
void fixed_binary_run(const FixedBinaryArgs& args) {
  const FixedBinaryParameters& p = *args.parameters;
  const F f(p);
  const I32 high = set1(p.max);
  // Values from 0 to 255 end as signed ones moved by 128.
  const int32_t moved = p.min < 0 ? 0 : 128, flip = p.min < 0 ? 0 : 0x80;
  ElementwiseReader<T> left(args.left, args.left_repeats), right(args.right, args.right_repeats);
  for (size_t i = 0; i < args.size; i += 64) {
    const size_t some = std::min<size_t>(args.size - i, 64);
    const T *x = left.read(i, some), *y = right.read(i, some);
    I32 v[4];
    INTLITE_UNROLL
    for (size_t k = 0; k < 4; ++k)
      v[k] = min(f(load_widen(x + k * kLanes), load_widen(y + k * kLanes)), high);
    store_bytes<0, 4>(args.output + i, to_bytes<false>(v, -moved, p.min - moved, flip), some);
  }
}

template <class F>
void fixed_binary_by(const FixedBinaryArgs& args) {
  if (args.parameters->is_unsigned)
    fixed_binary_run<uint8_t, F>(args);
  else
    fixed_binary_run<int8_t, F>(args);
}

void fixed_binary(const FixedBinaryArgs& args) {
  switch (args.parameters->body) {
    case FixedBinaryBody::kSum:
      return fixed_binary_by<FixedSum<RoundedSide>>(args);
    case FixedBinaryBody::kAffineSum:
      return fixed_binary_by<FixedSum<AffineSide>>(args);
    case FixedBinaryBody::kProduct:
      return fixed_binary_by<FixedProduct>(args);
    case FixedBinaryBody::kSquare:
      return fixed_binary_by<FixedSquare>(args);
    case FixedBinaryBody::kPrelu:
      return fixed_binary_by<FixedPrelu>(args);
    case FixedBinaryBody::kLess:
      return fixed_binary_by<FixedComparison<false>>(args);
    case FixedBinaryBody::kEqual:
      return fixed_binary_by<FixedComparison<true>>(args);
    case FixedBinaryBody::kMaximum:
      return fixed_binary_by<FixedExtreme<false>>(args);
    case FixedBinaryBody::kMinimum:
      return fixed_binary_by<FixedExtreme<true>>(args);
  }
}
