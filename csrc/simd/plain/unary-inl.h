// unary-inl.h: functions of float32, 16 elements at a time.
//
// Polynomials, tables and their order of operations are those of XNNPACK 75db3c0, src/f32-v*, for
// processors that fuse multiply-adds: each step rounds as it does there.

inline F32 negated(F32 x) { return floats(bits(x) ^ set1(INT32_MIN)); }
inline F32 shifted_left(F32 x, int n) { return floats(shift_left(bits(x), set1(n))); }

// The value of a polynomial, coefficients from the highest power down.
template <size_t n>
inline F32 polynomial(F32 x, const float (&c)[n]) {
  F32 y = fused(x, set1(c[0]), set1(c[1]));
  INTLITE_UNROLL
  for (size_t i = 2; i < n; ++i) y = fused(x, y, set1(c[i]));
  return y;
}

// 2^n of n in [-127, 128], of which the ends are 0 and infinity.
inline F32 power_of_two(F32 n) { return shifted_left(n + set1(8388735.0f), 23); }

// x * 2^floor(n) of n up to 0, as vscalefps has it: 0 where n is -infinity.
inline F32 scaled(F32 x, F32 n) {
  const F32 least = set1(-250.0f), whole = floor(max(n, least));
  // In two steps, of which only the second may end below the normal numbers.
  const I32 half = to_int_half_even(whole * set1(0.5f) - set1(0.25f));
  const I32 rest = to_int_half_even(whole) - half;
  const auto power = [](I32 k) { return floats(shift_left(k + set1(127), set1(23))); };
  F32 y = (x * power(half)) * power(rest);
  y = select(less(n, least), x * set1(0.0f), y);
  return select(equal(n, set1(-__builtin_inff())), set1(0.0f), y);
}

inline F32 rational_exp(F32 x) {
  const F32 z = min(max(x * set1(1.44269504089f), set1(-127.0f)), set1(128.0f));
  const F32 magic = set1(12582912.0f), whole = (magic + z) - magic, r = z - whole;
  const F32 p = r * polynomial(r, {0x1.6ae8e6p-8f, 0x1.89daf6p-5f, 0x1.62e430p-1f});
  const F32 q = polynomial(r, {0x1.89034ep-6f, -0x1.1bdd2ap-2f, 1.0f});
  return (p / q + set1(1.0f)) * power_of_two(whole);
}

// Of a positive number; -infinity of 0, NaN below.
template <bool kFinite>
inline F32 exponent(F32 x) {
  const F32 zero = set1(0.0f), infinity = set1(__builtin_inff());
  const I32 biased = shift_right_logical(bits(x), set1(23));
  F32 y = to_float((biased & set1(255)) - set1(127));
  if constexpr (!kFinite) y = select(less(x, infinity), y, x);
  y = select(equal(x, zero), negated(infinity), y);
  return select(less(x, zero), set1(__builtin_nanf("")), y);
}

template <bool kFinite>
inline F32 rational_log(F32 x) {
  x = x * set1(1.4142134190e+00f);
  const F32 e = exponent<kFinite>(x), one = set1(1.0f);
  x = floats((bits(x) & set1(0x007FFFFF)) | bits(one));
  x = x * set1(7.0710688829e-01f) - one;
  const F32 p = x * polynomial(x, {1.824996918440e-01f, 1.0f, 1.0f});
  const F32 q = polynomial(x, {0.049584995955f, 0.599170029163f, 1.5f, 1.0f});
  return fused(e, set1(0.693147180559945f), p / q);
}

inline F32 rational_tanh(F32 x) {
  x = max(set1(-7.9807181358e+00f), min(set1(7.9807181358e+00f), x));
  const F32 x2 = x * x;
  const F32 p = x * polynomial(x2, {1.4248920266e-08f, 2.1235626264e-05f, 3.5330520477e-03f,
                                    1.3412411511e-01f, 1.0f});
  const F32 q = polynomial(
      x2, {8.1365948290e-07f, 3.3472978976e-04f, 2.6018999517e-02f, 4.6745735407e-01f, 1.0f});
  return p / q;
}

