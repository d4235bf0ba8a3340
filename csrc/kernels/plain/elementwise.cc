// elementwise.cc: plain loops.
#include "elementwise.h"

#include <limits>

#include "element_type.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 16 << 10, kBlock = 1024;

template <class T>
T negative(T x) {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>(U{0} - static_cast<U>(x));
}

template <class T>
void apply(IntegerFunction function, const T* x, size_t size, T* y) {
  switch (function) {
    case IntegerFunction::kNegate:
      for (size_t i = 0; i < size; ++i) y[i] = negative(x[i]);
      return;
    case IntegerFunction::kAbsolute:
      for (size_t i = 0; i < size; ++i) y[i] = x[i] < 0 ? negative(x[i]) : x[i];
      return;
    case IntegerFunction::kSign:
      for (size_t i = 0; i < size; ++i) y[i] = T{x[i] > 0} - T{x[i] < 0};
      return;
    case IntegerFunction::kNot:
      break;
  }
}

void add(const AddNArgs&, const int32_t* a, const int32_t* b, size_t size, int32_t* y) {
  for (size_t i = 0; i < size; ++i) y[i] = wrapping_sum(a[i], b[i]);
}
void add(const AddNArgs& args, const float* a, const float* b, size_t size, float* y) {
  constexpr float kGreatest = std::numeric_limits<float>::max();
  if (!args.saturates) {
    for (size_t i = 0; i < size; ++i) y[i] = a[i] + b[i];
    return;
  }
  for (size_t i = 0; i < size; ++i) {
    const float sum = a[i] + b[i];
    y[i] = sum > kGreatest ? kGreatest : sum < -kGreatest ? -kGreatest : sum;  // or NaN
  }
}

// Of one block, while it is in the cache.
template <class T>
void add_all(const AddNArgs& args, const uint8_t* const* inputs, size_t first, size_t size,
             T* output) {
  T* y = output + first;
  const auto at = [&](size_t i) { return reinterpret_cast<const T*>(inputs[i]) + first; };
  const T* total = at(0);
  if (args.from_zero) {
    for (size_t i = 0; i < size; ++i) y[i] = total[i] + T{0};
    total = y;
  }
  for (size_t k = 1; k < args.count; ++k, total = y) add(args, total, at(k), size, y);
}

}  // namespace

size_t IntegerUnary::parts(size_t samples) const { return 1 + samples * size_ / kPartSize; }

void IntegerUnary::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                            Part part, uint8_t*) const noexcept {
  const size_t size = samples * size_, first = part.begin(size, 64);
  const size_t some = part.end(size, 64) - first;
  if (function_ == IntegerFunction::kNot) {
    for (size_t i = first; i < first + some; ++i) outputs[0][i] = inputs[0][i] == 0;
    return;
  }
  with_type<int32_t, int64_t>(type_, [&](auto zero) {
    using T = decltype(zero);
    apply(function_, reinterpret_cast<const T*>(inputs[0]) + first, some,
          reinterpret_cast<T*>(outputs[0]) + first);
  });
}

size_t AddN::parts(size_t samples) const {
  return 1 + samples * args_.size * args_.count / kPartSize;
}

void AddN::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                    Part part, uint8_t*) const noexcept {
  const size_t size = samples * args_.size, end = part.end(size, 64);
  with_type<int32_t, float>(args_.type, [&](auto zero) {
    using T = decltype(zero);
    for (size_t first = part.begin(size, 64); first < end; first += kBlock)
      add_all(args_, inputs, first, std::min(end - first, kBlock),
              reinterpret_cast<T*>(outputs[0]));
  });
}

}  // namespace intlite
