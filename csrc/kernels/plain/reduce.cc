// reduce.cc: the innermost dimension is a loop of its own, added up or added to a row; the outer
// ones are loops around it.
#include "reduce.h"

#include <limits>

#include "element_type.h"

namespace intlite {
namespace {

constexpr size_t kPartBytes = 32 << 10;

template <class T>
struct Sum {
  static constexpr T kStart = 0;
  static T of(T a, T b) { return wrapping_sum(a, b); }
};
template <class T>
struct Product {
  static constexpr T kStart = 1;
  static T of(T a, T b) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
  }
};
template <class T>
struct Maximum {
  static constexpr T kStart = std::numeric_limits<T>::min();
  static T of(T a, T b) { return std::max(a, b); }
};
template <class T>
struct Minimum {
  static constexpr T kStart = std::numeric_limits<T>::max();
  static T of(T a, T b) { return std::min(a, b); }
};

// Of bool, whatever is not 0 is true.
struct Any {
  static constexpr uint8_t kStart = 0;
  static uint8_t of(uint8_t a, uint8_t b) { return static_cast<uint8_t>(a | (b != 0)); }
};
struct All {
  static constexpr uint8_t kStart = 1;
  static uint8_t of(uint8_t a, uint8_t b) { return static_cast<uint8_t>(a & (b != 0)); }
};

// Of a row; of the widest elements several side by side, since none waits for the one before.
template <class R, class T, class F>
R folded(R value, const T* x, size_t size, F) {
  constexpr size_t kLanes = 8;
  size_t i = 0;
  if (sizeof(R) == 8 && size >= 2 * kLanes) {
    R lanes[kLanes];
    std::fill_n(lanes, kLanes, F::kStart);
    for (; i + kLanes <= size; i += kLanes)
      for (size_t k = 0; k < kLanes; ++k) lanes[k] = F::of(lanes[k], x[i + k]);
    for (const R lane : lanes) value = F::of(value, lane);
  }
  for (; i < size; ++i) value = F::of(value, x[i]);
  return value;
}

template <class T, class F>
void with_function(Reduction reduction, F f) {
  if constexpr (std::is_same_v<T, Bool>) {
    reduction == Reduction::kMaximum ? f(Any{}, uint8_t{}) : f(All{}, uint8_t{});
  } else {
    switch (reduction) {
      case Reduction::kSum:
        return f(Sum<T>{}, T{});
      case Reduction::kMean:
        break;
      case Reduction::kProduct:
        return f(Product<T>{}, T{});
      case Reduction::kMaximum:
        return f(Maximum<T>{}, T{});
      case Reduction::kMinimum:
        return f(Minimum<T>{}, T{});
    }
  }
}

std::vector<size_t> size_of(const std::vector<ReducedDimension>& dimensions, bool all,
                            ElementType type) {
  size_t size = bytes_of(type);
  for (const ReducedDimension& d : dimensions) size *= all || !d.is_reduced ? d.size : 1;
  return {size};
}

}  // namespace

IntegerReduce::IntegerReduce(std::vector<ReducedDimension> dimensions, ElementType type,
                             Reduction reduction)
    : Kernel(size_of(dimensions, true, type), size_of(dimensions, false, type)),
      dimensions_({{.size = 1, .input_stride = 0, .output_stride = 0, .is_reduced = false}}),
      type_(type),
      reduction_(reduction) {
  for (const ReducedDimension& d : dimensions) {
    if (d.is_reduced == dimensions_.back().is_reduced)
      dimensions_.back().size *= d.size;
    else
      dimensions_.push_back({d.size, 0, 0, d.is_reduced});
  }
  size_t input = bytes_of(type), output = 1;
  for (size_t i = dimensions_.size(); i-- > 0;) {
    Dimension& d = dimensions_[i];
    d.input_stride = input;
    input *= d.size;
    if (d.is_reduced) {
      count_ *= static_cast<int64_t>(d.size);
      continue;
    }
    d.output_stride = output;
    output *= d.size;
  }
}

size_t IntegerReduce::scratch_bytes() const {
  return reduction_ == Reduction::kMean ? dimensions_[0].output_stride * sizeof(int64_t) : 0;
}

size_t IntegerReduce::parts(size_t samples) const {
  return 1 + samples * input_bytes()[0] / kPartBytes;
}

void IntegerReduce::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                        uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

// Adds elements of type T to results of type R.
template <class T, class R, class F>
void IntegerReduce::reduce(size_t dimension, size_t begin, size_t end, const uint8_t* x, R* y,
                           F f) const {
  const Dimension& d = dimensions_[dimension];
  x += begin * d.input_stride;
  y += begin * d.output_stride;
  if (dimension + 1 < dimensions_.size()) {
    for (size_t i = begin; i < end; ++i, x += d.input_stride, y += d.output_stride)
      reduce<T>(dimension + 1, 0, dimensions_[dimension + 1].size, x, y, f);
    return;
  }
  const T* from = reinterpret_cast<const T*>(x);
  if (d.is_reduced) {
    *y = folded(*y, from, end - begin, f);
  } else {
    for (size_t i = 0; i < end - begin; ++i) y[i] = F::of(y[i], from[i]);
  }
}

template <class T>
void IntegerReduce::average(size_t begin, size_t end, const uint8_t* x, uint8_t* y,
                            int64_t* sums) const {
  const size_t results = dimensions_[0].output_stride;
  for (size_t line = begin; line < end; ++line) {
    std::fill_n(sums, results, 0);
    reduce<T>(0, 0, 1, x + line * dimensions_[0].input_stride, sums, Sum<int64_t>{});
    T* to = reinterpret_cast<T*>(y) + line * results;
    for (size_t i = 0; i < results; ++i) to[i] = static_cast<T>(sums[i] / count_);
  }
}

void IntegerReduce::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                             Part part, uint8_t* scratch) const noexcept {
  if (output_bytes()[0] == 0) return;
  // Parts are of the samples and the first dimension: they lie behind each other alike.
  const Dimension& first = dimensions_[0];
  const size_t lines = samples * first.size;
  const size_t begin = part.begin(lines), end = part.end(lines);
  with_type<Bool, int32_t, int64_t>(type_, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_same_v<T, Bool>)
      if (reduction_ == Reduction::kMean)
        return average<T>(begin, end, inputs[0], outputs[0], reinterpret_cast<int64_t*>(scratch));
    with_function<T>(reduction_, [&](auto f, auto value) {
      auto* y = reinterpret_cast<decltype(value)*>(outputs[0]);
      std::fill(y + begin * first.output_stride, y + end * first.output_stride, f.kStart);
      if (input_bytes()[0] != 0) reduce<decltype(value)>(0, begin, end, inputs[0], y, f);
    });
  });
}

}  // namespace intlite
