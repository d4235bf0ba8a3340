// requantize-inl.h: numerics/requantize.h on 16 lanes. Included once per instruction set.

// v / 2^n, half up; n = 0 leaves v, since a logical shift by -1 counts as 32 or more.
inline I32 rounding_shift_right_half_up(I32 v, I32 n) {
  const I32 half = shift_right_logical(v, n + set1(-1)) & set1(1);
  return shift_right(v, n) + half;
}

// Half away from zero: for negative v a tie must go down, so v is lowered by one
// first. A high product is never INT32_MIN, so that cannot overflow.
inline I32 rounding_divide_by_pot(I32 v, I32 n) {
  const I32 lower = shift_right(v & negate(n), set1(31));
  return rounding_shift_right_half_up(v + lower, n);
}

template <Rounding R>
inline I32 rescale(I32 acc, const Epilogue& e, size_t channel) {
  if constexpr (R == Rounding::kFp32) {
    const OutputStage& out = e.output;
    const F32 product = to_float(acc) * load(e.fp32.data() + channel);
    const F32 low = set1(static_cast<float>(out.min - out.zero_point));
    const F32 high = set1(static_cast<float>(out.max - out.zero_point));
    return to_int_half_even(max(min(product, high), low));
  } else if constexpr (R == Rounding::kDouble) {
    return scale_f64_half_away(acc, e.fp64.data() + channel);
  } else {
    const I32 shifted = shift_left(acc, load(e.left_shift.data() + channel));
    const I32 high = rounding_doubling_high_mul(shifted, load(e.multiplier.data() + channel));
    const I32 right = load(e.right_shift.data() + channel);
    if constexpr (R == Rounding::kRuy) return rounding_shift_right_half_up(high, right);
    return rounding_divide_by_pot(high, right);
  }
}

inline I32 finish(I32 rescaled, const OutputStage& out) {
  const I32 stored = rescaled + set1(out.zero_point);
  return min(max(stored, set1(out.min)), set1(out.max)) ^ set1(out.flip);
}

// acc[0 .. channels), plus a term that is one for the whole row, to stored bytes.
template <Rounding R>
void finish_channels(const Epilogue& e, const int32_t* bias, const int32_t* acc, int32_t row_term,
                     size_t first, size_t channels, uint8_t* output) {
  const I32 term = set1(row_term);
  for (size_t c = 0; c < channels; c += kLanes) {
    const I32 sum = load(acc + c) + load(bias + first + c) + term;
    const I32 stored = finish(rescale<R>(sum, e, first + c), e.output);
    if (channels - c >= kLanes) {
      store_low_bytes(output + c, stored);
    } else {
      uint8_t last[kLanes];
      store_low_bytes(last, stored);
      std::memcpy(output + c, last, channels - c);
    }
  }
}

// Accumulators of some rows and consecutive channels, and where their bytes go.
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
};

// The float product of four vectors, XNNPACK's way. What float min leaves is at most
// `max`, so what saturates below is the lower end only.
template <bool kUnsigned>
inline Bytes finish_fp32(const I32 (&sum)[4], const F32 (&scale)[4], const OutputStage& out) {
  const F32 high = set1(static_cast<float>(out.max - out.zero_point));
  I32 x[4];
  INTLITE_UNROLL
  for (int k = 0; k < 4; ++k) x[k] = to_int_half_even(min(to_float(sum[k]) * scale[k], high));
  return to_bytes<kUnsigned>(x, out.zero_point, out.min, out.flip);
}

// Up to 16 * kVectors channels; with few of them, several rows at once.
template <bool kUnsigned, int kVectors>
void finish_columns_fp32(const FinishArgs& args, size_t first, size_t channels) {
  constexpr int kRows = kVectors == 1 ? 4 : kVectors == 2 ? 2 : 1;
  const Epilogue& e = args.epilogue;
  const int32_t* acc = args.acc + (first - args.first);
  uint8_t* output = args.output + (first - args.first);
  I32 bias[4];
  F32 scale[4];
  INTLITE_UNROLL
  for (int k = 0; k < 4; ++k) {
    const size_t c = first + static_cast<size_t>(k % kVectors) * kLanes;
    bias[k] = load(args.bias + c);
    scale[k] = load(e.fp32.data() + c);
  }
  for (size_t r = 0; r < args.rows; r += kRows) {
    I32 sum[4];
    INTLITE_UNROLL
    for (int k = 0; k < 4; ++k) {
      const size_t row = std::min(r + static_cast<size_t>(k / kVectors % kRows), args.rows - 1);
      const size_t c = static_cast<size_t>(k % kVectors) * kLanes;
      sum[k] = load(acc + row * args.acc_stride + c) + bias[k];
      if (args.terms != nullptr) sum[k] = sum[k] + set1(args.terms[row]);
    }
    const Bytes bytes = finish_fp32<kUnsigned>(sum, scale, e.output);
    uint8_t* out = output + r * args.output_stride;
    const size_t left = args.rows - r;
    store_bytes<0, kVectors>(out, bytes, channels);
    if constexpr (kRows > 1) {
      constexpr int kNext = kVectors;
      if (left > 1) store_bytes<kNext, kVectors>(out + args.output_stride, bytes, channels);
    }
    if constexpr (kRows > 2) {
      if (left > 2) store_bytes<2, kVectors>(out + 2 * args.output_stride, bytes, channels);
      if (left > 3) store_bytes<3, kVectors>(out + 3 * args.output_stride, bytes, channels);
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

using FinishFn = void (*)(const Epilogue&, const int32_t*, const int32_t*, int32_t, size_t, size_t,
                          uint8_t*);
constexpr FinishFn kFinish[kRoundingCount] = {
    finish_channels<Rounding::kFp32>, finish_channels<Rounding::kRuy>,
    finish_channels<Rounding::kDouble>, finish_channels<Rounding::kGemmlowp>};

inline bool is_fp32(const Epilogue& e) {
  return e.rounding == Rounding::kFp32 && e.tail_rounding == Rounding::kFp32;
}

inline void finish_rows(const FinishArgs& args) {
  const Epilogue& e = args.epilogue;
  if (is_fp32(e)) {
    if (e.output.min < 0)
      finish_rows_fp32<false>(args);
    else
      finish_rows_fp32<true>(args);
    return;
  }
  const size_t first = args.first, channels = args.channels;
  const size_t head = e.tail_channel <= first ? 0 : std::min(channels, e.tail_channel - first);
  for (size_t r = 0; r < args.rows; ++r) {
    const int32_t* acc = args.acc + r * args.acc_stride;
    const int32_t term = args.terms == nullptr ? 0 : args.terms[r];
    uint8_t* output = args.output + r * args.output_stride;
    if (head != 0)
      kFinish[static_cast<int>(e.rounding)](e, args.bias, acc, term, first, head, output);
    if (head != channels)
      kFinish[static_cast<int>(e.tail_rounding)](e, args.bias, acc + head, term, first + head,
                                                 channels - head, output + head);
  }
}
