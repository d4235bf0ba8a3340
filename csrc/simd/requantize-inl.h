// requantize-inl.h: numerics/requantize.h on 16 lanes. Included once per instruction set.

// What brings accumulators to the output's scale, with the numbers of 16 channels: here by a high
// product, shifted right: half up (ruy), or half away from zero (gemmlowp).
class FixedRescale {
 public:
  FixedRescale() : FixedRescale(set1(0), set1(0), set1(0), set1(0)) {}
  INTLITE_INLINE FixedRescale(const Epilogue& e, size_t channel, bool half = false)
      : FixedRescale(some(e.left_shift, channel, half), some(e.multiplier, channel, half),
                     some(e.right_shift, channel, half), some(e.half_away, channel, half)) {}

  INTLITE_INLINE I32 operator()(I32 acc) const {
    I32 high = rounding_doubling_high_mul(shift_left(acc, left_), multiplier_);
    // Half away: for negative values a tie must go down, so they are lowered by one first. A high
    // product is never INT32_MIN, so that cannot overflow.
    high = high + shift_right(high & half_away_, set1(31));
    // A shift of 0 leaves the value: a logical shift by -1 counts as 32 or more.
    return shift_right(high, right_) + (shift_right_logical(high, half_) & set1(1));
  }

 private:
  INTLITE_INLINE FixedRescale(I32 left, I32 multiplier, I32 right, I32 half_away)
      : left_(left),
        multiplier_(multiplier),
        right_(right),
        half_(right + set1(-1)),
        half_away_(half_away) {}

  INTLITE_INLINE static I32 some(const std::vector<int32_t>& numbers, size_t channel, bool half) {
    return half ? load_half_twice(numbers.data() + channel) : load(numbers.data() + channel);
  }

  I32 left_, multiplier_, right_, half_, half_away_;
};

// LiteRT's reference product in double.
class DoubleRescale {
 public:
  DoubleRescale() = default;
  DoubleRescale(const Epilogue& e, size_t channel, bool half = false) {
    const size_t columns = half ? kLanes / 2 : kLanes;
    for (size_t i = 0; i < kLanes; ++i) scale_[i] = e.fp64[channel + i % columns];
  }

  INTLITE_INLINE I32 operator()(I32 acc) const { return scale_f64_half_away(acc, scale_); }

 private:
  double scale_[kLanes] = {};
};

// From rescaled values to those stored, in the low bytes.
class Stored {
 public:
  explicit Stored(const OutputStage& out)
      : zero_point_(set1(out.zero_point)),
        min_(set1(out.min)),
        max_(set1(out.max)),
        flip_(set1(out.flip)) {}

  INTLITE_INLINE I32 operator()(I32 rescaled) const {
    return min(max(rescaled + zero_point_, min_), max_) ^ flip_;
  }

 private:
  I32 zero_point_, min_, max_, flip_;
};

// Accumulators of some rows and consecutive channels, without the bias, and where their bytes go.
struct FinishArgs {
  const Epilogue& epilogue;
  const int32_t* bias;  // one a channel, padded as the epilogue's arrays are
  const int32_t* acc;   // up to 15 past the last channel are read
  size_t acc_stride;
  const int32_t* terms;  // one a row, or null
  size_t rows;
  size_t first, channels;
  uint8_t* output;
  size_t output_stride;
};

// All but float products.
template <class Rescale>
void finish_rows_by(const FinishArgs& args) {
  const Stored stored(args.epilogue.output);
  for (size_t c = 0; c < args.channels; c += kLanes) {
    const Rescale rescale(args.epilogue, args.first + c);
    const I32 bias = load(args.bias + args.first + c);
    const int32_t *acc = args.acc + c, *terms = args.terms;
    const size_t columns = args.channels - c;
    uint8_t* out = args.output + c;
    for (size_t r = 0; r < args.rows; ++r, acc += args.acc_stride, out += args.output_stride) {
      I32 sum = load(acc) + bias;
      if (terms != nullptr) sum = sum + set1(terms[r]);
      const I32 value = stored(rescale(sum));
      if (columns >= kLanes) {
        store_low_bytes(out, value);
      } else {
        uint8_t some[kLanes];
        store_low_bytes(some, value);
        store_some(out, some, columns);
      }
    }
  }
}

