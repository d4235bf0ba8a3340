// epilogue.cc: channel parameters as arrays that vector code reads.
#include "epilogue.h"

#include <algorithm>

namespace intlite {

namespace {

Epilogue make_real_epilogue(size_t channels, const RealEpilogueArgs& args) {
  Epilogue e;
  const size_t padded = padded_channels(channels);
  e.is_real = true;
  e.real = args.stage;
  e.bias.assign(padded, 0);
  e.fp32.assign(padded, 0.0f);
  e.real_bias.assign(padded, 0.0f);
  std::copy_n(args.scales, channels, e.fp32.begin());
  std::copy_n(args.bias, channels, e.real_bias.begin());
  if (args.stage.formula == RealFormula::kColumnBlocks) {
    e.column_first.assign(padded, 0);
    std::fill_n(e.column_first.begin(), std::min(args.block_end, channels), -1);
  }
  return e;
}

}  // namespace

Epilogue make_epilogue(size_t channels, const EpilogueArgs& args) {
  if (args.real != nullptr) return make_real_epilogue(channels, *args.real);
  Epilogue e;
  e.rounding = args.rounding;
  const bool fixed = e.rounding == Rounding::kRuy || e.rounding == Rounding::kGemmlowp;
  const size_t padded = padded_channels(channels);
  e.bias.assign(padded, 0);
  if (fixed) {
    e.multiplier.assign(padded, 0);
    e.left_shift.assign(padded, 0);
    e.right_shift.assign(padded, args.wide ? 15 : 0);
    e.half_away.assign(padded, 0);
  }
  if (e.rounding == Rounding::kFp32) e.fp32.assign(padded, 0.0f);
  if (e.rounding == Rounding::kDouble) e.fp64.assign(padded, 0.0);
  e.wide = args.wide;
  if (e.wide) e.wide_bias.assign(padded, 0);
  for (size_t c = 0; c < channels; ++c) {
    const ChannelScale& s = args.scales[c];
    if (args.bias != nullptr) e.bias[c] = args.bias[c];
    if (fixed) {
      const bool gemmlowp = e.rounding == Rounding::kGemmlowp || c >= args.gemmlowp_channel;
      const int32_t left = std::max(s.shift, 0), right = std::max(-s.shift, 0);
      e.multiplier[c] = s.multiplier;
      // gemmlowp's left shift is x86's scalar one, which counts modulo 32.
      e.left_shift[c] = gemmlowp ? left & 31 : left;
      e.right_shift[c] = right;
      e.half_away[c] = gemmlowp ? -right : 0;
    }
    if (e.wide) {
      if (args.wide_bias != nullptr) e.wide_bias[c] = args.wide_bias[c];
      if (fixed) {
        e.multiplier[c] = reduced_multiplier(s.multiplier);
        e.right_shift[c] = 15 - s.shift;
      }
    }
    if (!e.fp32.empty()) e.fp32[c] = s.fp32;
    if (!e.fp64.empty()) e.fp64[c] = s.fp64;
  }
  e.output = args.output;
  return e;
}

}  // namespace intlite
