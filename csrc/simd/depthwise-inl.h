// depthwise-inl.h: depthwise convolution, pixel by pixel, 16 channels at a time.
// Included once per instruction set.

template <class T>
inline I32 load_some(const T* p, size_t n) {
  if (n >= kLanes) return load_widen(p);
  T last[kLanes] = {};
  std::memcpy(last, p, n * sizeof(T));
  return load_widen(last);
}

// acc += (x - zero_point) * filter, over the channels of one tap.
template <class T>
inline void accumulate_tap(const T* x, const int16_t* filter, size_t channels, I32 offset,
                           int32_t* acc) {
  for (size_t c = 0; c < channels; c += kLanes) {
    const I32 product = (load_some(x + c, channels - c) + offset) * load_widen(filter + c);
    store(acc + c, load(acc + c) + product);
  }
}

template <class T>
void depthwise_image(const DepthwiseArgs& args) {
  const DepthwiseWeights& w = *args.weights;
  const DepthwiseGeometry& g = w.geometry;
  const size_t channels = g.output_channels();
  int32_t* acc = reinterpret_cast<int32_t*>(args.scratch);
  T* repeated = reinterpret_cast<T*>(acc + w.padded_channels + kLanes);
  const T* image = reinterpret_cast<const T*>(args.input);
  const I32 offset = set1(-w.input_zero_point);
  uint8_t* output = args.output;
  for (size_t oy = 0; oy < g.output_height; ++oy) {
    for (size_t ox = 0; ox < g.output_width; ++ox, output += channels) {
      std::memset(acc, 0, w.padded_channels * sizeof(int32_t));
      for (size_t i = 0; i < g.filter_height; ++i) {
        // Before the image wraps around to huge: one comparison finds both sides.
        const size_t y = oy * g.stride_height + i * g.dilation_height - g.pad_top;
        if (y >= g.input_height) continue;
        for (size_t j = 0; j < g.filter_width; ++j) {
          const size_t x = ox * g.stride_width + j * g.dilation_width - g.pad_left;
          if (x >= g.input_width) continue;
          const T* pixel = image + (y * g.input_width + x) * g.input_channels;
          if (g.multiplier != 1) {
            for (size_t c = 0; c < channels; ++c) repeated[c] = pixel[c / g.multiplier];
            pixel = repeated;
          }
          const int16_t* filter = w.filter.data() + (i * g.filter_width + j) * w.padded_channels;
          accumulate_tap(pixel, filter, channels, offset, acc);
        }
      }
      finish_row(w.epilogue, acc, 0, 0, channels, output);
    }
  }
}

void depthwise(const DepthwiseArgs& args) {
  if (args.weights->input_unsigned)
    depthwise_image<uint8_t>(args);
  else
    depthwise_image<int8_t>(args);
}