// The float product of four vectors, XNNPACK's way. What float min leaves is at most
// `max`, so what saturates below is the lower end only.
template <bool kUnsigned>
inline Bytes finish_fp32(const I32 (&sum)[4], const F32 (&scale)[4], const OutputStage& out) {
  const F32 high = set1(static_cast<float>(out.max - out.zero_point));
  I32 x[4];
  INTLITE_UNROLL
  for (int k = 0; k < 4; ++k) x[k] = to_int_half_even(min(to_float(sum[k]) * scale[k], high));
  return to_bytes<kUnsigned>(x, out.zero_point, out.min, out.flip);
}

// Up to 16 * kVectors channels; with few of them, several rows at once.
template <bool kUnsigned, int kVectors>
void finish_columns_fp32(const FinishArgs& args, size_t first, size_t channels) {
  constexpr int kRows = kVectors == 1 ? 4 : kVectors == 2 ? 2 : 1;
  const Epilogue& e = args.epilogue;
  const int32_t* acc = args.acc + (first - args.first);
  const size_t stride = args.output_stride;
  uint8_t* output = args.output + (first - args.first);
  I32 bias[4];
  F32 scale[4];
  INTLITE_UNROLL
  for (int k = 0; k < 4; ++k) {
    const size_t c = first + static_cast<size_t>(k % kVectors) * kLanes;
    bias[k] = load(args.bias + c);
    scale[k] = load(e.fp32.data() + c);
  }
  for (size_t r = 0; r < args.rows; r += kRows) {
    I32 sum[4];
    INTLITE_UNROLL
    for (int k = 0; k < 4; ++k) {
      const size_t row = std::min(r + static_cast<size_t>(k / kVectors % kRows), args.rows - 1);
      const size_t c = static_cast<size_t>(k % kVectors) * kLanes;
      sum[k] = load(acc + row * args.acc_stride + c) + bias[k];
      if (args.terms != nullptr) sum[k] = sum[k] + set1(args.terms[row]);
    }
    const Bytes bytes = finish_fp32<kUnsigned>(sum, scale, e.output);
    uint8_t* out = output + r * stride;
    const size_t left = args.rows - r;
    store_bytes<0, kVectors>(out, bytes, channels);
    if constexpr (kRows > 1) {
      constexpr int kNext = kVectors;
      if (left > 1) store_bytes<kNext, kVectors>(out + stride, bytes, channels);
    }
    if constexpr (kRows > 2) {
      if (left > 2) store_bytes<2, kVectors>(out + 2 * stride, bytes, channels);
      if (left > 3) store_bytes<3, kVectors>(out + 3 * stride, bytes, channels);
    }
  }
}

template <bool kUnsigned>
void finish_rows_fp32(const FinishArgs& args) {
  for (size_t done = 0; done < args.channels; done += 4 * kLanes) {
    const size_t first = args.first + done, channels = std::min(args.channels - done, 4 * kLanes);
    switch ((channels + kLanes - 1) / kLanes) {
      case 1:
        finish_columns_fp32<kUnsigned, 1>(args, first, channels);
        break;
      case 2:
        finish_columns_fp32<kUnsigned, 2>(args, first, channels);
        break;
      case 3:
        finish_columns_fp32<kUnsigned, 3>(args, first, channels);
        break;
      default:
        finish_columns_fp32<kUnsigned, 4>(args, first, channels);
    }
  }
}

inline bool is_fp32(const Epilogue& e) { return e.rounding == Rounding::kFp32; }
inline bool is_double(const Epilogue& e) { return e.rounding == Rounding::kDouble; }

inline void finish_rows(const FinishArgs& args) {
  const Epilogue& e = args.epilogue;
  if (is_double(e))
    finish_rows_by<DoubleRescale>(args);
  else if (!is_fp32(e))
    finish_rows_by<FixedRescale>(args);
  else if (e.output.min < 0)
    finish_rows_fp32<false>(args);
  else
    finish_rows_fp32<true>(args);
}
