// elementwise.cc: the innermost dimension is one call; the outer ones are loops.
#include "elementwise.h"

namespace intlite {

Elementwise::Elementwise(size_t left_size, size_t right_size,
                         std::vector<BroadcastDimension> dimensions,
                         const ElementwiseParameters& parameters,
                         void (*run)(const ElementwiseArgs&))
    : Kernel({left_size, right_size}, {broadcast_size(dimensions)}),
      dimensions_(std::move(dimensions)),
      sizes_(dimensions_.size(), 1),
      parameters_(parameters),
      run_(run) {
  for (size_t d = dimensions_.size() - 1; d > 0; --d)
    sizes_[d - 1] = sizes_[d] * dimensions_[d].size;
}

void Elementwise::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                      uint8_t*) const noexcept {
  const size_t size = output_bytes()[0];
  if (size == 0) return;
  for (size_t s = 0; s < samples; ++s)
    run_from(0, {&parameters_, inputs[0] + s * input_bytes()[0], inputs[1] + s * input_bytes()[1],
                 false, false, 0, outputs[0] + s * size});
}

void Elementwise::run_from(size_t dimension, ElementwiseArgs args) const noexcept {
  const BroadcastDimension& d = dimensions_[dimension];
  if (dimension + 1 == dimensions_.size()) {
    args.size = d.size;
    args.left_repeats = d.left_stride == 0;
    args.right_repeats = d.right_stride == 0;
    run_(args);
    return;
  }
  for (size_t i = 0; i < d.size; ++i) {
    run_from(dimension + 1, args);
    args.left += d.left_stride;
    args.right += d.right_stride;
    args.output += sizes_[dimension];
  }
}

}  // namespace intlite
