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

// How float32 outputs are made of sums: acc of a row, the scale of that row, w of a column.
enum class RealFormula : int {
  kFused = 0,        // XNNPACK: fma(acc * row, w, bias)
  kScalesFirst = 1,  // LiteRT: bias + acc * (row * w)
  kColumnFirst = 2,  // LiteRT's reference convolution: acc * w * row + bias
  kColumnBlocks =
      3,        // LiteRT's depthwise convolution: so in blocks of columns, acc * row * w later
  kOffset = 4,  // LiteRT, 4-bit weights: (offset of the row * row * w + bias) + acc * row * w
};
constexpr int kRealFormulaCount = 5;

// What follows the rescaling of float32 outputs.
struct RealStage {
  RealFormula formula;
  float min, max;
};

// Arrays are padded, so that 16 lanes can be read from any channel on; those that no rounding
// of these reads are empty.
struct Epilogue {
  std::vector<int32_t> bias, multiplier, left_shift, right_shift;
  std::vector<int32_t> half_away;  // negative where a shift to the right rounds half away
  std::vector<float> fp32;
  std::vector<double> fp64;
  Rounding rounding = Rounding::kFp32;
  // Of sums of 64 bits: these biases, and fixed-point multipliers are the reduced ones, which
  // right_shift follows; whatever the rounding, but a product in double.
  bool wide = false;
  std::vector<int64_t> wide_bias;
  OutputStage output{};
  // Of float32 outputs: then `bias` starts at 0, and the rounding means nothing.
  bool is_real = false;
  RealStage real{};
  std::vector<float> real_bias;
  std::vector<int32_t> column_first;  // of kColumnBlocks: not 0 where they are whole

  size_t value_bytes() const { return is_real ? sizeof(float) : 1; }
};

// Of float32 outputs.
struct RealEpilogueArgs {
  const float* bias;    // [channels]
  const float* scales;  // [channels]
  size_t block_end;     // the first channel behind the blocks of kColumnBlocks
  RealStage stage;
};

struct EpilogueArgs {
  const int32_t* bias;         // [channels] or null
  const ChannelScale* scales;  // [channels]
  Rounding rounding;
  // The first that kRuy rounds as kGemmlowp does: some of LiteRT's kernels do so with the last
  // channels, below a block.
  size_t gemmlowp_channel;
  OutputStage output;
  const RealEpilogueArgs* real = nullptr;  // instead of all others
  bool wide = false;
  const int64_t* wide_bias = nullptr;  // [channels] or null, in place of `bias`
};
Epilogue make_epilogue(size_t channels, const EpilogueArgs& args);

}  // namespace intlite
