// real_rows-inl.h: from sums of quantized rows to float32. Included after stages-inl.h.
//
// Their matrix is packed for a zero point of -1, so that what stands for the bias is the sum of a
// column's weights, which each row multiplies by its own zero point.

// Of 16 columns.
template <RealFormula kFormula>
class RealEnd {
 public:
  INTLITE_INLINE RealEnd(const Epilogue& e, const int32_t* column_sums, size_t channel)
      : columns_(load(column_sums + channel)),
        scale_(load(e.fp32.data() + channel)),
        bias_(load(e.real_bias.data() + channel)),
        low_(set1(e.real.min)),
        high_(set1(e.real.max)) {
    if constexpr (kFormula == RealFormula::kColumnBlocks)
      in_blocks_ = load(e.column_first.data() + channel);
  }

  // Of sums that have the columns' in them once.
  INTLITE_INLINE F32 operator()(I32 sum, const QuantizedRow& row) const {
    const F32 x = to_float(sum + set1(row.correction) * columns_);
    // In this order NaN stays.
    return min(high_, max(low_, scaled(x, row)));
  }

 private:
  INTLITE_INLINE F32 scaled(F32 x, const QuantizedRow& row) const {
    const F32 of_row = set1(row.scale);
    if constexpr (kFormula == RealFormula::kFused) return fused(x * of_row, scale_, bias_);
    if constexpr (kFormula == RealFormula::kScalesFirst) return bias_ + x * (of_row * scale_);
    if constexpr (kFormula == RealFormula::kColumnFirst) return x * scale_ * of_row + bias_;
    if constexpr (kFormula == RealFormula::kOffset)
      return (set1(row.offset) * of_row * scale_ + bias_) + x * of_row * scale_;
    const Mask first = less(in_blocks_, set1(0));
    return x * select(first, scale_, of_row) * select(first, of_row, scale_) + bias_;
  }

  I32 columns_, in_blocks_ = set1(0);
  F32 scale_, bias_, low_, high_;
};

// Calls f with the formula as a type.
template <class F>
INTLITE_INLINE void by_formula(RealFormula formula, F f) {
  switch (formula) {
    case RealFormula::kFused:
      return f(std::integral_constant<RealFormula, RealFormula::kFused>());
    case RealFormula::kScalesFirst:
      return f(std::integral_constant<RealFormula, RealFormula::kScalesFirst>());
    case RealFormula::kColumnFirst:
      return f(std::integral_constant<RealFormula, RealFormula::kColumnFirst>());
    case RealFormula::kColumnBlocks:
      return f(std::integral_constant<RealFormula, RealFormula::kColumnBlocks>());
    case RealFormula::kOffset:
      return f(std::integral_constant<RealFormula, RealFormula::kOffset>());
  }
}

inline void store_reals(uint8_t* to, F32 y, size_t columns) {
  float* reals = reinterpret_cast<float*>(to);
  if (columns >= kLanes)
    store(reals, y);
  else
    store_first(reals, y, columns);
}

class RealStore {
 public:
  using Vector = F32;
  static constexpr size_t kValueBytes = sizeof(float);

  INTLITE_INLINE static void whole(uint8_t* to, Vector y) { store_reals(to, y, kLanes); }
  INTLITE_INLINE static void first(uint8_t* to, Vector y, size_t columns) {
    store_reals(to, y, columns);
  }
};

// What depthwise rows of one quantized image end with.
template <RealFormula kFormula>
class ImageEnd {
 public:
  using Store = RealStore;

  ImageEnd(const Epilogue& e, size_t channel, const QuantizedRow& image)
      : end_(e, e.bias.data(), channel), image_(image) {}

  INTLITE_INLINE void operator()(const I32* sums, F32 (&y)[kStagedVectors]) const {
    INTLITE_UNROLL
    for (int k = 0; k < kStagedVectors; ++k) y[k] = end_(sums[k], image_);
  }

 private:
  RealEnd<kFormula> end_;
  const QuantizedRow& image_;
};
