// quantize_rows-inl.h: rows of float32 as bytes, each by its own extremes. NaN counts for nothing
// among them, and becomes the upper end.

struct RowExtremes {
  float low, high;  // 0 at most, 0 at least
};

inline RowExtremes row_extremes(const float* x, size_t count) {
  constexpr size_t kChains = 2;
  F32 low[kChains], high[kChains];
  INTLITE_UNROLL
  for (size_t k = 0; k < kChains; ++k) low[k] = high[k] = set1(0.0f);
  // In this order a NaN leaves what was.
  const auto take = [&](size_t k, F32 v) INTLITE_INLINE_LAMBDA {
    low[k] = min(v, low[k]);
    high[k] = max(v, high[k]);
  };
  size_t i = 0;
  for (; i + kChains * 16 <= count; i += kChains * 16) {
    INTLITE_UNROLL
    for (size_t k = 0; k < kChains; ++k) take(k, load(x + i + k * 16));
  }
  for (; i + 16 <= count; i += 16) take(0, load(x + i));
  if (i < count) take(1, load_first(x + i, count - i));
  return {least_lane(min(low[0], low[1])), greatest_lane(max(high[0], high[1]))};
}

// Where an end of the row comes nearer to a whole number, that is its zero point.
template <class Real>
inline Real nearest_zero_point(Real low, Real high, bool is_low) {
  const Real nearest = is_low ? Real{-128} - low : Real{127} - high;
  return nearest > Real{-128} ? std::min(nearest, Real{127}) : Real{-128};
}

inline QuantizedRow measured(RowExtremes row, RowRounding rounding) {
  const float greatest = std::max(row.high, -row.low);
  const float divisor = greatest == 0.0f ? 127.0f : greatest;
  const float span = row.high - row.low;
  switch (rounding) {
    case RowRounding::kSymmetric:
      return {127.0f / divisor, divisor / 127.0f, 0, 0.0f};
    case RowRounding::kSymmetricHalfAway:
      return {static_cast<float>(127 / double{divisor}), static_cast<float>(double{divisor} / 127),
              0, 0.0f};
    case RowRounding::kAsymmetric: {
      const double scale = span == 0.0f ? 1.0 : double{span} / 255;
      const double low = row.low / scale, high = row.high / scale;
      const bool is_low = 128 + std::abs(low) < 127 + std::abs(high);
      const float narrow = static_cast<float>(scale);
      return {static_cast<float>(1 / double{narrow}), narrow,
              static_cast<int32_t>(std::round(nearest_zero_point(low, high, is_low))), 0.0f};
    }
    case RowRounding::kHalfEven: {
      const float factor = span == 0.0f ? 1.0f : 255.0f / span;
      const float low = row.low * factor, high = row.high * factor;
      const bool is_low = (-128.0f + low) + (127.0f + high) > 0.0f;
      return {factor, 1.0f / factor, round_even_to_int32(nearest_zero_point(low, high, is_low)),
              0.0f};
    }
  }
  return {};
}

// So many of the 16 lie in whole blocks.
template <RowRounding R>
INTLITE_INLINE I32 rounded_values(F32 x, F32 factor, size_t in_blocks) {
  // What lies beyond saturates later; NaN and what int32 can't hold does so here.
  const F32 y = min(x * factor, set1(1024.0f));
  if constexpr (R == RowRounding::kHalfEven) return to_int_half_even(y);
  if constexpr (R == RowRounding::kSymmetricHalfAway) return to_int_half_away(y);
  const I32 half = (bits(y) & set1(INT32_MIN)) | bits(set1(0.5f));
  const I32 cut = to_int_toward_zero(y + floats(half));
  if (in_blocks >= 16) return cut;
  const int32_t count = static_cast<int32_t>(in_blocks);
  const int32_t lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return select(less(load(lanes), set1(count)), cut, to_int_half_away(y));
}

template <RowRounding R>
void quantize_some_by(const QuantizeSomeArgs& args) {
  constexpr size_t kVectors = static_cast<size_t>(kStagedVectors), kValues = kVectors * 16;
  constexpr bool kSymmetric = R == RowRounding::kSymmetric || R == RowRounding::kSymmetricHalfAway;
  const F32 factor = set1(args.row->factor);
  const int32_t zero_point = args.row->zero_point - args.flip;
  const ByteLimits limits = make_byte_limits(zero_point, kSymmetric ? -127 : -128, args.flip);
  const float* x = args.input;
  uint8_t* to = args.output;
  const auto left = [](size_t n, size_t done) { return n > done ? n - done : 0; };
  for (size_t i = 0; i < args.count; i += kValues) {
    I32 q[kVectors];
    Bytes16 y[kVectors];
    const size_t count = args.count - i;
    if (count >= kValues && args.in_blocks >= i + kValues) {
      INTLITE_UNROLL
      for (size_t k = 0; k < kVectors; ++k)
        q[k] = rounded_values<R>(load(x + i + k * 16), factor, 16);
    } else {
      INTLITE_UNROLL
      for (size_t k = 0; k < kVectors; ++k) {
        const size_t done = k * 16;
        q[k] = rounded_values<R>(
            load_first(x + i + std::min(done, count), std::min<size_t>(left(count, done), 16)),
            factor, left(args.in_blocks, i + done));
      }
    }
    to_bytes16(q, limits, y);
    INTLITE_UNROLL
    for (size_t k = 0; k < kVectors; ++k)
      if (k * 16 < count) store_bytes16(to + i + k * 16, y[k]);
  }
}

void quantize_some(const QuantizeSomeArgs& args) {
  switch (args.rounding) {
    case RowRounding::kSymmetric:
      return quantize_some_by<RowRounding::kSymmetric>(args);
    case RowRounding::kAsymmetric:
      return quantize_some_by<RowRounding::kAsymmetric>(args);
    case RowRounding::kSymmetricHalfAway:
      return quantize_some_by<RowRounding::kSymmetricHalfAway>(args);
    case RowRounding::kHalfEven:
      return quantize_some_by<RowRounding::kHalfEven>(args);
  }
}

// -7 * the sum of a row's values.
inline float offset_of_row(const uint8_t* q, size_t count, uint8_t flip) {
  int32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += static_cast<int8_t>(q[i] ^ flip);
  return static_cast<float>(wrap_int32(int64_t{-7} * sum));
}

void quantize_rows(const QuantizeRowsArgs& args) {
  for (size_t r = 0; r < args.rows; ++r) {
    const float* x = args.input + r * args.depth;
    QuantizedRow row = measured(row_extremes(x, args.depth), args.rounding);
    row.zero_point += args.flip;
    if (args.output != nullptr) {
      uint8_t* to = args.output + r * args.output_stride;
      quantize_some({.input = x,
                     .count = args.depth,
                     .in_blocks = args.depth / kRoundedBlock * kRoundedBlock,
                     .row = &row,
                     .rounding = args.rounding,
                     .flip = args.flip,
                     .output = to});
      if (args.rounding == RowRounding::kSymmetricHalfAway)
        row.offset = offset_of_row(to, args.depth, args.flip);
    }
    args.quantized[r] = row;
  }
}
