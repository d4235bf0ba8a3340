// window-inl.h: sums and maxima over windows of pixels. Included once per instruction set.

template <class F>
inline void each_pixel(const WindowArgs& w, size_t channel, F f) {
  for (size_t i = 0; i < w.rows; ++i)
    for (size_t j = 0; j < w.columns; ++j)
      f(w.input + i * w.row_stride + j * w.column_stride + channel);
}

// 16 * kVectors channels at a time, as long as there are so many. Each 16 sums go to
// finish(channel, sums).
template <class T, int kVectors, class F>
inline size_t sum_channels(const WindowArgs& w, size_t c, F finish) {
  for (; c + kVectors * kLanes <= w.channels; c += kVectors * kLanes) {
    I32 sum[kVectors];
    INTLITE_UNROLL
    for (size_t k = 0; k < kVectors; ++k) sum[k] = set1(0);
    each_pixel(w, c, [&](const uint8_t* x) {
      INTLITE_UNROLL
      for (size_t k = 0; k < kVectors; ++k)
        sum[k] = sum[k] + load_widen(reinterpret_cast<const T*>(x) + k * kLanes);
    });
    INTLITE_UNROLL
    for (size_t k = 0; k < kVectors; ++k) finish(c + k * kLanes, sum[k]);
  }
  return c;
}

// Calls finish(channel, 16 sums) for all channels, for some twice; at the end of fewer than
// 16 channels in all, finish_some(channel, sums, channels).
template <class T, class F, class G>
inline void sum_all(const WindowArgs& w, F finish, G finish_some) {
  size_t c = sum_channels<T, 4>(w, 0, finish);
  c = sum_channels<T, 1>(w, c, finish);
  if (c == w.channels) return;
  if (c != 0) {
    sum_channels<T, 1>(w, w.channels - kLanes, finish);
    return;
  }
  int32_t sums[kLanes] = {};
  each_pixel(w, 0, [&](const uint8_t* x) {
    for (size_t i = 0; i < w.channels; ++i) sums[i] += static_cast<T>(x[i]);
  });
  finish_some(0, load(sums), w.channels);
}

template <class T>
void sum_window(const WindowArgs& w, int32_t* sums) {
  const auto finish = [&](size_t c, I32 sum) { store(sums + c, sum); };
  sum_all<T>(w, finish, [&](size_t c, I32 sum, size_t n) {
    int32_t some[kLanes];
    store(some, sum);
    std::memcpy(sums + c, some, n * sizeof(int32_t));
  });
}

// Stores stored(sums) as bytes.
template <class T, class F>
inline void store_sums(const WindowArgs& w, uint8_t* output, F stored) {
  const auto finish = [&](size_t c, I32 sum) { store_low_bytes(output + c, stored(sum)); };
  sum_all<T>(w, finish, [&](size_t c, I32 sum, size_t n) {
    uint8_t some[kLanes];
    store_low_bytes(some, stored(sum));
    std::memcpy(output + c, some, n);
  });
}

template <class T>
void average_window(const WindowArgs& w, I32 low, I32 high, uint8_t* output) {
  const F32 area = set1(static_cast<float>(std::max<size_t>(w.rows * w.columns, 1)));
  store_sums<T>(w, output, [&](I32 sum) {
    return min(max(to_int_half_away(to_float(sum) / area), low), high);
  });
}

template <class T>
void scale_window(const WindowArgs& w, F32 scale, F32 bias, uint8_t* output) {
  constexpr bool kUnsigned = std::is_unsigned<T>::value;
  const F32 low = set1(kUnsigned ? 0.0f : -128.0f), high = set1(kUnsigned ? 255.0f : 127.0f);
  store_sums<T>(w, output, [&](I32 sum) {
    return to_int_half_even(max(min(to_float(sum) * scale + bias, high), low));
  });
}

// Compares bytes, of whichever sign, for the greater or the lesser one.
template <bool kUnsigned, bool kLeast>
struct Extremum {
  static Bytes16 of(Bytes16 a, Bytes16 b) {
    return kLeast ? min_bytes16<kUnsigned>(a, b) : max_bytes16<kUnsigned>(a, b);
  }
  static uint8_t of(uint8_t a, uint8_t b) {
    constexpr uint8_t kFlip = (kUnsigned ? 0 : 0x80) ^ (kLeast ? 0xFF : 0);
    return (a ^ kFlip) < (b ^ kFlip) ? b : a;
  }
};

template <class E, int kVectors>
inline size_t extreme_channels(const WindowArgs& w, size_t c, uint8_t* output) {
  for (; c + kVectors * 16 <= w.channels; c += kVectors * 16) {
    Bytes16 found[kVectors];
    INTLITE_UNROLL
    for (size_t k = 0; k < kVectors; ++k) found[k] = load_bytes16(w.input + c + k * 16);
    each_pixel(w, c, [&](const uint8_t* x) {
      INTLITE_UNROLL
      for (size_t k = 0; k < kVectors; ++k) found[k] = E::of(found[k], load_bytes16(x + k * 16));
    });
    INTLITE_UNROLL
    for (size_t k = 0; k < kVectors; ++k) store_bytes16(output + c + k * 16, found[k]);
  }
  return c;
}

template <class E>
void extreme_window(const WindowArgs& w, uint8_t* output) {
  size_t c = extreme_channels<E, 4>(w, 0, output);
  c = extreme_channels<E, 1>(w, c, output);
  if (c != 0 && c != w.channels) {
    extreme_channels<E, 1>(w, w.channels - 16, output);
    return;
  }
  for (; c < w.channels; ++c) {
    uint8_t found = w.input[c];
    each_pixel(w, c, [&](const uint8_t* x) { found = E::of(found, *x); });
    output[c] = found;
  }
}

void sum_window(const WindowArgs& w, int32_t* sums) {
  if (w.is_unsigned)
    sum_window<uint8_t>(w, sums);
  else
    sum_window<int8_t>(w, sums);
}

// Half away from zero, then clamped. Of at most kMostAveraged pixels.
void average_window(const WindowArgs& w, int32_t low, int32_t high, uint8_t* output) {
  if (w.is_unsigned)
    average_window<uint8_t>(w, set1(low), set1(high), output);
  else
    average_window<int8_t>(w, set1(low), set1(high), output);
}

// float32(sum) * scale + bias, both finite, half to even.
void scale_window(const WindowArgs& w, float scale, float bias, uint8_t* output) {
  if (w.is_unsigned)
    scale_window<uint8_t>(w, set1(scale), set1(bias), output);
  else
    scale_window<int8_t>(w, set1(scale), set1(bias), output);
}

// These two of at least one pixel. The output may be the first one.
void max_window(const WindowArgs& w, uint8_t* output) {
  if (w.is_unsigned)
    extreme_window<Extremum<true, false>>(w, output);
  else
    extreme_window<Extremum<false, false>>(w, output);
}
void min_window(const WindowArgs& w, uint8_t* output) {
  if (w.is_unsigned)
    extreme_window<Extremum<true, true>>(w, output);
  else
    extreme_window<Extremum<false, true>>(w, output);
}
