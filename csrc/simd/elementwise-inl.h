// elementwise-inl.h: sums and products of two 8-bit operands, 64 elements at a time.
// Included once per instruction set.

template <class T>
struct SumOf {
  I32 left, right, bias, shift, high;

  explicit SumOf(const ElementwiseParameters& p)
      : left(set1(p.left_factor)),
        right(set1(p.right_factor)),
        bias(set1(p.bias)),
        shift(set1(p.shift)),
        high(set1(p.output.max - p.output.zero_point)) {}
  I32 operator()(const T* x, const T* y) const {
    const I32 sum = load_widen(x) * left + load_widen(y) * right + bias;
    return min(shift_right(sum, shift), high);
  }
};

template <class T>
struct ProductOf {
  I32 left, right;
  F32 scale, high;

  explicit ProductOf(const ElementwiseParameters& p)
      : left(set1(-p.left_zero_point)),
        right(set1(-p.right_zero_point)),
        scale(set1(p.scale)),
        high(set1(static_cast<float>(p.output.max - p.output.zero_point))) {}
  I32 operator()(const T* x, const T* y) const {
    const I32 product = (load_widen(x) + left) * (load_widen(y) + right);
    return to_int_half_even(min(to_float(product) * scale, high));
  }
};

// An operand's next 64 elements; where fewer are left, or one repeats, a copy of them.
template <class T>
class ElementwiseReader {
 public:
  ElementwiseReader(const uint8_t* from, bool repeats) : from_(from), repeats_(repeats) {
    std::memset(copy_, repeats ? *from : 0, sizeof(copy_));
  }
  const T* read(size_t at, size_t left) {
    if (repeats_) return reinterpret_cast<const T*>(copy_);
    if (left >= sizeof(copy_)) return reinterpret_cast<const T*>(from_ + at);
    std::memcpy(copy_, from_ + at, left);
    return reinterpret_cast<const T*>(copy_);
  }

 private:
  const uint8_t* from_;
  bool repeats_;
  uint8_t copy_[64];
};

template <class T, template <class> class F>
void elementwise_run(const ElementwiseArgs& args) {
  const OutputStage& out = args.parameters->output;
  const F<T> f(*args.parameters);
  ElementwiseReader<T> left(args.left, args.left_repeats), right(args.right, args.right_repeats);
  for (size_t i = 0; i < args.size; i += 64) {
    const size_t some = std::min<size_t>(args.size - i, 64);
    const T *x = left.read(i, some), *y = right.read(i, some);
    I32 v[4];
    INTLITE_UNROLL
    for (size_t k = 0; k < 4; ++k) v[k] = f(x + k * kLanes, y + k * kLanes);
    const Bytes bytes = to_bytes<std::is_unsigned<T>::value>(v, out.zero_point, out.min, out.flip);
    store_bytes<0, 4>(args.output + i, bytes, some);
  }
}

void add(const ElementwiseArgs& args) {
  if (args.parameters->is_unsigned)
    elementwise_run<uint8_t, SumOf>(args);
  else
    elementwise_run<int8_t, SumOf>(args);
}

void multiply(const ElementwiseArgs& args) {
  if (args.parameters->is_unsigned)
    elementwise_run<uint8_t, ProductOf>(args);
  else
    elementwise_run<int8_t, ProductOf>(args);
}
