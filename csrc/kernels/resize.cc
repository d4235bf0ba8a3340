// resize.cc: integers across first, then down, exactly; floats pixel by pixel, in their order.
#include "resize.h"

#include <stdexcept>

namespace intlite {
namespace {

// The pixel's neighbours, and how far it is from the top and from the left.
template <typename T>
struct Neighbours {
  const T *top_left, *top_right, *bottom_left, *bottom_right;
  float dy, dx;
};

template <typename T>
void blend_floats(const Neighbours<T>& n, size_t channels, T* y) {
  const float dy = n.dy, dx = n.dx, uy = 1.0f - dy, ux = 1.0f - dx;
  for (size_t c = 0; c < channels; ++c) {
    float sum = static_cast<float>(n.top_left[c]) * uy * ux;
    sum += static_cast<float>(n.bottom_left[c]) * dy * ux;
    sum += static_cast<float>(n.top_right[c]) * uy * dx;
    sum += static_cast<float>(n.bottom_right[c]) * dy * dx;
    y[c] = static_cast<T>(static_cast<int32_t>(sum + 0.5f));
  }
}

template <typename T>
void blend_weights_once(const Neighbours<T>& n, size_t channels, T* y) {
  const float dy = n.dy, dx = n.dx, uy = 1.0f - dy, ux = 1.0f - dx;
  const float tl = uy * ux, tr = uy * dx, bl = dy * ux, br = dy * dx;
  for (size_t c = 0; c < channels; ++c) {
    float sum = static_cast<float>(n.top_left[c]) * tl;
    sum += static_cast<float>(n.top_right[c]) * tr;
    sum += static_cast<float>(n.bottom_left[c]) * bl;
    sum += static_cast<float>(n.bottom_right[c]) * br;
    y[c] = static_cast<T>(static_cast<int32_t>(sum + 0.5f));
  }
}

// One row of the input with all its columns blended, in integers of kBits more bits.
template <int kBits, typename T>
void blend_columns(const T* x, const ResizeAxis& columns, size_t channels, int32_t* row) {
  constexpr int32_t one = 1 << kBits;
  for (size_t j = 0; j < columns.low.size(); ++j, row += channels) {
    const T* left = x + static_cast<size_t>(columns.low[j]) * channels;
    const T* right = x + static_cast<size_t>(columns.high[j]) * channels;
    const int32_t dx = static_cast<int32_t>(columns.weight[j]);
    for (size_t c = 0; c < channels; ++c) row[c] = left[c] * (one - dx) + right[c] * dx;
  }
}

// The sums have 2 * kBits more bits, so that they are at most 255 << 22.
template <int kBits, typename T>
void blend_rows(const int32_t* top, const int32_t* bottom, float weight, size_t size, T* y) {
  constexpr int32_t half = 1 << (2 * kBits - 1);
  const int32_t dy = static_cast<int32_t>(weight), uy = (1 << kBits) - dy;
  for (size_t i = 0; i < size; ++i) {
    const int32_t sum = top[i] * uy + bottom[i] * dy;
    // One less on negative sums makes half up half away from zero.
    const int32_t nudge = kBits == 10 && sum < 0 ? half - 1 : half;
    y[i] = static_cast<T>((sum + nudge) >> (2 * kBits));
  }
}

void check(const ResizeAxis& axis, ResizeKind kind) {
  const size_t wanted = axis.low.size();
  if (axis.high.size() != wanted || axis.weight.size() != wanted)
    throw std::invalid_argument("indices and weights differ in length");
  for (const std::vector<int32_t>* indices : {&axis.low, &axis.high})
    for (const int32_t i : *indices)
      if (i < 0 || static_cast<size_t>(i) >= axis.size)
        throw std::invalid_argument("index outside of the image");
  const float most = kind == ResizeKind::kHalfAway ? 1024.0f : 2048.0f;
  if (kind == ResizeKind::kHalfAway || kind == ResizeKind::kHalfUp) {
    for (const float weight : axis.weight)
      if (!(weight >= 0.0f && weight <= most)) throw std::invalid_argument("weight out of range");
  } else {
    for (const float weight : axis.weight)
      if (!(weight >= -1.0f && weight <= 1.0f)) throw std::invalid_argument("weight out of range");
  }
}

}  // namespace

ResizeBilinear::ResizeBilinear(size_t images, size_t channels, ResizeAxis rows, ResizeAxis columns,
                               bool is_unsigned, ResizeKind kind)
    : Kernel({images * rows.size * columns.size * channels},
             {images * rows.low.size() * columns.low.size() * channels}),
      images_(images),
      channels_(channels),
      rows_(std::move(rows)),
      columns_(std::move(columns)),
      is_unsigned_(is_unsigned),
      kind_(kind) {
  check(rows_, kind);
  check(columns_, kind);
}

template <int kBits, typename T>
void ResizeBilinear::run_integers(const T* x, T* y, int32_t* scratch) const {
  const size_t line = columns_.size * channels_, width = columns_.low.size() * channels_;
  // The input's rows that are blended already: larger images use each several times.
  int32_t* rows[2] = {scratch, scratch + width};
  int32_t numbers[2] = {-1, -1};
  const auto blended = [&](int32_t number, int32_t other) {
    for (const int k : {0, 1})
      if (numbers[k] == number) return rows[k];
    const int k = numbers[0] == other ? 1 : 0;
    blend_columns<kBits>(x + static_cast<size_t>(number) * line, columns_, channels_, rows[k]);
    numbers[k] = number;
    return rows[k];
  };
  for (size_t i = 0; i < rows_.low.size(); ++i, y += width) {
    const int32_t* top = blended(rows_.low[i], rows_.high[i]);
    const int32_t* bottom = blended(rows_.high[i], rows_.low[i]);
    blend_rows<kBits>(top, bottom, rows_.weight[i], width, y);
  }
}

template <typename T>
void ResizeBilinear::run_floats(const T* x, T* y) const {
  const size_t line = columns_.size * channels_;
  for (size_t i = 0; i < rows_.low.size(); ++i) {
    const T* top = x + static_cast<size_t>(rows_.low[i]) * line;
    const T* bottom = x + static_cast<size_t>(rows_.high[i]) * line;
    for (size_t j = 0; j < columns_.low.size(); ++j, y += channels_) {
      const size_t left = static_cast<size_t>(columns_.low[j]) * channels_;
      const size_t right = static_cast<size_t>(columns_.high[j]) * channels_;
      const Neighbours<T> n{top + left,     top + right,     bottom + left,
                            bottom + right, rows_.weight[i], columns_.weight[j]};
      if (kind_ == ResizeKind::kFloat)
        blend_floats(n, channels_, y);
      else
        blend_weights_once(n, channels_, y);
    }
  }
}

template <typename T>
void ResizeBilinear::run_images(const T* x, T* y, size_t images, int32_t* scratch) const {
  for (size_t n = 0; n < images; ++n) {
    if (kind_ == ResizeKind::kHalfAway)
      run_integers<10>(x, y, scratch);
    else if (kind_ == ResizeKind::kHalfUp)
      run_integers<11>(x, y, scratch);
    else
      run_floats(x, y);
    x += rows_.size * columns_.size * channels_;
    y += rows_.low.size() * columns_.low.size() * channels_;
  }
}

void ResizeBilinear::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                         uint8_t* scratch) const noexcept {
  int32_t* sums = reinterpret_cast<int32_t*>(scratch);
  if (is_unsigned_)
    run_images(inputs[0], outputs[0], samples * images_, sums);
  else
    run_images(reinterpret_cast<const int8_t*>(inputs[0]), reinterpret_cast<int8_t*>(outputs[0]),
               samples * images_, sums);
}

}  // namespace intlite