template <bool kCosine>
inline F32 rational_sine(F32 x) {
  const F32 pi = set1(3.1415927f);
  const F32 turns = negated(round_half_even(x * set1(0.15915494f)));
  x = fused(turns, set1(1.9353072e-3f), fused(turns, set1(6.28125f), x));
  if constexpr (kCosine) x = (set1(1.5707963705e+00f) - x) + set1(-4.3711388e-08f);
  x = min(x, pi - x);
  x = max(x, (set1(0.0f) - pi) - x);
  x = min(x, pi - x);
  const F32 x2 = x * x;
  const F32 p = x * polynomial(x2, {3.2340581529e-03f, -1.3314664364e-01f, 1.0f});
  return p / polynomial(x2, {4.8770775902e-04f, 3.3519912511e-02f, 1.0f});
}

// x / 2 * (1 + f(x)), f odd and rational, its argument at most `most`.
inline F32 rational_gelu(F32 x, float most, const float (&numerator)[6],
                         const float (&denominator)[6]) {
  const F32 inside = max(set1(-most), min(set1(most), x)), x2 = inside * inside;
  const F32 f = inside * polynomial(x2, numerator) / polynomial(x2, denominator);
  return (x * set1(0.5f)) * (f + set1(1.0f));
}

inline F32 gelu_by_erf(F32 x) {
  return rational_gelu(x, 5.1638283730e+00f,
                       {4.5835321316e-08f, 1.2609783880e-05f, 3.2973114867e-04f, 9.3065137044e-03f,
                        6.6972173750e-02f, 7.9788452387e-01f},
                       {1.1988805682e-06f, 7.2267655923e-05f, 1.8622842617e-03f, 2.8431978077e-02f,
                        2.5060352683e-01f, 1.0f});
}

inline F32 gelu_by_tanh(F32 x) {
  return rational_gelu(x, 4.84974098e+00f,
                       {4.9544411240e-08f, 1.4302649106e-05f, 2.6887017884e-04f, 7.2898347862e-03f,
                        6.0803253204e-02f, 7.9788458347e-01f},
                       {1.3433452750e-06f, 7.6477612311e-05f, 1.3060354395e-03f, 2.4381054565e-02f,
                        2.4369759858e-01f, 1.0f});
}

// 2^(k / 32).
alignas(64) constexpr float kPowers[32] = {
    0x1.000000p+0f, 0x1.059B0Ep+0f, 0x1.0B5586p+0f, 0x1.11301Ep+0f, 0x1.172B84p+0f, 0x1.1D4874p+0f,
    0x1.2387A6p+0f, 0x1.29E9E0p+0f, 0x1.306FE0p+0f, 0x1.371A74p+0f, 0x1.3DEA64p+0f, 0x1.44E086p+0f,
    0x1.4BFDAEp+0f, 0x1.5342B6p+0f, 0x1.5AB07Ep+0f, 0x1.6247ECp+0f, 0x1.6A09E6p+0f, 0x1.71F75Ep+0f,
    0x1.7A1148p+0f, 0x1.82589Ap+0f, 0x1.8ACE54p+0f, 0x1.93737Cp+0f, 0x1.9C4918p+0f, 0x1.A5503Cp+0f,
    0x1.AE89FAp+0f, 0x1.B7F770p+0f, 0x1.C199BEp+0f, 0x1.CB720Ep+0f, 0x1.D5818Ep+0f, 0x1.DFC974p+0f,
    0x1.EA4AFAp+0f, 0x1.F50766p+0f};
// 2^(k / 4), of which the bits of k are taken off the exponent.
constexpr float kFourth[4] = {0x1.000000p+0f, 0x1.F06FE0p-1f, 0x1.EA09E6p-1f, 0x1.EE89FAp-1f};
constexpr float kLog2E = 0x1.715476p+0f, kLn2 = 0x1.62E430p-1f;

inline F32 logistic_of_sixteen(F32 x) {
  const F32 z = floats(bits(x) | set1(INT32_MIN)), magic = set1(0x1.800000p18f);
  F32 n = fused(z, set1(kLog2E), magic);
  const F32 power = lookup32(kPowers, bits(n));
  n = n - magic;
  F32 t = fused(n, set1(-kLn2), z);
  t = fused(n, set1(0x1.05C61p-29f), t);
  F32 p = fused(t, set1(0.5f), set1(0x1.0000F6p-0f));
  p = fused(t * power, p, power);
  const F32 e = scaled(p, n), y = e / (e + set1(1.0f));
  return select(less(bits(x), set1(0)), y, set1(1.0f) - y);
}

