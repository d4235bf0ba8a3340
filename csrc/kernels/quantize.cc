// quantize.cc: integer to integer QUANTIZE, and the plain copy.
#include "quantize.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace intlite {
namespace {

constexpr size_t kBlock = 16;

struct Range {
  int32_t min, max;
};

constexpr Range range_of(IntegerType type) {
  switch (type) {
    case IntegerType::kInt8:
      return {-128, 127};
    case IntegerType::kUint8:
      return {0, 255};
    case IntegerType::kInt16:
      return {-32768, 32767};
    case IntegerType::kInt32:
      break;
  }
  return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
}

// One stored value, by the rounding of whole blocks or of a run's tail.
int32_t requantize_one(const RequantizeArgs& args, int32_t x, bool in_block) {
  const int32_t centred = wrap_int32(int64_t{x} - args.input_zero_point);
  int32_t rescaled = 0;
  if (args.rounding == IntegerRounding::kFraction)
    rescaled = wrap_int32((int64_t{centred} * args.multiplier + 128) >> 8);
  else if (args.rounding == IntegerRounding::kRuyInBlocks && in_block)
    rescaled = multiply_by_quantized_multiplier_ruy(centred, args.multiplier, args.shift);
  else
    rescaled = multiply_by_quantized_multiplier_gemmlowp(centred, args.multiplier, args.shift);
  const Range range = range_of(args.output_type);
  return std::clamp(wrapping_add(rescaled, args.output_zero_point), range.min, range.max);
}

template <class In, class Out, class Block, class Tail>
void requantize_runs(const In* x, Out* y, size_t size, size_t runs, Block block, Tail tail) {
  const size_t blocks = size / kBlock * kBlock;
  for (size_t run = 0; run < runs; ++run, x += size, y += size) {
    for (size_t i = 0; i < blocks; ++i) y[i] = static_cast<Out>(block(x[i]));
    for (size_t i = blocks; i < size; ++i) y[i] = static_cast<Out>(tail(x[i]));
  }
}

template <class F>
void with_output_type(IntegerType type, uint8_t* y, F f) {
  switch (type) {
    case IntegerType::kInt8:
    case IntegerType::kUint8:
      return f(y);
    case IntegerType::kInt16:
      return f(reinterpret_cast<int16_t*>(y));
    case IntegerType::kInt32:
      return f(reinterpret_cast<int32_t*>(y));
  }
}

}  // namespace

Requantize::Requantize(const RequantizeArgs& args, const KernelTable& kernels)
    : Kernel({args.size * integer_size(args.input_type)},
             {args.size * integer_size(args.output_type)}),
      args_(args),
      look_up_(kernels.lookup) {
  if (integer_size(args.input_type) != 1) return;
  for (int code = 0; code < 256; ++code) {
    const int32_t x = args.input_type == IntegerType::kInt8 ? static_cast<int8_t>(code) : code;
    const size_t at = static_cast<size_t>(code);
    block_table_[at] = requantize_one(args, x, true);
    tail_table_[at] = requantize_one(args, x, false);
    block_bytes_[at] = static_cast<uint8_t>(block_table_[at]);
    tail_bytes_[at] = static_cast<uint8_t>(tail_table_[at]);
  }
}

void Requantize::run_bytes(const uint8_t* x, uint8_t* y, size_t samples) const noexcept {
  const size_t size = args_.size, blocks = size / kBlock * kBlock;
  for (size_t s = 0; s < samples; ++s, x += size, y += size) {
    look_up_({block_bytes_.data(), x, blocks, y});
    look_up_({tail_bytes_.data(), x + blocks, size - blocks, y + blocks});
  }
}

void Requantize::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                     uint8_t*) const noexcept {
  if (args_.size == 0) return;
  if (integer_size(args_.input_type) == 1 && integer_size(args_.output_type) == 1)
    return run_bytes(inputs[0], outputs[0], samples);
  const auto run_as = [&](auto* x, auto block, auto tail) {
    with_output_type(args_.output_type, outputs[0],
                     [&](auto* y) { requantize_runs(x, y, args_.size, samples, block, tail); });
  };
  const auto direct = [&](bool in_block) {
    return [this, in_block](int32_t x) { return requantize_one(args_, x, in_block); };
  };
  switch (args_.input_type) {
    case IntegerType::kInt8:
    case IntegerType::kUint8:
      return run_as(
          inputs[0], [this](uint8_t x) { return block_table_[x]; },
          [this](uint8_t x) { return tail_table_[x]; });
    case IntegerType::kInt16:
      return run_as(reinterpret_cast<const int16_t*>(inputs[0]), direct(true), direct(false));
    case IntegerType::kInt32:
      return run_as(reinterpret_cast<const int32_t*>(inputs[0]), direct(true), direct(false));
  }
}

void Copy::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
               uint8_t*) const noexcept {
  if (bytes_ * samples != 0) std::memcpy(outputs[0], inputs[0], bytes_ * samples);
}

}  // namespace intlite
