// reduction.cc: loops over the outer dimensions, in the input's order; the two inner ones are a
// block.
#include "reduction.h"

#include <numeric>

#include "../../simd/standard_floats.h"

namespace intlite {
namespace {

constexpr size_t kPartSize = 8 << 10;

size_t product(const std::vector<size_t>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), size_t{1}, std::multiplies<>());
}

size_t results(const PlainReduction::Arguments& a) {
  size_t all = 1;
  for (size_t d = a.first_is_reduced ? 1 : 0; d < a.sizes.size(); d += 2) all *= a.sizes[d];
  return all;
}

}  // namespace

PlainReduction::PlainReduction(const Arguments& arguments, const PlainKernels& kernels)
    : Kernel({product(arguments.sizes) * sizeof(float)}, {results(arguments) * sizeof(float)}),
      arguments_(arguments),
      strides_(arguments.sizes.size(), 1),
      output_strides_(arguments.sizes.size(), 1),
      reduce_block_(kernels.reduce_block) {
  for (size_t d = arguments_.sizes.size(); d-- > 0;) {
    strides_[d] = elements_;
    output_strides_[d] = results_;
    elements_ *= arguments_.sizes[d];
    if (!is_reduced(d)) results_ *= arguments_.sizes[d];
  }
  if (results_ != 0) count_ = static_cast<float>(elements_ / results_);
  by_sample_ = is_reduced(0);
}

size_t PlainReduction::parts(size_t samples) const {
  const size_t units = by_sample_ ? samples : samples * arguments_.sizes[0];
  return std::min(std::max<size_t>(units, 1), 1 + samples * elements_ / kPartSize);
}

void PlainReduction::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                         uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void PlainReduction::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                              Part part, uint8_t*) const noexcept {
  if (results_ == 0) return;
  const FlushedSubnormals floats(arguments_.flushes);
  // Of whole samples, or of the outermost dimension of all.
  const size_t each = by_sample_ ? 1 : arguments_.sizes[0];
  const size_t step = elements_ / each, output_step = results_ / each;
  const size_t first = part.begin(samples * each), end = part.end(samples * each);
  const float* x = reinterpret_cast<const float*>(inputs[0]) + first * step;
  float* y = reinterpret_cast<float*>(outputs[0]) + first * output_step;
  std::fill(y, y + (end - first) * output_step, arguments_.start);
  for (size_t i = first; i < end; ++i, x += step, y += output_step) {
    reduce_from(by_sample_ ? 0 : 1, x, y);
    if (!arguments_.is_mean || arguments_.order != SumOrder::kInOrder) continue;
    for (size_t k = 0; k < output_step; ++k) y[k] /= count_;
  }
}

// Of one index of the dimensions before it.
void PlainReduction::reduce_from(size_t d, const float* x, float* y) const noexcept {
  const size_t rank = arguments_.sizes.size();
  const bool contiguous = is_reduced(rank - 1);
  if (d + (contiguous ? 1 : 2) == rank) {
    const size_t columns = arguments_.sizes[rank - 1];
    reduce_block_({.input = x,
                   .rows = contiguous ? 1 : arguments_.sizes[d],
                   .stride = columns,
                   .columns = columns,
                   .contiguous = contiguous,
                   .function = arguments_.function,
                   .order = arguments_.order,
                   .scale = arguments_.is_mean ? 1.0f / count_ : 1.0f,
                   .output = y});
    return;
  }
  const bool reduced = is_reduced(d);
  for (size_t i = 0; i < arguments_.sizes[d]; ++i) {
    reduce_from(d + 1, x, y);
    x += strides_[d];
    if (!reduced) y += output_strides_[d];
  }
}

}  // namespace intlite