inline F32 logistic_of_eight(F32 x) {
  const F32 z = floats(bits(x) | set1(INT32_MIN)), magic = set1(0x1.8000FEp23f);
  F32 n = fused(z, set1(kLog2E), magic);
  const F32 s = shifted_left(n, 23);
  n = n - magic;
  const F32 t = fused(n, set1(-kLn2), z);
  const F32 p = polynomial(
      t, {0x1.0F9F9Cp-7f, 0x1.573A1Ap-5f, 0x1.555A80p-3f, 0x1.FFFDC6p-2f, 0x1.FFFFF6p-1f});
  const F32 e = fused(t * s, p, s);
  F32 y = e / (e + set1(1.0f));
  y = select(less(z, set1(-0x1.5D589Ep+6f)), set1(0.0f), y);
  return select(less(bits(x), set1(0)), y, set1(1.0f) - y);
}

// exp(z) - 1 of x below 0, from 2^n, the rest t and a polynomial; x elsewhere.
inline F32 elu_from(F32 x, Mask is_positive, F32 s, F32 t, F32 p) {
  const F32 one = set1(1.0f);
  p = p * t;
  t = t * s;
  s = s - one;
  return select(is_positive, max(set1(0.0f), x), fused(p, t, t) + s);
}

inline F32 elu_of_sixteen(F32 x) {
  const F32 z = max(set1(-0x1.154246p+4f), x), magic = set1(0x1.8000FEp23f);
  F32 n = fused(z, set1(kLog2E), magic);
  const F32 s = shifted_left(n, 23);
  n = n - magic;
  const F32 t = fused(n, set1(-kLn2), z);
  const F32 p = polynomial(
      t, {0x1.6B7338p-10f, 0x1.12278Ep-7f, 0x1.555716p-5f, 0x1.5554B0p-3f, 0x1.FFFFFEp-2f});
  return elu_from(x, less_equal(set1(0.0f), x) | is_nan(x), s, t, p);
}

inline F32 elu_of_eight(F32 x) {
  const F32 z = max(set1(-0x1.154246p+4f), x), magic = set1(0x1.800000p21f);
  F32 n = fused(z, set1(kLog2E), magic);
  const I32 k = bits(n);
  const F32 s = floats(bits(lookup4(kFourth, k)) + shift_left(k, set1(21)));
  n = n - magic;
  const F32 t = fused(n, set1(-kLn2), z);
  const F32 p = polynomial(t, {0x1.554F9Ap-5f, 0x1.557082p-3f, 0x1.000002p-1f});
  return elu_from(x, less(set1(-1), bits(x)), s, t, p);
}

// As `polynomial`, each product rounded.
template <size_t n>
inline F32 plain_polynomial(F32 x, const float (&c)[n]) {
  F32 y = x * set1(c[0]) + set1(c[1]);
  INTLITE_UNROLL
  for (size_t i = 2; i < n; ++i) y = x * y + set1(c[i]);
  return y;
}

inline F32 plain_tanh(F32 x) {
  x = max(set1(-0x1.fa12acp+2f), min(set1(0x1.fa12acp+2f), x));
  const F32 x2 = x * x;
  const F32 p =
      plain_polynomial(x2, {0x1.df2a3cp-27f, 0x1.60c7b8p-16f, 0x1.cd78fep-9f, 0x1.1279ecp-3f});
  const F32 q =
      plain_polynomial(x2, {0x1.ae58p-21f, 0x1.5cdb2cp-12f, 0x1.a988cp-6f, 0x1.de9244p-2f, 1.0f});
  return (p * (x * x2) + x) / q;
}

