// quantize.h: QUANTIZE from float32, DEQUANTIZE, and QUANTIZE between integers.
//
// Quantize takes float32 and gives int8, uint8 or int16; Dequantize the reverse; Requantize takes
// and gives int8, uint8, int16 or int32; Copy moves bytes. At most 2^48 bytes; zero points are any
// int32, scales any float, shifts at least -31.
#pragma once

#include <array>

#include "../numerics/fixed_point.h"
#include "../simd/dispatch.h"
#include "kernel.h"

namespace intlite {

class Quantize final : public Kernel {
 public:
  // `args.size` elements a sample; its pointers and runs are set by run().
  Quantize(const QuantizeArgs& args, const KernelTable& kernels)
      : Kernel({args.size * sizeof(float)}, {args.size * stored_size(args.type)}),
        args_(args),
        quantize_(kernels.quantize) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t*) const noexcept override {
    if (args_.size == 0) return;
    QuantizeArgs args = args_;
    args.input = reinterpret_cast<const float*>(inputs[0]);
    args.output = outputs[0];
    args.runs = samples;
    quantize_(args);
  }

 private:
  QuantizeArgs args_;
  void (*quantize_)(const QuantizeArgs&);
};

class Dequantize final : public Kernel {
 public:
  Dequantize(const DequantizeArgs& args, const KernelTable& kernels)
      : Kernel({args.size * stored_size(args.type)}, {args.size * sizeof(float)}),
        args_(args),
        dequantize_(kernels.dequantize) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t*) const noexcept override {
    if (args_.size == 0) return;
    DequantizeArgs args = args_;
    args.input = inputs[0];
    args.output = reinterpret_cast<float*>(outputs[0]);
    args.runs = samples;
    dequantize_(args);
  }

 private:
  DequantizeArgs args_;
  void (*dequantize_)(const DequantizeArgs&);
};

// How a runtime rescales one stored integer to another quantization.
enum class IntegerRounding : int {
  kGemmlowp = 0,     // double rounding
  kRuyInBlocks = 1,  // whole blocks of 16 of each run by ruy's rounding, the rest by gemmlowp's
  kFraction = 2,     // XNNPACK: 8-bit multiplier: (x * multiplier + 128) >> 8
};

enum class IntegerType : int { kInt8 = 0, kUint8 = 1, kInt16 = 2, kInt32 = 3 };
constexpr size_t integer_size(IntegerType type) {
  return type == IntegerType::kInt32 ? 4 : type == IntegerType::kInt16 ? 2 : 1;
}

struct RequantizeArgs {
  size_t size;  // elements a sample: one run
  IntegerType input_type, output_type;
  int32_t input_zero_point, output_zero_point;
  int32_t multiplier;
  int shift;
  IntegerRounding rounding;
};

class Requantize final : public Kernel {
 public:
  Requantize(const RequantizeArgs& args, const KernelTable& kernels);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;

 private:
  void run_bytes(const uint8_t* x, uint8_t* y, size_t samples) const noexcept;

  RequantizeArgs args_;
  void (*look_up_)(const LookupArgs&);
  // Of all 256 codes of an 8-bit input, for whole blocks and for the rest of a run.
  std::array<int32_t, 256> block_table_{}, tail_table_{};
  std::array<uint8_t, 256> block_bytes_{}, tail_bytes_{};  // the same for an output of 8 bits
};

// The same bytes: RESHAPE whose output cannot share its input's memory.
class Copy final : public Kernel {
 public:
  explicit Copy(size_t bytes) : Kernel({bytes}, {bytes}), bytes_(bytes) {}
  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t*) const noexcept override;

 private:
  size_t bytes_;
};

}  // namespace intlite
