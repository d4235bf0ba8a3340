// reduction-inl.h: a block of rows of float32 reduced to one, or one row to one number.

// What joins: of MAXIMUM and MINIMUM the first where none is greater, or where one is NaN.
template <ReductionFunction f>
inline F32 joined(F32 found, F32 x) {
  if constexpr (f == ReductionFunction::kSum) return found + x;
  if constexpr (f == ReductionFunction::kProduct) return found * x;
  if constexpr (f == ReductionFunction::kMaximum) return max(x, found);
  return min(x, found);
}
template <ReductionFunction f>
inline float joined(float found, float x) {
  if constexpr (f == ReductionFunction::kSum) return found + x;
  if constexpr (f == ReductionFunction::kProduct) return found * x;
  if constexpr (f == ReductionFunction::kMaximum) return x > found ? x : found;
  return x < found ? x : found;
}

// Sums of a block start from 0 where they are scaled.
template <ReductionFunction f>
void reduce_columns(const ReductionBlock& b) {
  const bool scales = b.order != SumOrder::kInOrder && f == ReductionFunction::kSum;
  for (size_t c = 0; c < b.columns; c += 16) {
    const size_t n = std::min<size_t>(16, b.columns - c);
    const F32 before = load_first(b.output + c, n);
    F32 found = scales ? set1(0.0f) : before;
    const float* x = b.input + c;
    if (n == 16)
      for (size_t row = 0; row < b.rows; ++row, x += b.stride) found = joined<f>(found, load(x));
    else
      for (size_t row = 0; row < b.rows; ++row, x += b.stride)
        found = joined<f>(found, load_first(x, n));
    if (scales) found = before + found * set1(b.scale);
    store_first(b.output + c, found, n);
  }
}

// XNNPACK 75db3c0, src/f32-rsum: blocks of 32 have two sums of 16 lanes, or four of 8 lanes.
inline float sum_of_row(const float* x, size_t n, bool sixteen) {
  F32 sums[2] = {set1(0.0f), set1(0.0f)};
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    sums[0] = sums[0] + load(x + i);
    sums[1] = sums[1] + load(x + i + 16);
  }
  float lanes[32];
  if (sixteen && i + 16 <= n) {
    sums[0] = sums[0] + load(x + i);
    i += 16;
  }
  store(lanes, sums[0]);
  store(lanes + 16, sums[1]);
  if (!sixteen) {
    for (size_t at = 0; i + 8 <= n; i += 8, at += 8)
      for (size_t k = 0; k < 8; ++k) lanes[at + k] += x[i + k];
  }
  for (size_t k = 0; k < 16; ++k) lanes[k] += lanes[16 + k];
  if (!sixteen)
    for (size_t k = 0; k < 8; ++k) lanes[k] += lanes[8 + k];
  for (size_t k = 0; i < n; ++i, ++k) lanes[k] += x[i];
  return sum_of_lanes(lanes, sixteen ? 16 : 8);
}

template <ReductionFunction f>
float reduce_row(const ReductionBlock& b) {
  const float* x = b.input;
  float found = *b.output;
  if (f == ReductionFunction::kSum && b.order == SumOrder::kSixteen)
    return std::fma(sum_of_row(x, b.columns, true), b.scale, found);
  if (f == ReductionFunction::kSum && b.order == SumOrder::kEight)
    return found + sum_of_row(x, b.columns, false) * b.scale;
  size_t i = 0;
  if (f == ReductionFunction::kMaximum || f == ReductionFunction::kMinimum) {
    F32 most = set1(found);
    for (; i + 16 <= b.columns; i += 16) most = joined<f>(most, load(x + i));
    float lanes[16];
    store(lanes, most);
    for (float lane : lanes) found = joined<f>(found, lane);
  }
  for (; i < b.columns; ++i) found = joined<f>(found, x[i]);
  return found;
}

template <ReductionFunction f>
void reduce(const ReductionBlock& b) {
  if (b.contiguous)
    *b.output = reduce_row<f>(b);
  else
    reduce_columns<f>(b);
}

void reduce_block(const ReductionBlock& b) {
  switch (b.function) {
    case ReductionFunction::kSum:
      return reduce<ReductionFunction::kSum>(b);
    case ReductionFunction::kProduct:
      return reduce<ReductionFunction::kProduct>(b);
    case ReductionFunction::kMaximum:
      return reduce<ReductionFunction::kMaximum>(b);
    case ReductionFunction::kMinimum:
      return reduce<ReductionFunction::kMinimum>(b);
  }
}