// e^x as the square of e^(x / 2).
inline F32 logistic_by_square(F32 x) {
  const F32 half = set1(0.5f), one = set1(1.0f);
  const F32 z = min(set1(kMostLogistic), x) * half;
  const F32 m = floor(z * set1(kLog2E) + half);
  const F32 r = m * set1(0x1.bd0106p-13f) + (m * set1(-0x1.63p-1f) + z), r2 = r * r;
  const F32 even = r2 * set1(0x1.573bep-5f) + set1(0x1.fffdcp-2f);
  const F32 odd = (r2 * set1(0x1.111ca4p-7f) + set1(0x1.555670p-3f)) * r;
  const F32 p = (odd + even) * r2 + (r + one);
  const F32 biased = min(set1(255.0f), max(set1(0.0f), m + set1(127.0f)));
  const F32 root = p * floats(shift_left(to_int_toward_zero(biased), set1(23)));
  const F32 e = root * root;
  return select(less(x, set1(-104.0f)), set1(0.0f), e / (e + one));
}

// 2^n of a whole n in [-126, 127].
inline F32 whole_power_of_two(F32 n) {
  return floats(shift_left(to_int_toward_zero(n + set1(127.0f)), set1(23)));
}

// e^x of x up to 0.
inline F32 plain_exp(F32 x) {
  const F32 one = set1(1.0f), half = set1(0.5f);
  const F32 m = floor(x * set1(kLog2E) + half);
  const F32 r = m * set1(0x1.bd0106p-13f) + (m * set1(-0x1.63p-1f) + x), r2 = r * r;
  const F32 odd = r2 * set1(0x1.123bccp-7f) + set1(0x1.55548ep-3f);
  const F32 even = r2 * (r2 * set1(0x1.6850e4p-10f) + set1(0x1.555b98p-5f)) + set1(0x1.fffff8p-2f);
  const F32 p = r2 * (r * odd + even) + (r + one);
  // In two steps, of which only the second may end below the normal numbers.
  const F32 first = floor(m * half);
  const F32 y = (p * whole_power_of_two(first)) * whole_power_of_two(m - first);
  return select(less(x, set1(-104.0f)), set1(0.0f), y);
}

// The same by the C library.
inline F32 exp_of_each(F32 x) {
  float each[16];
  store(each, x);
  for (float& one : each) one = __builtin_expf(one);
  return load(each);
}

// What x * x lacks of the exact product.
inline F32 square_rest(F32 x, F32 x2) {
  const F32 high = x * set1(4097.0f), a = (x - high) + high, b = x - a;
  return b * b + (b * a + (a * b + (a * a - x2)));
}

// kExp gives e^x of x up to 0.
template <F32 (*kExp)(F32)>
inline F32 plain_erfc(F32 x) {
  const F32 one = set1(1.0f), zero = set1(0.0f);
  x = min(set1(11.0f), max(set1(-11.0f), x));
  const F32 x2 = x * x;
  const F32 near_zero =
      x * plain_polynomial(x2, {0x1.268bd4p-11f, -0x1.42082ap-8f, 0x1.b59370p-6f, -0x1.ce077cp-4f,
                                0x1.812660p-2f, -0x1.20dd74p+0f}) +
      one;
  const F32 power = kExp(negated(x2)), z = power - power * square_rest(x, x2), q = one / x2;
  const F32 p =
      plain_polynomial(q, {0x1.a21fdcp-4f, 0x1.b781f4p-2f, 0x1.4b8fdp-2f, 0x1.ba2370p-5f});
  const F32 d = x * plain_polynomial(
                        q, {0x1.1aa6c8p-6f, 0x1.90c3bap-2f, 1.0f, 0x1.3e53b6p-1f, 0x1.87d5c8p-4f});
  const F32 far = z * (p / d) + select(less(x, zero), set1(2.0f), zero);
  return select(less(one, x2), far, near_zero);
}

template <F32 (*kExp)(F32)>
inline F32 plain_gelu(F32 x) {
  return (x * set1(0.5f)) * plain_erfc<kExp>(x * set1(-0x1.6a09e6p-1f));
}

inline F32 plain_gelu_by_tanh(F32 x) {
  const F32 cube = x * (x * x);
  const F32 inside = set1(0x1.988454p-1f) * (x + set1(0x1.6e4e26p-5f) * cube);
  return (x * set1(0.5f)) * (plain_tanh(inside) + set1(1.0f));
}

