// depthwise_int16-inl.h: sums of some channels over a filter's taps that meet the image: beyond it
// all is zero. Included once per instruction set, after finish_rows-inl.h.

// 16 channels of a pixel, as int32 each: `at` is where the first vector's first value lies.
struct DirectWords {
  INTLITE_INLINE I32 operator()(const uint8_t* at, size_t k) const {
    return load_widen(reinterpret_cast<const int16_t*>(at) + k * kLanes);
  }
};
// Fewer, which may be the image's last ones; what comes behind them meets weights of zero.
struct LastWords {
  const uint8_t* end;
  size_t bytes;

  INTLITE_INLINE I32 operator()(const uint8_t* at, size_t) const {
    if (end - at >= 32) return load_widen(reinterpret_cast<const int16_t*>(at));
    int16_t some[kLanes] = {};
    std::memcpy(some, at, bytes);
    return load_widen(some);
  }
};
// By the number of each one's input channel; `at` is the pixel.
struct RepeatedWords {
  const uint32_t* sources;

  INTLITE_INLINE I32 operator()(const uint8_t* at, size_t) const {
    int16_t some[kLanes];
    for (size_t i = 0; i < kLanes; ++i)
      std::memcpy(some + i, at + sources[i] * sizeof(int16_t), sizeof(int16_t));
    return load_widen(some);
  }
};

class DepthwiseInt16Row {
 public:
  DepthwiseInt16Row(const DepthwiseInt16Args& args, size_t row, uint8_t* output)
      : w_(*args.weights), image_(args.image), rows_(w_.rows[row]), output_(output) {}

  void run() const {
    const size_t channels = w_.geometry.output_channels;
    if (w_.multiplier != 1) {
      for (size_t c = 0; c < channels; c += kLanes)
        block<1>(c, 0, RepeatedWords{w_.sources.data() + c});
      return;
    }
    size_t c = blocks<4>(0);
    c = blocks<2>(c);
    c = blocks<1>(c);
    const WindowGeometry& g = w_.geometry;
    const uint8_t* end = image_ + g.input_pixels() * g.input_channels * sizeof(int16_t);
    if (c < channels) block<1>(c, c, LastWords{end, (channels - c) * sizeof(int16_t)});
  }

 private:
  template <int kVectors>
  size_t blocks(size_t c) const {
    for (; c + kVectors * kLanes <= w_.geometry.output_channels; c += kVectors * kLanes)
      block<kVectors>(c, c, DirectWords{});
    return c;
  }

  // Outputs from `channel` on, of inputs from `source` on, for the whole row.
  template <int kVectors, class Words>
  void block(size_t channel, size_t source, Words words) const {
    constexpr size_t kPixels = 16, kColumns = kVectors * kLanes;
    const WindowGeometry& g = w_.geometry;
    const size_t pixel_bytes = g.output_channels * sizeof(int16_t);
    alignas(64) int32_t sums[kPixels * kColumns];
    for (size_t x = 0; x < g.output_width; x += kPixels) {
      const size_t some = std::min(kPixels, g.output_width - x);
      for (size_t i = 0; i < some; ++i)
        pixel<kVectors>(w_.columns[x + i], channel, source, words, sums + i * kColumns);
      finish_words({.epilogue = w_.epilogue,
                    .bias = w_.epilogue.bias.data(),
                    .acc = sums,
                    .acc_stride = kColumns,
                    .terms = nullptr,
                    .rows = some,
                    .first = channel,
                    .channels = std::min(kColumns, g.output_channels - channel),
                    .output = output_ + x * pixel_bytes + channel * sizeof(int16_t),
                    .output_stride = pixel_bytes});
    }
  }

  template <int kVectors, class Words>
  INTLITE_INLINE void pixel(const TapSpan& columns, size_t channel, size_t source, Words words,
                            int32_t* sums) const {
    const WindowGeometry& g = w_.geometry;
    I32 sum[kVectors];
    INTLITE_UNROLL
    for (int k = 0; k < kVectors; ++k) sum[k] = set1(0);
    const size_t pixel_bytes = g.input_channels * sizeof(int16_t);
    const size_t step = g.dilation_width * pixel_bytes;
    for (size_t i = rows_.first; i < rows_.end; ++i) {
      const size_t y = rows_.at + (i - rows_.first) * g.dilation_height;
      const uint8_t* x =
          image_ + (y * g.input_width + columns.at) * pixel_bytes + source * sizeof(int16_t);
      const int32_t* tap =
          w_.filter.get() + (i * g.filter_width + columns.first) * w_.padded_channels + channel;
      for (size_t j = columns.first; j < columns.end; ++j, x += step, tap += w_.padded_channels) {
        INTLITE_UNROLL
        for (size_t k = 0; k < kVectors; ++k)
          sum[k] = add_word_products(sum[k], words(x, k), load(tap + k * kLanes));
      }
    }
    INTLITE_UNROLL
    for (size_t k = 0; k < kVectors; ++k) store(sums + k * kLanes, sum[k]);
  }

  const DepthwiseInt16Weights& w_;
  const uint8_t* image_;
  TapSpan rows_;
  uint8_t* output_;
};

void depthwise_int16(const DepthwiseInt16Args& args) {
  const WindowGeometry& g = args.weights->geometry;
  const size_t row_bytes = g.output_width * g.output_channels * sizeof(int16_t);
  for (size_t row = args.first_row; row < args.end_row; ++row)
    DepthwiseInt16Row(args, row, args.output + (row - args.first_row) * row_bytes).run();
}
