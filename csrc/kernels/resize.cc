// resize.cc: integers across first, then down, exactly; floats pixel by pixel, in their order, and
// int16 too.
#include "resize.h"

#include <stdexcept>

namespace intlite {
namespace {

// Output that is worth a thread.
constexpr size_t kPartBytes = 8 * 1024;

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

// Exactly, with weights of so many bits.
template <typename T>
void blend_integers(const Neighbours<T>& n, size_t channels, int bits, bool half_away, T* y) {
  const int64_t one = int64_t{1} << bits, half = one * one / 2;
  const int64_t dy = static_cast<int64_t>(n.dy), dx = static_cast<int64_t>(n.dx);
  for (size_t c = 0; c < channels; ++c) {
    const int64_t top = n.top_left[c] * (one - dx) + n.top_right[c] * dx;
    const int64_t bottom = n.bottom_left[c] * (one - dx) + n.bottom_right[c] * dx;
    const int64_t sum = top * (one - dy) + bottom * dy;
    // What lies half below 0 goes down.
    const int64_t down = half_away && sum < 0 ? 1 : 0;
    y[c] = static_cast<T>((sum + half - down) >> (2 * bits));
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

ResizeBilinear::ResizeBilinear(ResizeArgs args, const KernelTable& kernels)
    : Kernel(
          {args.images * args.rows.size * args.columns.size * args.channels * args.element_bytes()},
          {args.images * args.rows.low.size() * args.columns.low.size() * args.channels *
           args.element_bytes()}),
      args_(std::move(args)),
      blend_columns_(kernels.blend_columns),
      blend_rows_(kernels.blend_rows) {
  check(args_.rows, args_.kind);
  check(args_.columns, args_.kind);
  for (const float weight : args_.columns.weight)
    column_weights_.push_back(static_cast<int32_t>(weight));
}

void ResizeBilinear::run_integers(const uint8_t* x, uint8_t* y, size_t first, size_t end,
                                  int32_t* scratch) const {
  const ResizeAxis& columns = args_.columns;
  const size_t line = args_.columns.size * args_.channels,
               width = args_.columns.low.size() * args_.channels;
  const bool half_away = args_.kind == ResizeKind::kHalfAway;
  const int bits = half_away ? 10 : 11;
  // The input's rows that are blended already: larger images use each several times.
  int32_t* rows[2] = {scratch, scratch + width + kBlendSlack};
  int32_t numbers[2] = {-1, -1};
  const auto blended = [&](int32_t number, int32_t other) {
    for (const int k : {0, 1})
      if (numbers[k] == number) return rows[k];
    const int k = numbers[0] == other ? 1 : 0;
    const size_t at = static_cast<size_t>(number) * line;
    blend_columns_({.line = x + at,
                    .readable = args_.rows.size * line - at,
                    .is_unsigned = args_.is_unsigned,
                    .channels = args_.channels,
                    .low = columns.low.data(),
                    .high = columns.high.data(),
                    .weight = column_weights_.data(),
                    .pixels = columns.low.size(),
                    .bits = bits,
                    .output = rows[k]});
    numbers[k] = number;
    return rows[k];
  };
  for (size_t i = first; i < end; ++i) {
    const int32_t* top = blended(args_.rows.low[i], args_.rows.high[i]);
    const int32_t* bottom = blended(args_.rows.high[i], args_.rows.low[i]);
    blend_rows_({.top = top,
                 .bottom = bottom,
                 .weight = static_cast<int32_t>(args_.rows.weight[i]),
                 .bits = bits,
                 .half_away = half_away,
                 .size = width,
                 .output = y + i * width});
  }
}

template <typename T>
void ResizeBilinear::run_pixels(const T* x, T* y, size_t first, size_t end) const {
  const size_t line = args_.columns.size * args_.channels;
  y += first * args_.columns.low.size() * args_.channels;
  for (size_t i = first; i < end; ++i) {
    const T* top = x + static_cast<size_t>(args_.rows.low[i]) * line;
    const T* bottom = x + static_cast<size_t>(args_.rows.high[i]) * line;
    for (size_t j = 0; j < args_.columns.low.size(); ++j, y += args_.channels) {
      const size_t left = static_cast<size_t>(args_.columns.low[j]) * args_.channels;
      const size_t right = static_cast<size_t>(args_.columns.high[j]) * args_.channels;
      const Neighbours<T> n{.top_left = top + left,
                            .top_right = top + right,
                            .bottom_left = bottom + left,
                            .bottom_right = bottom + right,
                            .dy = args_.rows.weight[i],
                            .dx = args_.columns.weight[j]};
      switch (args_.kind) {
        case ResizeKind::kHalfAway:
          blend_integers(n, args_.channels, 10, true, y);
          break;
        case ResizeKind::kHalfUp:
          blend_integers(n, args_.channels, 11, false, y);
          break;
        case ResizeKind::kFloat:
          blend_floats(n, args_.channels, y);
          break;
        case ResizeKind::kFloatWeightsOnce:
          blend_weights_once(n, args_.channels, y);
          break;
      }
    }
  }
}

// Some rows of one image.
void ResizeBilinear::run_rows(const uint8_t* x, uint8_t* y, size_t first, size_t end,
                              uint8_t* scratch) const {
  if (args_.is_int16)
    run_pixels(reinterpret_cast<const int16_t*>(x), reinterpret_cast<int16_t*>(y), first, end);
  else if (args_.kind == ResizeKind::kHalfAway || args_.kind == ResizeKind::kHalfUp)
    run_integers(x, y, first, end, reinterpret_cast<int32_t*>(scratch));
  else if (args_.is_unsigned)
    run_pixels(x, y, first, end);
  else
    run_pixels(reinterpret_cast<const int8_t*>(x), reinterpret_cast<int8_t*>(y), first, end);
}

size_t ResizeBilinear::parts(size_t samples) const {
  return 1 + samples * output_bytes()[0] / kPartBytes;
}

void ResizeBilinear::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                         uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void ResizeBilinear::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                              Part part, uint8_t* scratch) const noexcept {
  const size_t height = args_.rows.low.size();
  const size_t bytes = args_.channels * args_.element_bytes();
  const size_t from = args_.rows.size * args_.columns.size * bytes;
  const size_t to = height * args_.columns.low.size() * bytes;
  for (size_t n = 0; n < samples * args_.images; ++n)
    run_rows(inputs[0] + n * from, outputs[0] + n * to, part.begin(height), part.end(height),
             scratch);
}

}  // namespace intlite