// One step of Newton's from the estimate.
inline F32 reciprocal_root(F32 x) {
  float from[16], estimate[16];
  store(from, x);
  reciprocal_root_estimates(from, estimate, 16);
  const F32 y = load(estimate);
  return y - (x * (y * y) - set1(1.0f)) * (set1(0.5f) * y);
}

inline F32 estimated_root(F32 x) {
  const F32 zero = set1(0.0f), infinity = set1(__builtin_inff());
  const F32 y = x * select(equal(x, zero), zero, reciprocal_root(x));
  return select(equal(x, infinity), infinity, y);
}

inline F32 round_by_floor(F32 x) {
  const F32 low = floor(x), rest = x - low, half = set1(0.5f), low_half = low * half;
  const Mask even = equal(low_half, floor(low_half));
  return select(less(rest, half) | (equal(rest, half) & even), low, low + set1(1.0f));
}

inline F32 sign(F32 x) {
  const F32 zero = set1(0.0f), one = set1(1.0f);
  return select(less(zero, x), one,
                select(less(x, zero), negated(one), select(is_nan(x), x, zero)));
}

inline F32 gate(F32 x) { return min(set1(6.0f), max(set1(0.0f), x + set1(3.0f))); }

// F::of(x, a, b) of each element, 16 at a time.
template <class F>
void unary_row(const UnaryRowArgs& args) {
  const F32 a = set1(args.a), b = set1(args.b);
  size_t i = 0;
  for (; i + 16 <= args.size; i += 16) store(args.output + i, F::of(load(args.input + i), a, b));
  if (const size_t n = args.size - i; n != 0)
    store_first(args.output + i, F::of(load_first(args.input + i, n), a, b), n);
}

#define INTLITE_FUNCTION(name, expression)                                                      \
  struct name {                                                                                 \
    static F32 of(F32 x, [[maybe_unused]] F32 a, [[maybe_unused]] F32 b) { return expression; } \
  }
INTLITE_FUNCTION(Abs, floats(bits(x) & set1(INT32_MAX)));
INTLITE_FUNCTION(Negate, negated(x));
INTLITE_FUNCTION(ZeroMinus, set1(0.0f) - x);
INTLITE_FUNCTION(Square, x* x);
INTLITE_FUNCTION(SquareRoot, square_root(x));
INTLITE_FUNCTION(ReciprocalRoot, set1(1.0f) / square_root(x));
INTLITE_FUNCTION(Floor, floor(x));
INTLITE_FUNCTION(Ceil, ceil(x));
INTLITE_FUNCTION(Round, round_half_even(x));
INTLITE_FUNCTION(RoundByFloor, round_by_floor(x));
INTLITE_FUNCTION(Sign, sign(x));
INTLITE_FUNCTION(Clamp, clamp(x, a, b));
INTLITE_FUNCTION(LeakyRelu, select(less(set1(0.0f), x), x, x* a));
INTLITE_FUNCTION(LeakyReluBelow, select(less(x, set1(0.0f)), x* a, x));
INTLITE_FUNCTION(LeakyReluBySign, select(less(bits(x), set1(0)), x* a, x));
INTLITE_FUNCTION(HardSwish, x* gate(x) / set1(6.0f));
INTLITE_FUNCTION(HardSwishBySixth, x* gate(x) * set1(1.0f / 6.0f));
INTLITE_FUNCTION(HardSwishSixthFirst, (x * set1(1.0f / 6.0f)) * gate(x));
INTLITE_FUNCTION(HardSwishFused,
                 min(max(fused(x, set1(0x1.555556p-3f), set1(0.5f)), set1(0.0f)), set1(1.0f)) * x);
