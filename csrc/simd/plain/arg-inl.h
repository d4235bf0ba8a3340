// arg-inl.h: the greatest of elements, by keys that are ordered as integers.

// As what elements are compared, and made of one by `flip`: ~x of the least, x ^ 0x80 of bytes.
template <class T>
struct ArgKey {
  using Key = std::conditional_t<sizeof(T) == 1, int8_t, int32_t>;
  static Key of(T x, int32_t flip) { return static_cast<Key>(static_cast<int32_t>(x) ^ flip); }
};
template <>
struct ArgKey<float> {
  using Key = int32_t;
  static int32_t of(float x, int32_t flip) {
    const float zero_once = flip < 0 ? 0.0f - x : x + 0.0f;
    int32_t bits;
    std::memcpy(&bits, &zero_once, sizeof bits);
    const int32_t key = bits ^ ((bits >> 31) & INT32_MAX);
    return x == x ? key : INT32_MIN;
  }
};

// Neighbours side by side: positions are told by bytes where keys are, a stretch at a time.
template <class T, size_t kCount>
void arg_columns(const ArgArgs& args, int32_t flip) {
  using Key = typename ArgKey<T>::Key;
  using Step = std::make_unsigned_t<Key>;
  constexpr size_t kStretch = sizeof(Key) == 1 ? UINT8_MAX : INT32_MAX;
  const T* x = reinterpret_cast<const T*>(args.input);
  const size_t count = kCount == 0 ? args.count : kCount;
  Key best[kArgLanes];
  Step step[kArgLanes];
  for (size_t i = 0; i < count; ++i) best[i] = ArgKey<T>::of(x[i], flip);
  std::fill_n(args.found, count, 0);
  for (size_t first = 1; first < args.axis; first += kStretch) {
    const size_t some = std::min(args.axis - first, kStretch);
    std::fill_n(step, count, Step{0});
    for (size_t k = 0; k < some; ++k) {
      const T* row = x + (first + k) * args.stride;
      const Step here = static_cast<Step>(k + 1);
      for (size_t i = 0; i < count; ++i) {
        const Key key = ArgKey<T>::of(row[i], flip);
        step[i] = key > best[i] ? here : step[i];
        best[i] = key > best[i] ? key : best[i];
      }
    }
    for (size_t i = 0; i < count; ++i)
      if (step[i] != 0) args.found[i] = static_cast<int32_t>(first + step[i] - 1);
  }
}

// One row of neighbours along the axis: the greatest, then the first that is it.
template <class T>
void arg_row(const ArgArgs& args, int32_t flip) {
  using Key = typename ArgKey<T>::Key;
  constexpr size_t kBlock = 64;
  const T* x = reinterpret_cast<const T*>(args.input);
  Key best = ArgKey<T>::of(x[0], flip);
  for (size_t i = 0; i < args.axis; ++i) best = std::max(best, ArgKey<T>::of(x[i], flip));
  size_t i = 0;
  for (; i + kBlock <= args.axis; i += kBlock) {
    bool here = false;
    for (size_t k = 0; k < kBlock; ++k) here |= ArgKey<T>::of(x[i + k], flip) == best;
    if (here) break;
  }
  while (ArgKey<T>::of(x[i], flip) != best) ++i;
  *args.found = static_cast<int32_t>(i);
}

template <class T>
void arg_of(const ArgArgs& args, int32_t flip) {
  if (args.count == 1 && args.stride == 1) return arg_row<T>(args, flip);
  if (args.count == kArgLanes) return arg_columns<T, kArgLanes>(args, flip);
  arg_columns<T, 0>(args, flip);
}

void arg(const ArgArgs& args) {
  const int32_t flip = args.least ? -1 : 0;
  switch (args.type) {
    case ElementType::kInt8:
      return arg_of<int8_t>(args, flip);
    case ElementType::kInt32:
      return arg_of<int32_t>(args, flip);
    case ElementType::kFloat32:
      return arg_of<float>(args, flip);
    default:
      return arg_of<uint8_t>(args, flip ^ 0x80);
  }
}
