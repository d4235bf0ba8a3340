// chain.cc: bands of rows, each through all kernels.
#include "chain.h"

#include <stdexcept>

#include "../simd/gemm.h"

namespace intlite {
namespace {

// What lies between the kernels of a band: a part of L2, since each band reads all weights.
constexpr size_t kBandBytes = 192 * 1024;

void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

std::vector<size_t> inputs_of(const Kernel& head, const std::vector<ChainLink>& links) {
  std::vector<size_t> sizes = head.input_bytes();
  for (const ChainLink& link : links) {
    const std::vector<size_t>& read = link.kernel->input_bytes();
    require(read.size() == link.from_before.size() && read.size() <= Chain::kMostInputs,
            "Chain: a link's inputs and its kernel's differ in number, or are too many");
    for (size_t i = 0; i < read.size(); ++i)
      if (!link.from_before[i]) sizes.push_back(head.rows() * read[i]);
  }
  return sizes;
}

std::vector<size_t> outputs_of(const Kernel& head, const std::vector<ChainLink>& links) {
  require(head.rows() != 0 && head.output_bytes().size() == 1 && !links.empty(),
          "Chain: the head has no rows, or nothing follows");
  const std::vector<size_t>& written = links.back().kernel->output_bytes();
  require(written.size() == 1, "Chain: a link has no single output");
  return {head.rows() * written[0]};
}

}  // namespace

Chain::Chain(std::shared_ptr<const Kernel> head, std::vector<ChainLink> links)
    : Kernel(inputs_of(*head, links), outputs_of(*head, links)),
      head_(std::move(head)),
      links_(std::move(links)) {
  size_t before = head_->output_bytes()[0] / rows(), between = 0;
  kernel_scratch_ = head_->scratch_bytes();
  for (const ChainLink& link : links_) {
    between += before;
    kernel_scratch_ = std::max(kernel_scratch_, link.kernel->scratch_bytes());
    for (size_t i = 0; i < link.from_before.size(); ++i)
      require(!link.from_before[i] || link.kernel->input_bytes()[i] == before,
              "Chain: a link reads rows of another size");
    require(link.kernel->output_bytes().size() == 1, "Chain: a link has no single output");
    before = link.kernel->output_bytes()[0];
  }
  row_bytes_ = before;
  kernel_scratch_ = round_up(kernel_scratch_, 64);
  band_rows_ = std::max<size_t>(kBandBytes / std::max<size_t>(between, 1), 1);
  band_bytes_ = band_rows_ * between + 64 * links_.size();
}

size_t Chain::parts(size_t samples) const {
  size_t worth = head_->parts(samples);
  for (const ChainLink& link : links_) worth += link.kernel->parts(samples * rows()) - 1;
  return std::min(worth, std::max<size_t>(samples * rows(), 1));
}

void Chain::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

void Chain::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                     Part part, uint8_t* scratch) const noexcept {
  const size_t first = part.begin(samples * rows()), end = part.end(samples * rows());
  compute_rows(inputs, outputs[0] + first * row_bytes_, first, end, scratch);
}

void Chain::compute_rows(const uint8_t* const* inputs, uint8_t* output, size_t first, size_t end,
                         uint8_t* scratch) const noexcept {
  const size_t count = end - first, bands = (count + band_rows_ - 1) / band_rows_;
  for (size_t i = 0; i < bands; ++i) {
    const Part band{i, bands};
    const size_t begin = band.begin(count);
    run_band(inputs, output + begin * row_bytes_, first + begin, band.end(count) - begin, scratch);
  }
}

void Chain::run_band(const uint8_t* const* inputs, uint8_t* output, size_t first, size_t count,
                     uint8_t* scratch) const noexcept {
  uint8_t* written = scratch + kernel_scratch_;
  head_->compute_rows(inputs, written, first, first + count, scratch);
  const uint8_t* const* others = inputs + head_->input_bytes().size();
  size_t row = head_->output_bytes()[0] / rows();
  for (const ChainLink& link : links_) {
    const uint8_t* read[kMostInputs];
    for (size_t i = 0; i < link.from_before.size(); ++i)
      read[i] = link.from_before[i] ? written : *others++ + first * link.kernel->input_bytes()[i];
    written += round_up(count * row, 64);
    if (&link == &links_.back()) written = output;
    link.kernel->run(read, &written, count, scratch);
    row = link.kernel->output_bytes()[0];
  }
}

}  // namespace intlite