INTLITE_FUNCTION(RationalExp, rational_exp(x));
INTLITE_FUNCTION(RationalLog, rational_log<false>(x));
INTLITE_FUNCTION(RationalLogFinite, rational_log<true>(x));
INTLITE_FUNCTION(RationalTanh, rational_tanh(x));
INTLITE_FUNCTION(RationalSin, rational_sine<false>(x));
INTLITE_FUNCTION(RationalCos, rational_sine<true>(x));
INTLITE_FUNCTION(RationalGelu, gelu_by_erf(x));
INTLITE_FUNCTION(RationalGeluTanh, gelu_by_tanh(x));
INTLITE_FUNCTION(LogisticOfSixteen, logistic_of_sixteen(x));
INTLITE_FUNCTION(LogisticOfEight, logistic_of_eight(x));
INTLITE_FUNCTION(EluOfSixteen, elu_of_sixteen(x));
INTLITE_FUNCTION(EluOfEight, elu_of_eight(x));
INTLITE_FUNCTION(PlainTanh, plain_tanh(x));
INTLITE_FUNCTION(LogisticBySquare, logistic_by_square(x));
INTLITE_FUNCTION(PlainGelu, plain_gelu<plain_exp>(x));
INTLITE_FUNCTION(PlainGeluOfOne, plain_gelu<exp_of_each>(x));
INTLITE_FUNCTION(PlainGeluTanh, plain_gelu_by_tanh(x));
INTLITE_FUNCTION(EstimatedRoot, estimated_root(x));
INTLITE_FUNCTION(EstimatedReciprocalRoot,
                 select(equal(x, set1(__builtin_inff())), set1(0.0f), reciprocal_root(x)));
#undef INTLITE_FUNCTION

void widen(const WidenArgs& args) {
  for (size_t i = 0; i < args.size; i += 16) {
    const size_t n = std::min<size_t>(16, args.size - i);
    int16_t last[16] = {};
    if (n < 16) std::memcpy(last, args.input + i, n * sizeof last[0]);
    const I32 x = load_widen(n < 16 ? last : args.input + i);
    const I32 magnitude = x & set1(0x7FFF), shifted = shift_left(magnitude, set1(13));
    // By a product, which also makes normal numbers of those below.
    const I32 number = bits(floats(shifted) * set1(0x1p112f));
    const I32 infinite = shifted | set1(0x7F800000);  // or NaN
    const I32 y = select(less(magnitude, set1(0x7C00)), number, infinite);
    store_first(args.output + i, floats(y | (x & set1(INT32_MIN))), n);
  }
}

UnaryRow float_unary(UnaryFunction function) {
  switch (function) {
#define INTLITE_ROW(name)      \
  case UnaryFunction::k##name: \
    return unary_row<name>
    INTLITE_ROW(Abs);
    INTLITE_ROW(Negate);
    INTLITE_ROW(ZeroMinus);
    INTLITE_ROW(Square);
    INTLITE_ROW(SquareRoot);
    INTLITE_ROW(ReciprocalRoot);
    INTLITE_ROW(Floor);
    INTLITE_ROW(Ceil);
    INTLITE_ROW(Round);
    INTLITE_ROW(RoundByFloor);
    INTLITE_ROW(Sign);
    INTLITE_ROW(Clamp);
    INTLITE_ROW(LeakyRelu);
    INTLITE_ROW(LeakyReluBelow);
    INTLITE_ROW(LeakyReluBySign);
    INTLITE_ROW(HardSwish);
    INTLITE_ROW(HardSwishBySixth);
    INTLITE_ROW(HardSwishSixthFirst);
    INTLITE_ROW(HardSwishFused);
    INTLITE_ROW(RationalExp);
    INTLITE_ROW(RationalLog);
    INTLITE_ROW(RationalLogFinite);
    INTLITE_ROW(RationalTanh);
    INTLITE_ROW(RationalSin);
    INTLITE_ROW(RationalCos);
    INTLITE_ROW(RationalGelu);
    INTLITE_ROW(RationalGeluTanh);
    INTLITE_ROW(LogisticOfSixteen);
    INTLITE_ROW(LogisticOfEight);
    INTLITE_ROW(EluOfSixteen);
    INTLITE_ROW(EluOfEight);
    INTLITE_ROW(PlainTanh);
    INTLITE_ROW(LogisticBySquare);
    INTLITE_ROW(PlainGelu);
    INTLITE_ROW(PlainGeluOfOne);
    INTLITE_ROW(PlainGeluTanh);
    INTLITE_ROW(EstimatedRoot);
    INTLITE_ROW(EstimatedReciprocalRoot);
#undef INTLITE_ROW
    default:
      return nullptr;
  }
}
