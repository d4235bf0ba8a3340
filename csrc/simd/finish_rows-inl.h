// finish_rows-inl.h: stages and stores of accumulators that lie in memory, as AMX tiles and rows of
// few values leave them. Included once per instruction set, after stores-inl.h.

// Accumulators of some rows and consecutive channels, without the bias, and where their values go.
struct FinishArgs {
  const Epilogue& epilogue;
  const int32_t* bias;  // one a channel, padded as the epilogue's arrays are
  const int32_t* acc;   // up to 15 past the last channel are read
  size_t acc_stride;
  const int32_t* terms;  // one a row, or null
  size_t rows;
  size_t first, channels;
  uint8_t* output;
  size_t output_stride;
  QuantizedRows quantized{};
};

// One vector at a time, as a single row has it: an IntegerStage's values, clamped at the lower end.
class LowByteStore {
 public:
  static constexpr size_t kValueBytes = 1;
  explicit LowByteStore(const OutputStage& out) : min_(set1(out.min)), flip_(set1(out.flip)) {}

  INTLITE_INLINE void operator()(uint8_t* to, I32 value, size_t columns) const {
    value = max(value, min_) ^ flip_;
    if (columns >= kLanes) return store_low_bytes(to, value);
    uint8_t some[kLanes];
    store_low_bytes(some, value);
    store_some(to, some, columns);
  }

 private:
  I32 min_, flip_;
};

// The same of int16.
class LowWordStore {
 public:
  static constexpr size_t kValueBytes = 2;
  explicit LowWordStore(const OutputStage& out) : min_(set1(out.min)) {}

  INTLITE_INLINE void operator()(uint8_t* to, I32 value, size_t columns) const {
    int16_t some[kLanes];
    store_low_words(some, max(value, min_));
    std::memcpy(to, some, std::min(columns, kLanes) * kValueBytes);
  }

 private:
  I32 min_;
};

// All but float products.
template <class Stage, class Store = LowByteStore>
void finish_rows_by(const FinishArgs& args) {
  Stage stage(args.epilogue.output);
  const Store store(args.epilogue.output);
  for (size_t c = 0; c < args.channels; c += kLanes) {
    stage.set_channel(args.epilogue, args.first + c);
    const I32 bias = load(args.bias + args.first + c);
    const int32_t *acc = args.acc + c, *terms = args.terms;
    uint8_t* out = args.output + c * Store::kValueBytes;
    for (size_t r = 0; r < args.rows; ++r, acc += args.acc_stride, out += args.output_stride) {
      I32 sum = load(acc) + bias;
      if (terms != nullptr) sum = sum + set1(terms[r]);
      store(out, stage(sum), args.channels - c);
    }
  }
}

// Float products, whose bytes are stored by four vectors: up to 16 * kVectors channels; with few of
// them, several rows at once.
template <bool kUnsigned, int kVectors>
void finish_columns_fp32(const FinishArgs& args, size_t first, size_t channels) {
  constexpr int kRows = kVectors == 1 ? 4 : kVectors == 2 ? 2 : 1;
  const Epilogue& e = args.epilogue;
  const int32_t* acc = args.acc + (first - args.first);
  const size_t stride = args.output_stride;
  uint8_t* output = args.output + (first - args.first);
  const F32 high = Fp32Stage::high(e.output);
  I32 bias[4];
  F32 scale[4];
  INTLITE_UNROLL
  for (int k = 0; k < 4; ++k) {
    const size_t c = first + static_cast<size_t>(k % kVectors) * kLanes;
    bias[k] = load(args.bias + c);
    scale[k] = load(e.fp32.data() + c);
  }
  for (size_t r = 0; r < args.rows; r += kRows) {
    I32 x[4];
    INTLITE_UNROLL
    for (int k = 0; k < 4; ++k) {
      const size_t row = std::min(r + static_cast<size_t>(k / kVectors % kRows), args.rows - 1);
      const size_t c = static_cast<size_t>(k % kVectors) * kLanes;
      I32 sum = load(acc + row * args.acc_stride + c) + bias[k];
      if (args.terms != nullptr) sum = sum + set1(args.terms[row]);
      x[k] = Fp32Stage::rounded(sum, scale[k], high);
    }
    const Bytes bytes = to_bytes<kUnsigned>(x, e.output.zero_point, e.output.min, e.output.flip);
    uint8_t* out = output + r * stride;
    const size_t left = args.rows - r;
    store_bytes<0, kVectors>(out, bytes, channels);
    if constexpr (kRows > 1) {
      constexpr int kNext = kVectors;
      if (left > 1) store_bytes<kNext, kVectors>(out + stride, bytes, channels);
    }
    if constexpr (kRows > 2) {
      if (left > 2) store_bytes<2, kVectors>(out + 2 * stride, bytes, channels);
      if (left > 3) store_bytes<3, kVectors>(out + 3 * stride, bytes, channels);
    }
  }
}

template <bool kUnsigned>
void finish_rows_fp32(const FinishArgs& args) {
  for (size_t done = 0; done < args.channels; done += 4 * kLanes) {
    const size_t first = args.first + done, channels = std::min(args.channels - done, 4 * kLanes);
    switch ((channels + kLanes - 1) / kLanes) {
      case 1:
        finish_columns_fp32<kUnsigned, 1>(args, first, channels);
        break;
      case 2:
        finish_columns_fp32<kUnsigned, 2>(args, first, channels);
        break;
      case 3:
        finish_columns_fp32<kUnsigned, 3>(args, first, channels);
        break;
      default:
        finish_columns_fp32<kUnsigned, 4>(args, first, channels);
    }
  }
}

template <RealFormula kFormula>
void finish_reals_by(const FinishArgs& args) {
  for (size_t c = 0; c < args.channels; c += kLanes) {
    const RealEnd<kFormula> end(args.epilogue, args.bias, args.first + c);
    const I32 bias = load(args.bias + args.first + c);
    const int32_t* acc = args.acc + c;
    uint8_t* out = args.output + c * sizeof(float);
    for (size_t r = 0; r < args.rows; ++r, acc += args.acc_stride, out += args.output_stride)
      store_reals(out, end(load(acc) + bias, args.quantized[r]), args.channels - c);
  }
}

inline void finish_reals(const FinishArgs& args) {
  by_formula(args.epilogue.real.formula, [&](auto f) { finish_reals_by<f.value>(args); });
}

inline void finish_rows(const FinishArgs& args) {
  const Epilogue& e = args.epilogue;
  if (e.is_real)
    finish_reals(args);
  else if (is_double(e))
    finish_rows_by<DoubleStage>(args);
  else if (!is_fp32(e))
    finish_rows_by<FixedStage>(args);
  else if (e.output.min < 0)
    finish_rows_fp32<false>(args);
  else
    finish_rows_fp32<true>(args);
}

// Of int16, whose sums int32 holds, or that are modulo 2^32.
inline void finish_words(const FinishArgs& args) {
  const Epilogue& e = args.epilogue;
  if (is_double(e))
    finish_rows_by<DoubleStage, LowWordStore>(args);
  else if (e.wide)
    finish_rows_by<ReducedStage, LowWordStore>(args);
  else
    finish_rows_by<FixedStage, LowWordStore>(args);
}
