// topk.cc: k are kept while a row is read, or a few more, and what is less than the k-th of them is
// passed over.
#include "topk.h"

#include <cstring>
#include <type_traits>

#include "element_type.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 8 << 10, kBlock = 32, kFew = 32;

// What elements are ordered by: of two types, so that there are two sorts.
template <class T>
std::conditional_t<sizeof(T) == 8, int64_t, int32_t> key_of(T x) {
  return x;
}
int32_t key_of(float x) {
  if (x != x) return INT32_MIN;
  const float zero_once = x + 0.0f;
  int32_t bits;
  std::memcpy(&bits, &zero_once, sizeof bits);
  return bits ^ ((bits >> 31) & INT32_MAX);
}

template <class Key>
struct Candidate {
  Key key;
  int32_t place;
  bool operator<(const Candidate& other) const {  // before it
    return key != other.key ? key > other.key : place < other.place;
  }
};

size_t candidates(size_t size, size_t k) { return std::min(size, 2 * k + kBlock); }

// Keeps k of them; returns the key of the last.
template <class Key>
Key best(Candidate<Key>* kept, size_t count, size_t k) {
  std::nth_element(kept, kept + k - 1, kept + count);
  return kept[k - 1].key;
}

// Calls f(key, place) for what is greater than `least`, which f may raise, of a row from `first`
// on.
template <class T, class Key, class F>
void each_greater(const T* row, size_t first, size_t size, const Key& least, F f) {
  const auto look = [&](Key key, size_t i) {
    if (key > least) f(Candidate<Key>{key, static_cast<int32_t>(i)});
  };
  size_t i = first;
  for (; i + kBlock <= size; i += kBlock) {
    Key keys[kBlock], some = 0;  // a mask as wide as keys, which becomes vector code
    const Key bound = least;
    for (size_t n = 0; n < kBlock; ++n) {
      keys[n] = key_of(row[i + n]);
      some = static_cast<Key>(some | -Key{keys[n] > bound});
    }
    for (size_t n = 0; some != 0 && n < kBlock; ++n) look(keys[n], i + n);
  }
  for (; i < size; ++i) look(key_of(row[i]), i);
}

// The k first of a row, in order, at `kept`.
template <class T, class Key>
void find(const T* row, size_t size, size_t k, Candidate<Key>* kept) {
  const size_t room = candidates(size, k);
  for (size_t i = 0; i < k; ++i) kept[i] = {key_of(row[i]), static_cast<int32_t>(i)};
  std::sort(kept, kept + k);
  auto least = kept[k - 1].key;
  if (k <= kFew) {  // always in order
    each_greater(row, k, size, least, [&](Candidate<Key> found) {
      size_t i = k - 1;
      for (; i > 0 && kept[i - 1].key < found.key; --i) kept[i] = kept[i - 1];
      kept[i] = found;
      least = kept[k - 1].key;
    });
    return;
  }
  size_t count = k;
  each_greater(row, k, size, least, [&](Candidate<Key> found) {
    kept[count++] = found;
    if (count < room) return;
    least = best(kept, count, k);
    count = k;
  });
  best(kept, count, k);
  std::sort(kept, kept + k);
}

template <class T>
void run_row(const uint8_t* input, size_t size, size_t k, uint8_t* values, uint8_t* places,
             size_t index_bytes, uint8_t* scratch) {
  const T* row = reinterpret_cast<const T*>(input);
  auto* kept = reinterpret_cast<Candidate<decltype(key_of(T{}))>*>(scratch);
  find(row, size, k, kept);
  for (size_t i = 0; i < k; ++i) {
    std::memcpy(values + i * sizeof(T), row + kept[i].place, sizeof(T));
    const int16_t narrow = static_cast<int16_t>(kept[i].place);
    if (index_bytes == sizeof narrow)
      std::memcpy(places + i * sizeof narrow, &narrow, sizeof narrow);
    else
      std::memcpy(places + i * sizeof kept[i].place, &kept[i].place, sizeof kept[i].place);
  }
}

}  // namespace

TopK::TopK(size_t rows, size_t size, size_t k, ElementType type, size_t index_bytes)
    : Kernel({rows * size * bytes_of(type)}, {rows * k * bytes_of(type), rows * k * index_bytes}),
      rows_(rows),
      size_(size),
      k_(k),
      type_(type),
      index_bytes_(index_bytes) {}

size_t TopK::scratch_bytes() const {
  return k_ == 0 ? 0 : candidates(size_, k_) * sizeof(Candidate<int64_t>);
}

size_t TopK::parts(size_t samples) const { return 1 + samples * rows_ * size_ / kPartSize; }

void TopK::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
               uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void TopK::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                    Part part, uint8_t* scratch) const noexcept {
  if (k_ == 0) return;
  const size_t rows = samples * rows_, bytes = bytes_of(type_);
  with_type<int8_t, uint8_t, int16_t, int32_t, float, int64_t>(type_, [&](auto zero) {
    for (size_t r = part.begin(rows); r < part.end(rows); ++r)
      run_row<decltype(zero)>(inputs[0] + r * size_ * bytes, size_, k_, outputs[0] + r * k_ * bytes,
                              outputs[1] + r * k_ * index_bytes_, index_bytes_, scratch);
  });
}

}  // namespace intlite
