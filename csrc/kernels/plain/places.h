// places.h: operators that put elements where a run's integers say.
//
// Elements of any type, by their bytes, unless said otherwise; indices are int32 or int64.
#pragma once

#include <string>

#include "../../simd/plain/element_type.h"
#include "../kernel.h"

namespace intlite {

// ONE_HOT: inputs [outer, inner] indices, the value where the place along `depth` is the index,
// and that elsewhere; the low 32 bits of an index count. Gives [outer, depth, inner].
struct OneHotArgs {
  size_t outer, depth, inner;
  size_t index_bytes;    // 4 or 8
  size_t element_bytes;  // 1, 2, 4 or 8
};

class OneHot final : public Kernel {
 public:
  explicit OneHot(const OneHotArgs& args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  OneHotArgs args_;
};

// SCATTER_ND: zeros, and the sums of what goes to the same place of `sizes`, in order: integers
// wrap, bool is true if one is. Inputs: `count` tuples of int32, and as many rows.
struct ScatterArgs {
  std::vector<size_t> sizes;
  size_t row;  // elements
  size_t count;
  ElementType type;     // bool, int8, uint8, int32, int64 or float32
  std::string refusal;  // what is said of indices outside of the sizes
};

class Scatter final : public Kernel {
 public:
  // Throws std::invalid_argument for tensors that are too large.
  explicit Scatter(ScatterArgs args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept override;
  // Indices are looked at even where rows are empty.
  bool is_idle() const override { return input_bytes()[0] == 0 && Kernel::is_idle(); }

 private:
  size_t row_at(const uint8_t* tuple) const;

  ScatterArgs args_;
};

// REVERSE_SEQUENCE of [outer, first, middle, second, inner]: of each place in one of the two
// dimensions the first elements along the other backwards, as many as the second input says.
struct ReverseSequenceArgs {
  size_t outer, first, middle, second;
  size_t inner_bytes;
  bool along_second;    // sequences are
  size_t length_bytes;  // 4 or 8
  std::string refusal;  // what is said of other lengths than 0 to the dimension
};

class ReverseSequence final : public Kernel {
 public:
  explicit ReverseSequence(ReverseSequenceArgs args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept override;
  bool is_idle() const override { return input_bytes()[1] == 0 && Kernel::is_idle(); }

 private:
  size_t batches() const { return args_.along_second ? args_.first : args_.second; }
  size_t sequence() const { return args_.along_second ? args_.second : args_.first; }
  int64_t length(const uint8_t* lengths, size_t i) const;

  ReverseSequenceArgs args_;
};

// EMBEDDING_LOOKUP of an int8 table as float32: inputs int32 numbers of rows, and the table.
struct ScaledRowsArgs {
  size_t rows, row, count;    // of the table, elements of one, and how many are looked up
  std::vector<float> scales;  // of each row, or one for all
  std::string refusal;        // what is said of rows that there are not
};

class ScaledRows final : public Kernel {
 public:
  explicit ScaledRows(ScaledRowsArgs args);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;
  const char* refusal(const uint8_t* const* inputs, size_t samples) const noexcept override;
  bool is_idle() const override { return input_bytes()[0] == 0 && Kernel::is_idle(); }

 private:
  ScaledRowsArgs args_;
};

// WHERE: the coordinates, int64, of what is not 0, of which there are `count`; if there are fewer,
// zeros stand for the rest. -0.0 is 0, and NaN is not.
class Where final : public Kernel {
 public:
  Where(std::vector<size_t> shape, ElementType type, size_t count);

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override;

 private:
  std::vector<size_t> shape_;
  ElementType type_;
};

}  // namespace intlite
