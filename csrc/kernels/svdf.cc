// svdf.cc: a filter of the input, then one over its last results, rank by rank.
#include "svdf.h"

#include <cstring>

#include "../numerics/fixed_point.h"

namespace intlite {

Svdf::Svdf(const SvdfArgs& args)
    : Kernel({args.batch * args.depth, args.batch * args.filters * args.memory * sizeof(int16_t)},
             {args.batch * (args.filters / args.rank),
              args.batch * args.filters * args.memory * sizeof(int16_t)}),
      args_(args),
      feature_(args.feature, args.feature + args.filters * args.depth),
      time_(args.time, args.time + args.filters * args.memory),
      bias_(args.bias, args.bias + args.filters / args.rank),
      offsets_(args.filters) {
  for (size_t f = 0; f < args.filters; ++f)
    for (size_t i = 0; i < args.depth; ++i)
      offsets_[f] -= args.input_zero_point * feature_[f * args.depth + i];
}

int16_t Svdf::newest(const int8_t* x, size_t filter) const {
  const int16_t* weights = feature_.data() + filter * args_.depth;
  int32_t sum = offsets_[filter];
  for (size_t i = 0; i < args_.depth; ++i) sum += x[i] * weights[i];
  const int32_t value =
      multiply_by_quantized_multiplier_gemmlowp(sum, args_.first_multiplier, args_.first_shift);
  return static_cast<int16_t>(std::clamp<int32_t>(value, INT16_MIN, INT16_MAX));
}

void Svdf::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
               uint8_t*) const noexcept {
  const size_t memory = args_.memory, state = args_.filters * memory;
  const size_t units = args_.filters / args_.rank;
  for (size_t b = 0; b < samples * args_.batch; ++b) {
    const int8_t* x = reinterpret_cast<const int8_t*>(inputs[0]) + b * args_.depth;
    const uint8_t* before = inputs[1] + b * state * sizeof(int16_t);
    uint8_t* after = outputs[1] + b * state * sizeof(int16_t);
    for (size_t unit = 0; unit < units; ++unit) {
      uint64_t sum = static_cast<uint64_t>(int64_t{bias_[unit]});
      for (size_t f = unit * args_.rank; f < (unit + 1) * args_.rank; ++f) {
        const size_t at = f * memory * sizeof(int16_t), older = (memory - 1) * sizeof(int16_t);
        const int16_t value = newest(x, f);
        std::memcpy(after + at, before + at + sizeof(int16_t), older);
        std::memcpy(after + at + older, &value, sizeof(value));
        for (size_t m = 0; m < memory; ++m) {
          int16_t kept;
          std::memcpy(&kept, after + at + m * sizeof(kept), sizeof(kept));
          sum += static_cast<uint64_t>(int64_t{kept * time_[f * memory + m]});
        }
      }
      const int32_t value = wrapping_add(
          multiply_by_quantized_multiplier_gemmlowp(wrap_int32(static_cast<int64_t>(sum)),
                                                    args_.second_multiplier, args_.second_shift),
          args_.output_zero_point);
      outputs[0][b * units + unit] = static_cast<uint8_t>(std::clamp(value, -128, 127));
    }
  }
}

}  // namespace intlite
