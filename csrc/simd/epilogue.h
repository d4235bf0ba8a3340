// epilogue.h: what follows accumulation, for each output channel: bias, rescaling, clamp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../numerics/requantize.h"

namespace intlite {

constexpr size_t kLanes = 16;

constexpr size_t round_up(size_t x, size_t unit) { return (x + unit - 1) / unit * unit; }

// Entries of a channel array: any kLanes of them, from any channel on, can be read.
constexpr size_t padded_channels(size_t channels) { return round_up(channels, kLanes) + kLanes; }

// Arrays are padded, so that 16 lanes can be read from any channel on; those that no rounding
// of these reads are empty.
struct Epilogue {
  std::vector<int32_t> bias, multiplier, left_shift, right_shift;
  std::vector<int32_t> half_away;  // negative where a shift to the right rounds half away
  std::vector<float> fp32;
  std::vector<double> fp64;
  Rounding rounding = Rounding::kFp32;
  OutputStage output{};
};

struct EpilogueArgs {
  const int32_t* bias;         // [channels] or null
  const ChannelScale* scales;  // [channels]
  Rounding rounding;
  // The first that kRuy rounds as kGemmlowp does: some of LiteRT's kernels do so with the last
  // channels, below a block.
  size_t gemmlowp_channel;
  OutputStage output;
};
Epilogue make_epilogue(size_t channels, const EpilogueArgs& args);

}  // namespace intlite
