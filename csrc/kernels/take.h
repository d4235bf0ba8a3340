// take.h: rows of a tensor that a run's indices name: GATHER and GATHER_ND.
//
// Elements of any type, by their bytes; indices are int16, int32 or int64, 0 to size - 1.
#pragma once

#include <string>

#include "kernel.h"

namespace intlite {

enum class IndexType : int { kInt16 = 2, kInt32 = 4, kInt64 = 8 };  // the bytes of one

// In each of `batches`, each of `outer` parts of the input has the dimensions `sizes` of rows. The
// batch's indices, as many as `count` times dimensions, name `count` rows of each part.
struct TakeArgs {
  size_t batches, outer;
  std::vector<size_t> sizes;
  size_t row_bytes, count;
  IndexType type;
  std::string refusal;  // what is said of indices outside of the sizes
};

// Inputs: the rows, the indices.
class Take final : public Kernel {
 public:
  // Throws std::invalid_argument for tensors that are too large.
  explicit Take(TakeArgs args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;
  const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept override;
  // Indices are looked at even where rows are empty.
  bool is_idle() const override { return input_bytes()[1] == 0 && Kernel::is_idle(); }

 private:
  template <class Index>
  void take(const uint8_t* rows, const uint8_t* indices, uint8_t* to, size_t first,
            size_t end) const;
  template <class Index>
  bool are_inside(const uint8_t* indices, size_t tuples) const;

  TakeArgs args_;
  size_t part_bytes_;  // of one of the outer parts
};

}  // namespace intlite
