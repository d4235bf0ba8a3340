// softmax-inl.h: e^(x - max) and its sum, then a product. The order of the sum is that of XNNPACK
// 75db3c0, src/f32-raddstoreexpminusmax, whose vectors have 16 lanes or 8.

// e^x of x up to 0; 0 where that is no normal number.
inline F32 exp_below_zero(F32 x) {
  const F32 magic = set1(0x1.8000FEp23f);
  F32 n = fused(x, set1(kLog2E), magic);
  const F32 s = shifted_left(n, 23);
  n = n - magic;
  F32 t = fused(n, set1(-0x1.62E400p-1f), x);
  t = fused(n, set1(-0x1.7F7D1Cp-20f), t);
  const F32 p = polynomial(
      t, {0x1.0F9F9Cp-7f, 0x1.573A1Ap-5f, 0x1.555A80p-3f, 0x1.FFFDC6p-2f, 0x1.FFFFF6p-1f});
  return select(less(x, set1(-0x1.5D589Ep6f)), set1(0.0f), fused(t * s, p, s));
}

inline float greatest_of(const float* x, size_t n) {
  F32 most = set1(-__builtin_inff());
  size_t i = 0;
  for (; i + 16 <= n; i += 16) most = max(load(x + i), most);
  float lanes[16];
  store(lanes, most);
  float found = *std::max_element(lanes, lanes + 16);
  for (; i < n; ++i) found = std::max(found, x[i]);
  return found;
}

// The sum of the first n lanes, n a power of two: halves upon halves.
inline float sum_of_lanes(float* lanes, size_t n) {
  while ((n /= 2) != 0)
    for (size_t i = 0; i < n; ++i) lanes[i] += lanes[i + n];
  return lanes[0];
}

// Stores e^(x - most) and returns the sum. A block is four vectors, of which the first and third,
// and the second and fourth, have a sum each.
template <size_t kLanes>
float store_exponentials(const float* x, float* y, size_t n, F32 most) {
  F32 sums[2] = {set1(0.0f), set1(0.0f)};
  size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    INTLITE_UNROLL
    for (size_t k = 0; k < kLanes / 4; ++k) {
      const F32 e = exp_below_zero(load(x + i + 16 * k) - most);
      store(y + i + 16 * k, e);
      // Of vectors of 8 lanes a sum here has both.
      sums[kLanes == 16 ? k % 2 : 0] = sums[kLanes == 16 ? k % 2 : 0] + e;
    }
  }
  float lanes[16];
  store(lanes, kLanes == 16 ? sums[0] + sums[1] : sums[0]);
  if (kLanes == 8)
    for (size_t k = 0; k < 8; ++k) lanes[k] += lanes[8 + k];
  for (; i < n; i += kLanes) {
    const size_t some = std::min(kLanes, n - i);
    const F32 e = exp_below_zero(load_first(x + i, some) - most);
    store_first(y + i, e, some);
    for (size_t k = 0; k < some; ++k) lanes[k] += y[i + k];
  }
  return sum_of_lanes(lanes, kLanes);
}

void softmax_rows(const SoftmaxRowsArgs& args) {
  const size_t depth = args.depth;
  for (size_t row = 0; row < args.rows; ++row) {
    const float* x = args.input + row * depth;
    float* y = args.output + row * depth;
    const F32 most = set1(greatest_of(x, depth));
    const float sum = args.sixteen ? store_exponentials<16>(x, y, depth, most)
                                   : store_exponentials<8>(x, y, depth, most);
    const F32 scale = set1(1.0f / sum);
    size_t i = 0;
    for (; i + 16 <= depth; i += 16) store(y + i, load(y + i) * scale);
    if (i < depth) store_first(y + i, load_first(y + i, depth - i) * scale, depth - i);
  }
}
