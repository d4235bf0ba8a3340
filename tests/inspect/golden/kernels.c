/* FULLY_CONNECTED and CONV_2D written from the exported constants alone, as somebody else would.
   OP is op_<n>, OP_ the prefix of its macros; ROUNDING is FP32, RUY, DOUBLE or GEMMLOWP;
   BUG plants a rounding that is wrong at ties. */

#include <math.h>
#include <stdint.h>

#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define C(name) JOIN(OP_, name)
#define V(name) JOIN(OP, name)

#define FP32 0
#define RUY 1
#define DOUBLE 2
#define GEMMLOWP 3

#include HEADER

#if ROUNDING != FP32
static int32_t clamp(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : x > high ? high : x;
}
#endif

static int8_t requantize(int32_t acc, int channel) {
  const int32_t zero_point = C(OUTPUT_ZERO_POINT);
#if ROUNDING == FP32
  float x = (float)acc * V(_scale)[channel];
  const float low = C(ACTIVATION_MIN) - zero_point, high = C(ACTIVATION_MAX) - zero_point;
  x = x < low ? low : x > high ? high : x;
#ifdef BUG
  return (int8_t)((int32_t)roundf(x) + zero_point);
#else
  return (int8_t)((int32_t)rintf(x) + zero_point);
#endif
#elif ROUNDING == DOUBLE
#ifdef BUG
  const int32_t rounded = (int32_t)rint((double)acc * V(_scale)[channel]);
#else
  const int32_t rounded = (int32_t)round((double)acc * V(_scale)[channel]);
#endif
  return (int8_t)clamp(rounded + zero_point, C(ACTIVATION_MIN), C(ACTIVATION_MAX));
#else
  const int32_t multiplier = V(_multiplier)[channel], shift = V(_shift)[channel];
  const int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  const int64_t product = (int64_t)acc * ((int64_t)1 << left) * multiplier;
  const int64_t high = (product + ((int64_t)1 << 30)) >> 31;
  const int64_t half = right > 0 ? (int64_t)1 << (right - 1) : 0;
  int is_half_up = ROUNDING == RUY;
#ifdef BUG
  is_half_up = !is_half_up;
#endif
  {
    const int64_t rounded =
        is_half_up || high >= 0 ? (high + half) >> right : -((-high + half) >> right);
    return (int8_t)clamp((int32_t)rounded + zero_point, C(ACTIVATION_MIN), C(ACTIVATION_MAX));
  }
#endif
}

#ifdef ONLY_REQUANTIZE
int8_t V(_requantize)(int32_t acc, int32_t channel) { return requantize(acc, channel); }
#elif defined IS_CONVOLUTION
void OP(const int8_t *input, const int8_t *filter, const int32_t *bias, int8_t *output) {
  int b, y, x, c, i, j, k;
  for (b = 0; b < C(BATCH); ++b)
    for (y = 0; y < C(OUTPUT_HEIGHT); ++y)
      for (x = 0; x < C(OUTPUT_WIDTH); ++x)
        for (c = 0; c < C(OUTPUT_CHANNELS); ++c) {
          int32_t acc = bias[c];
          for (i = 0; i < C(FILTER_HEIGHT); ++i)
            for (j = 0; j < C(FILTER_WIDTH); ++j) {
              const int row = y * C(STRIDE_HEIGHT) + i * C(DILATION_HEIGHT) - C(PAD_TOP);
              const int column = x * C(STRIDE_WIDTH) + j * C(DILATION_WIDTH) - C(PAD_LEFT);
              if (row < 0 || row >= C(INPUT_HEIGHT) || column < 0 || column >= C(INPUT_WIDTH))
                continue;
              for (k = 0; k < C(INPUT_CHANNELS); ++k) {
                const int at = ((b * C(INPUT_HEIGHT) + row) * C(INPUT_WIDTH) + column);
                const int tap = (c * C(FILTER_HEIGHT) + i) * C(FILTER_WIDTH) + j;
                acc += (input[at * C(INPUT_CHANNELS) + k] - C(INPUT_ZERO_POINT)) *
                       (filter[tap * C(INPUT_CHANNELS) + k] - C(FILTER_ZERO_POINT));
              }
            }
          *output++ = requantize(acc, c);
        }
}
#else
void OP(const int8_t *input, const int8_t *weights, const int32_t *bias, int8_t *output) {
  int row, unit, i;
  for (row = 0; row < C(ROWS); ++row)
    for (unit = 0; unit < C(UNITS); ++unit) {
      int32_t acc = bias[unit];
      for (i = 0; i < C(DEPTH); ++i)
        acc += (input[row * C(DEPTH) + i] - C(INPUT_ZERO_POINT)) *
               (weights[unit * C(DEPTH) + i] - C(WEIGHTS_ZERO_POINT));
      output[row * C(UNITS) + unit] = requantize(acc, unit);
    }
}
#endif
