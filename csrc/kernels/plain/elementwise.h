// elementwise.h: operators of integers and bool element by element, and sums of many tensors.
#pragma once

#include "../../simd/plain/element_type.h"
#include "../kernel.h"

namespace intlite {

// Of bool kNot, of int32 and int64 the others, which wrap.
enum class IntegerFunction : int { kNegate, kAbsolute, kSign, kNot };

class IntegerUnary final : public Kernel {
 public:
  IntegerUnary(size_t size, ElementType type, IntegerFunction function)
      : Kernel({size * bytes_of(type)}, {size * bytes_of(type)}),
        size_(size),
        type_(type),
        function_(function) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  size_t size_;
  ElementType type_;
  IntegerFunction function_;
};

// ADD_N of int32, which wraps, or float32, of two or more tensors, in order.
struct AddNArgs {
  size_t count, size;  // tensors, and elements of each
  ElementType type;
  // Of float32: begins with 0.0, which makes 0.0 of -0.0; sums that overflow are the greatest
  // finite number.
  bool from_zero, saturates;
};

class AddN final : public Kernel {
 public:
  explicit AddN(const AddNArgs& args)
      : Kernel(std::vector<size_t>(args.count, args.size * bytes_of(args.type)),
               {args.size * bytes_of(args.type)}),
        args_(args) {}

  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t parts(size_t samples) const override;
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override;

 private:
  AddNArgs args_;
};

}  // namespace intlite
