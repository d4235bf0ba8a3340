// unary.h: rows of functions of one float32 number.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

enum class UnaryFunction {
  // The same in all runtimes that have them.
  kAbs,
  kNegate,     // the other sign
  kZeroMinus,  // 0 - x, which has no -0.0
  kSquare,
  kSquareRoot,
  kReciprocalRoot,
  kFloor,
  kCeil,
  kRound,         // half to even
  kRoundByFloor,  // the same, but what comes to 0 from elsewhere is 0.0
  kSign,
  kClamp,           // to a and b; NaN stays
  kLeakyRelu,       // x * a unless it is above 0
  kLeakyReluBelow,  // x * a below 0
  kLeakyReluBySign,
  kHardSwish,  // by a division by 6
  kHardSwishBySixth,
  kHardSwishSixthFirst,  // in whole blocks of 4, by the sixth of x; the rest as before
  kHardSwishFused,
  // XNNPACK's rational approximations.
  kRationalExp,
  kRationalLog,
  kRationalLogFinite,  // takes infinity and NaN for numbers of the exponent 128
  kRationalTanh,
  kRationalSin,
  kRationalCos,
  kRationalGelu,
  kRationalGeluTanh,
  // And those that depend on the width of its vectors: of 16 lanes, and of 8.
  kLogisticOfSixteen,
  kLogisticOfEight,
  kEluOfSixteen,
  kEluOfEight,
  // By the processor's estimates of 1 / sqrt(x).
  kEstimatedRoot,
  kEstimatedReciprocalRoot,
  // Eigen's, without fused multiply-adds: LiteRT's own kernels. LOGISTIC and GELU so in whole
  // blocks of 4.
  kPlainTanh,
  kLogisticBySquare,
  kPlainGelu,
  kPlainGeluOfOne,  // its exponential is the C library's
  kPlainGeluTanh,
  // Element by element, as the C library has them: kernels/plain/unary.cc.
  kExp,
  kLog,
  kTanh,
  kSin,
  kCos,
  kLogistic,
  kLogisticOfOne,  // e / (1 + e)
  kElu
};

// From here on Eigen's LOGISTIC is constant.
constexpr float kMostLogistic = 0x1.0a2b24p+4f;

struct UnaryRowArgs {
  const float* input;
  size_t size;
  float* output;
  float a, b;  // the function's parameters
};
using UnaryRow = void (*)(const UnaryRowArgs&);

// float16 to float32.
struct WidenArgs {
  const int16_t* input;  // the bits
  size_t size;
  float* output;
};

}  // namespace intlite
