// lookup_int16.h: elementwise operators on int16, as tables made when the model is loaded.
//
// Takes and gives int16. Blocks have at least one lane.
#pragma once

#include <memory>

#include "kernel.h"

namespace intlite {

// What comes of each value, in the order of its bits as uint16.
using Int16Table = std::vector<int16_t>;

// A table of 65,536 entries; one that is equal and in use already, if there is: models have the
// same function in many places.
std::shared_ptr<const Int16Table> shared_table(const int16_t* entries);

// y = table[x].
class Int16Lookup final : public Kernel {
 public:
  // `tail` is for elements outside of whole blocks of `lanes` of a sample.
  Int16Lookup(size_t size, std::shared_ptr<const Int16Table> block,
              std::shared_ptr<const Int16Table> tail, size_t lanes)
      : Kernel({2 * size}, {2 * size}),
        size_(size),
        lanes_(block == tail ? 1 : lanes),
        block_(std::move(block)),
        tail_(std::move(tail)) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  size_t size_, lanes_;
  std::shared_ptr<const Int16Table> block_, tail_;
};

}  // namespace intlite
