// blend-inl.h: bilinear resizing by integers, 16 values at a time. Included once per
// instruction set.

template <class T>
void blend_columns(const BlendColumnsArgs& args) {
  const size_t channels = args.channels;
  const uint8_t* end = args.line + args.readable;
  int32_t* to = args.output;
  for (size_t j = 0; j < args.pixels; ++j, to += channels) {
    const uint8_t* left = args.line + static_cast<size_t>(args.low[j]) * channels;
    const uint8_t* right = args.line + static_cast<size_t>(args.high[j]) * channels;
    const I32 after = set1(args.weight[j]), before = set1((1 << args.bits) - args.weight[j]);
    for (size_t c = 0; c < channels; c += kLanes) {
      uint8_t last[2][kLanes];
      const uint8_t *a = left + c, *b = right + c;
      if (static_cast<size_t>(end - std::max(a, b)) < kLanes) {
        const size_t some = std::min(channels - c, kLanes);
        std::memcpy(last[0], a, some);
        std::memcpy(last[1], b, some);
        a = last[0];
        b = last[1];
      }
      store(to + c, load_widen(reinterpret_cast<const T*>(a)) * before +
                        load_widen(reinterpret_cast<const T*>(b)) * after);
    }
  }
}

void blend_columns(const BlendColumnsArgs& args) {
  if (args.is_unsigned)
    blend_columns<uint8_t>(args);
  else
    blend_columns<int8_t>(args);
}

void blend_rows(const BlendRowsArgs& args) {
  const I32 after = set1(args.weight), before = set1((1 << args.bits) - args.weight);
  const I32 half = set1(1 << (2 * args.bits - 1)), bits = set1(2 * args.bits);
  // One less on negative sums makes half up half away from zero.
  const I32 away = set1(args.half_away ? -1 : 0), sign = set1(31);
  const auto blended = [&](const int32_t* top, const int32_t* bottom) {
    const I32 sum = load(top) * before + load(bottom) * after;
    return shift_right(sum + half + (shift_right(sum, sign) & away), bits);
  };
  size_t i = 0;
  for (; i + kLanes <= args.size; i += kLanes)
    store_low_bytes(args.output + i, blended(args.top + i, args.bottom + i));
  if (i < args.size) {
    uint8_t last[kLanes];
    store_low_bytes(last, blended(args.top + i, args.bottom + i));
    std::memcpy(args.output + i, last, args.size - i);
  }
}
