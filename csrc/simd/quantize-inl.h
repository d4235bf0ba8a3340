// quantize-inl.h: float32 to stored integers and back. Included once per instruction set.

struct StoredRange {
  int32_t zero_point, min, max;
};

inline StoredRange stored_range(StoredType type, int32_t zero_point) {
  switch (type) {
    case StoredType::kInt8:
      return {zero_point, -128, 127};
    case StoredType::kUint8:
      return {zero_point, 0, 255};
    case StoredType::kInt16:
      return {zero_point, -32768, 32767};
  }
  return {zero_point, 0, 0};
}

inline I32 to_stored(I32 rounded, const StoredRange& range) {
  const I32 stored = rounded + set1(range.zero_point);
  return min(max(stored, set1(range.min)), set1(range.max));
}

template <RealRounding R>
inline I32 quantize16(F32 x, const QuantizeArgs& args, const StoredRange& range) {
  if constexpr (R == RealRounding::kDivide) {
    return to_stored(to_int_half_away(x / set1(args.scale)), range);
  } else {
    F32 scaled = x * set1(1.0f / args.scale);
    if constexpr (R == RealRounding::kMultiply) {
      // In this order NaN becomes the upper end, as in XNNPACK.
      scaled = min(scaled, set1(static_cast<float>(range.max - range.zero_point)));
      scaled = max(scaled, set1(static_cast<float>(range.min - range.zero_point)));
    }
    return to_stored(to_int_half_even(scaled), range);
  }
}

inline void store_stored(uint8_t* p, I32 x) { store_low_bytes(p, x); }
inline void store_stored(int16_t* p, I32 x) { store_low_words(p, x); }

template <RealRounding R, class T>
void quantize_run(const float* x, T* y, size_t size, const QuantizeArgs& args,
                  const StoredRange& range) {
  size_t i = 0;
  for (; i + 16 <= size; i += 16) store_stored(y + i, quantize16<R>(load(x + i), args, range));
  if (i == size) return;
  float last[16] = {};
  T stored[16];
  std::memcpy(last, x + i, (size - i) * sizeof(float));
  store_stored(stored, quantize16<R>(load(last), args, range));
  std::memcpy(y + i, stored, (size - i) * sizeof(T));
}

template <class T>
void quantize_runs(const QuantizeArgs& args) {
  const StoredRange range = stored_range(args.type, args.zero_point);
  const float* x = args.input;
  T* y = static_cast<T*>(args.output);
  if (args.rounding == RealRounding::kMultiply)
    return quantize_run<RealRounding::kMultiply>(x, y, args.size * args.runs, args, range);
  if (args.rounding == RealRounding::kDivide)
    return quantize_run<RealRounding::kDivide>(x, y, args.size * args.runs, args, range);
  const size_t blocks = args.size / 8 * 8;
  for (size_t run = 0; run < args.runs; ++run, x += args.size, y += args.size) {
    quantize_run<RealRounding::kMultiplyInBlocks>(x, y, blocks, args, range);
    for (size_t i = blocks; i < args.size; ++i) {
      const double quotient = static_cast<double>(x[i]) / static_cast<double>(args.scale);
      const int32_t stored =
          wrapping_add(truncate_to_int32(std::round(quotient)), range.zero_point);
      y[i] = static_cast<T>(std::min(std::max(stored, range.min), range.max));
    }
  }
}

void quantize(const QuantizeArgs& args) {
  if (stored_size(args.type) == 1)
    quantize_runs<uint8_t>(args);
  else
    quantize_runs<int16_t>(args);
}

template <bool kTwice>
inline F32 dequantize16(I32 x, const DequantizeArgs& args) {
  if constexpr (kTwice) {
    const double offset = -args.zero_point * static_cast<double>(args.scale);
    return to_float(x) * set1(args.scale) + set1(static_cast<float>(offset));
  }
  return to_float(x + set1(-args.zero_point)) * set1(args.scale);
}

template <bool kTwice, class T>
void dequantize_run(const T* x, float* y, size_t size, const DequantizeArgs& args) {
  size_t i = 0;
  for (; i + 16 <= size; i += 16) store(y + i, dequantize16<kTwice>(load_widen(x + i), args));
  if (i == size) return;
  T last[16] = {};
  float real[16];
  std::memcpy(last, x + i, (size - i) * sizeof(T));
  store(real, dequantize16<kTwice>(load_widen(last), args));
  std::memcpy(y + i, real, (size - i) * sizeof(float));
}

template <class T>
void dequantize_runs(const DequantizeArgs& args) {
  const T* x = static_cast<const T*>(args.input);
  float* y = args.output;
  if (!args.blocks) return dequantize_run<false>(x, y, args.size * args.runs, args);
  const size_t blocks = args.size / 8 * 8;
  for (size_t run = 0; run < args.runs; ++run, x += args.size, y += args.size) {
    dequantize_run<true>(x, y, blocks, args);
    dequantize_run<false>(x + blocks, y + blocks, args.size - blocks, args);
  }
}

void dequantize(const DequantizeArgs& args) {
  switch (args.type) {
    case StoredType::kInt8:
      return dequantize_runs<int8_t>(args);
    case StoredType::kUint8:
      return dequantize_runs<uint8_t>(args);
    case StoredType::kInt16:
      return dequantize_runs<int16_t>(args);
  }
}
