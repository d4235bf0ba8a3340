// gather.cc: memcpy by memcpy.
#include "gather.h"

#include <cstring>
#include <stdexcept>

#include "strided_copy.h"

namespace intlite {

Gather::Gather(std::vector<size_t> input_bytes, std::vector<size_t> output_bytes,
               std::vector<Segment> segments, std::vector<uint8_t> fill, bool covers_all)
    : Kernel(std::move(input_bytes), std::move(output_bytes)),
      segments_(std::move(segments)),
      fill_(std::move(fill)),
      covers_all_(covers_all) {
  const auto inside = [](const std::vector<size_t>& sizes, size_t tensor, size_t at, size_t bytes) {
    return tensor < sizes.size() && bytes <= sizes[tensor] && at <= sizes[tensor] - bytes;
  };
  for (const Segment& s : segments_)
    if (!inside(this->input_bytes(), s.input, s.from, s.bytes) ||
        !inside(this->output_bytes(), s.output, s.to, s.bytes))
      throw std::invalid_argument("segment outside of its tensor");
  if (fill_.empty()) throw std::invalid_argument("fill pattern is empty");
}

void Gather::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                 uint8_t*) const noexcept {
  for (size_t sample = 0; sample < samples; ++sample) {
    if (!covers_all_) {
      for (size_t o = 0; o < output_bytes().size(); ++o) {
        uint8_t* y = outputs[o] + sample * output_bytes()[o];
        fill_bytes(y, output_bytes()[o], fill_);
      }
    }
    for (const Segment& s : segments_)
      std::memcpy(outputs[s.output] + sample * output_bytes()[s.output] + s.to,
                  inputs[s.input] + sample * input_bytes()[s.input] + s.from, s.bytes);
  }
}

}  // namespace intlite
