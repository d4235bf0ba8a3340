// fixed_binary_int16-inl.h: two int16 operands in fixed point, 16 elements at a time. Included once
// per instruction set, after stages-inl.h.

class Int16Factor {
 public:
  explicit Int16Factor(const FixedInt16Factor& f)
      : before_(set1(f.before)), rescale_(f.left, f.multiplier, f.right, f.away) {}
  INTLITE_INLINE I32 operator()(I32 x) const { return rescale_(shift_right(x, before_)); }

 private:
  I32 before_;
  FixedRescale rescale_;
};

// An operand's next 16 elements; where fewer are left, or one repeats, a copy of them.
class Int16Reader {
 public:
  Int16Reader(const uint8_t* from, bool repeats)
      : from_(reinterpret_cast<const int16_t*>(from)), repeats_(repeats) {
    std::fill_n(copy_, kLanes, repeats ? *from_ : int16_t{0});
  }
  INTLITE_INLINE I32 read(size_t at, size_t left) {
    if (repeats_) return load_widen(copy_);
    if (left >= kLanes) return load_widen(from_ + at);
    std::copy_n(from_ + at, left, copy_);
    return load_widen(copy_);
  }

 private:
  const int16_t* from_;
  bool repeats_;
  int16_t copy_[kLanes];
};

// One loop for both: a branch costs little beside what a second one does of code.
void fixed_binary_int16(const FixedInt16Args& args) {
  const FixedInt16Parameters& p = *args.parameters;
  const Int16Factor left(p.left), right(p.right), output(p.output);
  const bool is_product = p.is_product;
  const I32 low = set1(p.min), high = set1(p.max);
  // -x is ~x + 1.
  const I32 flip = set1(p.negated ? -1 : 0), one = set1(p.negated ? 1 : 0);
  Int16Reader xs(args.left, args.left_repeats), ys(args.right, args.right_repeats);
  int16_t* to = reinterpret_cast<int16_t*>(args.output);
  for (size_t i = 0; i < args.size; i += kLanes) {
    const size_t some = args.size - i;
    const I32 x = xs.read(i, some), y = ys.read(i, some);
    const I32 value = output(is_product ? x * y : left(x) + (right(y) ^ flip) + one);
    const I32 stored = min(max(value, low), high);
    if (some >= kLanes) {
      store_low_words(to + i, stored);
      continue;
    }
    int16_t last[kLanes];
    store_low_words(last, stored);
    std::copy_n(last, some, to + i);
  }
}
