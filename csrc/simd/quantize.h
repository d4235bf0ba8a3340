// quantize.h: arguments of the float32 <-> integer kernels.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

// How a runtime turns a real value into a stored one.
enum class RealRounding : int {
  // XNNPACK: x * float32(1 / scale), clamped as a float, half to even.
  kMultiply = 0,
  // LiteRT's optimized kernel: in whole blocks of 8, x * float32(1 / scale) half to
  // even; the rest of the run, x / scale in double, half away from zero.
  kMultiplyInBlocks = 1,
  // LiteRT's reference kernel, TFLite Micro: float32(x / scale), half away from zero.
  kDivide = 2,
};

enum class StoredType : int { kInt8 = 0, kUint8 = 1, kInt16 = 2 };

constexpr size_t stored_size(StoredType type) { return type == StoredType::kInt16 ? 2 : 1; }

// `runs` runs of `size` elements each: blocks start anew in each run.
struct QuantizeArgs {
  const float* input;
  void* output;
  size_t size, runs;
  float scale;
  int32_t zero_point;
  StoredType type;
  RealRounding rounding;
};

// real = scale * (stored - zero_point); or, in whole blocks of 8 of each run if
// `blocks`, stored * scale + float32(-zero_point * scale), rounded twice.
struct DequantizeArgs {
  const void* input;
  float* output;
  size_t size, runs;
  float scale;
  int32_t zero_point;
  StoredType type;
  bool blocks;
};

}  // namespace intlite
