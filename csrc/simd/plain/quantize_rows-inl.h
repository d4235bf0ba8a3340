// quantize_rows-inl.h: rows of float32 as bytes, each by its own extremes. NaN counts for nothing
// among them, and becomes the upper end.

// Rows that are measured together.
constexpr size_t kMeasuredRows = 16;
struct MeasuredRows {
  float low[kMeasuredRows], high[kMeasuredRows];  // 0 at most, 0 at least
};

INTLITE_INLINE void measure_row(const float* x, size_t count, MeasuredRows& rows, size_t r) {
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
  if (i + 16 <= count) {
    take(0, load(x + i));
    i += 16;
  }
  if (i < count) take(1, load_first(x + i, count - i));
  rows.low[r] = least_lane(min(low[0], low[1]));
  rows.high[r] = greatest_lane(max(high[0], high[1]));
}

// By the end of the row whose value comes nearer to a whole number.
inline double nearest_zero_point(double low, double high) {
  const bool is_low = 128 + std::abs(low) < 127 + std::abs(high);
  const double nearest = is_low ? -128 - low : 127 - high;
  return nearest > -128 ? std::min(nearest, 127.0) : -128;
}

inline QuantizedRow measured(float low, float high, RowRounding rounding) {
  const float greatest = std::max(high, -low);
  const float divisor = greatest == 0.0f ? 127.0f : greatest;
  if (rounding == RowRounding::kSymmetric) return {127.0f / divisor, divisor / 127.0f, 0, 0, 0.0f};
  if (rounding == RowRounding::kSymmetricHalfAway)
    return {static_cast<float>(127 / double{divisor}), static_cast<float>(double{divisor} / 127), 0,
            0, 0.0f};
  const float span = high - low;
  const double scale = span == 0.0f ? 1.0 : double{span} / 255;
  const float narrow = static_cast<float>(scale);
  const double zero_point = std::round(nearest_zero_point(low / scale, high / scale));
  return {static_cast<float>(1 / double{narrow}), narrow, static_cast<int32_t>(zero_point), 0,
          0.0f};
}

// XNNPACK's, of all rows at once.
inline void measure_half_even(const MeasuredRows& rows, QuantizedRow (&to)[kMeasuredRows]) {
  const F32 low = load(rows.low), high = load(rows.high), span = high - low;
  const F32 factor = select(equal(span, set1(0.0f)), set1(1.0f), set1(255.0f) / span);
  const F32 below = low * factor, above = high * factor;
  const Mask is_low = less(set1(0.0f), (set1(-128.0f) + below) + (set1(127.0f) + above));
  const F32 nearest = select(is_low, set1(-128.0f) - below, set1(127.0f) - above);
  // In this order NaN becomes the lower end.
  const F32 within = min(max(nearest, set1(-128.0f)), set1(127.0f));
  float factors[kMeasuredRows], scales[kMeasuredRows];
  int32_t zero_points[kMeasuredRows];
  store(factors, factor);
  store(scales, set1(1.0f) / factor);
  store(zero_points, to_int_half_even(within));
  for (size_t r = 0; r < kMeasuredRows; ++r)
    to[r] = {factors[r], scales[r], zero_points[r], 0, 0.0f};
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
INTLITE_INLINE void quantize_some_by(const QuantizeSomeArgs& args) {
  constexpr size_t kVectors = static_cast<size_t>(kStagedVectors), kValues = kVectors * 16;
  constexpr bool kSymmetric = R == RowRounding::kSymmetric || R == RowRounding::kSymmetricHalfAway;
  constexpr int32_t kLow = kSymmetric ? -127 : -128;
  const F32 factor = set1(args.row->factor);
  const int32_t zero_point = args.row->zero_point - args.flip;
  const ByteLimits limits = make_byte_limits(zero_point, kLow, args.flip);
  const float* x = args.input;
  uint8_t* to = args.output;
  const size_t whole = R == RowRounding::kHalfEven ? args.count : args.in_blocks;
  size_t i = 0;
  for (; i + kValues <= args.count && i + kValues <= whole; i += kValues) {
    I32 q[kVectors];
    Bytes16 y[kVectors];
    INTLITE_UNROLL
    for (size_t k = 0; k < kVectors; ++k)
      q[k] = rounded_values<R>(load(x + i + k * 16), factor, 16);
    to_bytes16(q, limits, y);
    INTLITE_UNROLL
    for (size_t k = 0; k < kVectors; ++k) store_bytes16(to + i + k * 16, y[k]);
  }
  for (; i < args.count; i += 16) {
    const size_t left = args.count - i;
    const F32 v = left >= 16 ? load(x + i) : load_first(x + i, left);
    const I32 q = rounded_values<R>(v, factor, whole > i ? whole - i : 0);
    const I32 moved = max(q, set1(-1024)) + set1(zero_point);
    store_low_bytes(to + i, min(max(moved, set1(kLow)), set1(127)) ^ set1(args.flip));
  }
}

// -7 * the sum of a row's values.
inline float offset_of_row(const uint8_t* q, size_t count, uint8_t flip) {
  int32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += static_cast<int8_t>(q[i] ^ flip);
  return static_cast<float>(wrap_int32(int64_t{-7} * sum));
}

template <RowRounding R>
void quantize_rows_by(const QuantizeRowsArgs& args) {
  for (size_t first = 0; first < args.rows; first += kMeasuredRows) {
    const size_t some = std::min(args.rows - first, kMeasuredRows);
    const float* input = args.input + first * args.depth;
    MeasuredRows rows{};
    for (size_t r = 0; r < some; ++r) measure_row(input + r * args.depth, args.depth, rows, r);
    QuantizedRow found[kMeasuredRows];
    if constexpr (R == RowRounding::kHalfEven)
      measure_half_even(rows, found);
    else
      for (size_t r = 0; r < some; ++r) found[r] = measured(rows.low[r], rows.high[r], R);
    for (size_t r = 0; r < some; ++r) {
      QuantizedRow& row = args.quantized[first + r];
      row = found[r];
      row.zero_point += args.flip;
      row.correction = -row.zero_point - 1;
      if (args.output == nullptr) continue;
      uint8_t* to = args.output + (first + r) * args.output_stride;
      quantize_some_by<R>({.input = input + r * args.depth,
                           .count = args.depth,
                           .in_blocks = args.depth / kRoundedBlock * kRoundedBlock,
                           .row = &row,
                           .rounding = R,
                           .flip = args.flip,
                           .output = to});
      if constexpr (R == RowRounding::kSymmetricHalfAway)
        row.offset = offset_of_row(to, args.depth, args.flip);
    }
  }
}

// Calls f with the rounding as a type.
template <class F>
inline void by_rounding(RowRounding rounding, F f) {
  switch (rounding) {
    case RowRounding::kSymmetric:
      return f(std::integral_constant<RowRounding, RowRounding::kSymmetric>());
    case RowRounding::kAsymmetric:
      return f(std::integral_constant<RowRounding, RowRounding::kAsymmetric>());
    case RowRounding::kSymmetricHalfAway:
      return f(std::integral_constant<RowRounding, RowRounding::kSymmetricHalfAway>());
    case RowRounding::kHalfEven:
      return f(std::integral_constant<RowRounding, RowRounding::kHalfEven>());
  }
}

void quantize_some(const QuantizeSomeArgs& args) {
  by_rounding(args.rounding, [&](auto r) { quantize_some_by<decltype(r)::value>(args); });
}

void quantize_rows(const QuantizeRowsArgs& args) {
  by_rounding(args.rounding, [&](auto r) { quantize_rows_by<decltype(r)::value>(args); });
}
