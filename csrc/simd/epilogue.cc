// epilogue.cc: channel parameters as arrays that vector code reads.
#include "epilogue.h"

namespace intlite {

Epilogue make_epilogue(size_t channels, const EpilogueArgs& args) {
  Epilogue e;
  e.rounding = args.rounding;
  e.tail_rounding = args.tail_channel < channels ? args.tail_rounding : args.rounding;
  const auto rounds_by = [&](Rounding r) { return e.rounding == r || e.tail_rounding == r; };
  const bool fixed = rounds_by(Rounding::kRuy) || rounds_by(Rounding::kGemmlowp);
  const size_t padded = padded_channels(channels);
  e.bias.assign(padded, 0);
  if (fixed) {
    e.multiplier.assign(padded, 0);
    e.left_shift.assign(padded, 0);
    e.right_shift.assign(padded, 0);
  }
  if (rounds_by(Rounding::kFp32)) e.fp32.assign(padded, 0.0f);
  if (rounds_by(Rounding::kDouble)) e.fp64.assign(padded, 0.0);
  for (size_t c = 0; c < channels; ++c) {
    const ChannelScale& s = args.scales[c];
    const Rounding rounding = c < args.tail_channel ? args.rounding : args.tail_rounding;
    const int32_t left = s.shift > 0 ? s.shift : 0;
    if (args.bias != nullptr) e.bias[c] = args.bias[c];
    if (fixed) {
      e.multiplier[c] = s.multiplier;
      // gemmlowp's left shift is x86's scalar one, which counts modulo 32.
      e.left_shift[c] = rounding == Rounding::kGemmlowp ? left & 31 : left;
      e.right_shift[c] = s.shift > 0 ? 0 : -s.shift;
    }
    if (!e.fp32.empty()) e.fp32[c] = s.fp32;
    if (!e.fp64.empty()) e.fp64[c] = s.fp64;
  }
  e.tail_channel = args.tail_channel;
  e.output = args.output;
  return e;
}

}  // namespace intlite
