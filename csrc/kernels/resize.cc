// resize.cc: pixel by pixel, with its four weights; the loop is over the channels.
#include "resize.h"

#include <algorithm>
#include <stdexcept>

namespace intlite {
namespace {

// The pixel's neighbours, and how far it is from the top and from the left.
template <typename T>
struct Neighbours {
  const T *top_left, *top_right, *bottom_left, *bottom_right;
  float dy, dx;
};

// |sum| is at most 255 << 22.
template <int kBits, typename T, typename Round>
void blend_integers(const Neighbours<T>& n, size_t channels, T* y, Round round) {
  constexpr int32_t one = 1 << kBits;
  const int32_t dy = static_cast<int32_t>(n.dy), dx = static_cast<int32_t>(n.dx);
  const int32_t tl = (one - dy) * (one - dx), tr = (one - dy) * dx;
  const int32_t bl = dy * (one - dx), br = dy * dx;
  for (size_t c = 0; c < channels; ++c)
    y[c] = static_cast<T>(round(n.top_left[c] * tl + n.top_right[c] * tr + n.bottom_left[c] * bl +
                                n.bottom_right[c] * br));
}

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

template <typename T>
void blend(const Neighbours<T>& n, size_t channels, ResizeKind kind, T* y) {
  switch (kind) {
    case ResizeKind::kHalfAway:
      // Adding 1 less to negative sums before the shift makes half up half away.
      return blend_integers<10>(
          n, channels, y, [](int32_t sum) { return (sum + (1 << 19) - (sum < 0 ? 1 : 0)) >> 20; });
    case ResizeKind::kHalfUp:
      return blend_integers<11>(n, channels, y,
                                [](int32_t sum) { return (sum + (1 << 21)) >> 22; });
    case ResizeKind::kFloat:
      return blend_floats(n, channels, y);
    case ResizeKind::kFloatWeightsOnce:
      return blend_weights_once(n, channels, y);
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

template <typename T>
void ResizeBilinear::run_images(const T* x, T* y, size_t images) const {
  const size_t line = columns_.size * channels_;
  for (size_t n = 0; n < images; ++n, x += rows_.size * line) {
    for (size_t i = 0; i < rows_.low.size(); ++i) {
      const T* top = x + static_cast<size_t>(rows_.low[i]) * line;
      const T* bottom = x + static_cast<size_t>(rows_.high[i]) * line;
      for (size_t j = 0; j < columns_.low.size(); ++j, y += channels_) {
        const size_t left = static_cast<size_t>(columns_.low[j]) * channels_;
        const size_t right = static_cast<size_t>(columns_.high[j]) * channels_;
        blend<T>({top + left, top + right, bottom + left, bottom + right, rows_.weight[i],
                  columns_.weight[j]},
                 channels_, kind_, y);
      }
    }
  }
}

void ResizeBilinear::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                         uint8_t*) const noexcept {
  if (is_unsigned_)
    run_images(inputs[0], outputs[0], samples * images_);
  else
    run_images(reinterpret_cast<const int8_t*>(inputs[0]), reinterpret_cast<int8_t*>(outputs[0]),
               samples * images_);
}

}  // namespace intlite
