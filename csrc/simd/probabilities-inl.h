// probabilities-inl.h: the end of a float32 softmax. Included once per instruction set.

void probabilities(const ProbabilityArgs& args) {
  const F32 inverse = set1(args.inverse);
  const I32 zero_point = set1(args.zero_point), low = set1(-128), high = set1(127);
  const auto stored = [&](const float* x) {
    return min(max(to_int_half_away(load(x) * inverse) + zero_point, low), high);
  };
  size_t i = 0;
  for (; i + kLanes <= args.size; i += kLanes)
    store_low_bytes(args.output + i, stored(args.exponentials + i));
  if (i == args.size) return;
  float last[kLanes] = {};
  uint8_t bytes[kLanes];
  std::memcpy(last, args.exponentials + i, (args.size - i) * sizeof(float));
  store_low_bytes(bytes, stored(last));
  std::memcpy(args.output + i, bytes, args.size - i);
}
