// pool-inl.h: 16 channels of a window at a time.

struct PoolChannels {
  const PoolWindow& w;
  size_t channel, n;

  F32 at(size_t row, size_t column) const {
    const float* x = w.image + (row * w.width + column) * w.channels + channel;
    return n == 16 ? load(x) : load_first(x, n);
  }
  // f(found, x) of all pixels, row by row.
  template <class F>
  F32 all(F32 found, F f) const {
    for (size_t row = w.top; row < w.bottom; ++row)
      for (size_t column = w.left; column < w.right; ++column) found = f(found, at(row, column));
    return found;
  }
  F32 sum_of_nines() const;
};

// XNNPACK 75db3c0, src/f32-avgpool: places outside of the image are zeros. Nine of them add
// nothing to a sum, which is never -0, and are left out: a filter may have 2^62 places.
inline F32 PoolChannels::sum_of_nines() const {
  const F32 zero = set1(0.0f);
  F32 sum = zero;
  F32 x[9] = {zero, zero, zero, zero, zero, zero, zero, zero, zero};
  size_t nine = 0;
  const auto add_nine = [&] {
    const F32 first = ((x[0] + x[1]) + x[8]) + (x[6] + x[7]);
    sum = sum + (((x[2] + x[3]) + (x[4] + x[5])) + first);
    for (F32& place : x) place = zero;
  };
  for (size_t column = w.left; column < w.right; ++column) {
    size_t place = (column - w.left + w.skipped_columns) * w.filter_height + w.skipped_rows;
    for (size_t row = w.top; row < w.bottom; ++row, ++place) {
      if (place / 9 != nine) add_nine(), nine = place / 9;
      x[place % 9] = at(row, column);
    }
  }
  add_nine();
  return sum;
}

inline F32 pooled(const PoolChannels& channels, float count) {
  const F32 zero = set1(0.0f);
  const auto add = [](F32 sum, F32 x) { return sum + x; };
  const auto add_square = [](F32 sum, F32 x) { return sum + x * x; };
  switch (channels.w.function) {
    case PoolFunction::kAverage:
      return channels.all(zero, add) / set1(count);
    case PoolFunction::kAverageOfNines:
      return channels.sum_of_nines() * set1(1.0f / count);
    case PoolFunction::kMaximum:
      return channels.all(set1(-__builtin_inff()), [](F32 most, F32 x) { return max(x, most); });
    case PoolFunction::kRoot:
      return square_root(channels.all(zero, add_square) / set1(count));
    case PoolFunction::kRootByInverse:
      return square_root(channels.all(zero, add_square) * set1(1.0f / count));
  }
  return zero;
}

void pool_window(const PoolWindow& w) {
  const float count = static_cast<float>((w.bottom - w.top) * (w.right - w.left));
  const F32 low = set1(w.low), high = set1(w.high);
  for (size_t c = 0; c < w.channels; c += 16) {
    const size_t n = std::min<size_t>(16, w.channels - c);
    store_first(w.output + c, clamp(pooled({w, c, n}, count), low, high), n);
  }
}
