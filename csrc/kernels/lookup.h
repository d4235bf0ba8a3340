// lookup.h: elementwise operators on 8-bit values, as tables made when the model is loaded.
//
// Takes and gives bytes, which tables know as int8 or uint8. A pattern's run and lanes are at least
// 1; a broadcast has at most 2^48 elements, and no stride leads outside of an operand.
#pragma once

#include <cstring>
#include <utility>

#include "../simd/lookup.h"
#include "broadcast.h"

namespace intlite {

// Which elements of a sample lie in whole blocks of `lanes` within runs of `run`
// elements: some of LiteRT's kernels round those otherwise than the rest.
struct BlockPattern {
  size_t run = 1, lanes = 1;
};

using LookupFunction = void (*)(const LookupArgs&);

// y = table[x].
class UnaryLookup final : public Kernel {
 public:
  // Both tables have 256 entries; `tail` is for elements outside of whole blocks. `look_up`
  // is one of the kernel table's.
  UnaryLookup(size_t size, const uint8_t* block, const uint8_t* tail, BlockPattern pattern,
              LookupFunction look_up);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  size_t size_;
  BlockPattern pattern_;
  LookupFunction look_up_;
  uint8_t block_[256], tail_[256];
};

// y = table[left][right], with broadcasting.
class BinaryLookup final : public Kernel {
 public:
  // Tables have 256 * 256 entries, the left operand's byte first.
  BinaryLookup(Broadcast broadcast, std::vector<uint8_t> block, std::vector<uint8_t> tail,
               BlockPattern pattern, LookupFunction look_up);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;

 private:
  void run_sample(const uint8_t* left, const uint8_t* right, uint8_t* output) const noexcept;
  void look_up(const uint8_t* table, const uint8_t* left, const uint8_t* right, size_t size,
               uint8_t* output) const noexcept;

  std::vector<BroadcastDimension> dimensions_;
  std::vector<uint8_t> block_, tail_;
  BlockPattern pattern_;
  LookupFunction look_up_;
};

}  // namespace intlite
