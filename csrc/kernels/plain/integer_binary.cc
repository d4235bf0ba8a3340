// integer_binary.cc: what a right operand must not be is looked for before a run.
#include "integer_binary.h"

#include "element_type.h"

namespace intlite {
namespace {

template <class T>
bool has_forbidden(const T* x, size_t size, Forbidden what) {
  bool found = false;
  if (what == Forbidden::kZero)
    for (size_t i = 0; i < size; ++i) found |= x[i] == 0;
  else
    for (size_t i = 0; i < size; ++i) found |= x[i] < 0;
  return found;
}

BroadcastKernel::ElementBytes bytes_of(ElementType type, bool gives_bool) {
  return {.operand = bytes_of(type), .output = gives_bool ? 1 : bytes_of(type)};
}

}  // namespace

IntegerBinary::IntegerBinary(Broadcast broadcast, ElementType type, bool gives_bool, BinaryRow row,
                             Forbidden forbidden, std::string refusal)
    : BroadcastKernel(std::move(broadcast), bytes_of(type, gives_bool)),
      type_(type),
      row_(row),
      forbidden_(forbidden),
      refusal_(std::move(refusal)) {}

const char* IntegerBinary::refusal(const uint8_t* const* inputs, size_t samples) const noexcept {
  if (forbidden_ == Forbidden::kNothing) return nullptr;
  bool found = false;
  with_type<int8_t, int16_t, int32_t, int64_t>(type_, [&](auto zero) {
    using T = decltype(zero);
    found = has_forbidden(reinterpret_cast<const T*>(inputs[1]),
                          samples * input_bytes()[1] / sizeof(T), forbidden_);
  });
  return found ? refusal_.c_str() : nullptr;
}

}  // namespace intlite
