// window-inl.h: sums and maxima over windows of pixels. Included once per instruction set.

template <class F>
inline void each_pixel(const WindowArgs& w, size_t channel, F f) {
  for (size_t i = 0; i < w.rows; ++i)
    for (size_t j = 0; j < w.columns; ++j)
      f(w.input + i * w.row_stride + j * w.column_stride + channel);
}

// 16 * kVectors channels at a time, as long as there are so many.
template <class T, int kVectors>
inline size_t sum_channels(const WindowArgs& w, size_t c, int32_t* sums) {
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
    for (size_t k = 0; k < kVectors; ++k) store(sums + c + k * kLanes, sum[k]);
  }
  return c;
}

template <class T>
void sum_window(const WindowArgs& w, int32_t* sums) {
  size_t c = sum_channels<T, 4>(w, 0, sums);
  c = sum_channels<T, 1>(w, c, sums);
  for (; c < w.channels; ++c) {
    sums[c] = 0;
    each_pixel(w, c, [&](const uint8_t* x) { sums[c] += static_cast<T>(*x); });
  }
}

template <bool kUnsigned>
void max_window(const WindowArgs& w, uint8_t* output) {
  size_t c = 0;
  for (; c + 16 <= w.channels; c += 16) {
    Bytes16 greatest = load_bytes16(w.input + c);
    each_pixel(w, c, [&](const uint8_t* x) {
      greatest = max_bytes16<kUnsigned>(greatest, load_bytes16(x));
    });
    store_bytes16(output + c, greatest);
  }
  const uint8_t flip = kUnsigned ? 0 : 0x80;
  for (; c < w.channels; ++c) {
    int greatest = 0;
    each_pixel(w, c, [&](const uint8_t* x) { greatest = std::max(greatest, *x ^ flip); });
    output[c] = static_cast<uint8_t>(greatest ^ flip);
  }
}

void sum_window(const WindowArgs& w, int32_t* sums) {
  if (w.is_unsigned)
    sum_window<uint8_t>(w, sums);
  else
    sum_window<int8_t>(w, sums);
}

// Of at least one pixel.
void max_window(const WindowArgs& w, uint8_t* output) {
  if (w.is_unsigned)
    max_window<true>(w, output);
  else
    max_window<false>(w, output);
}
