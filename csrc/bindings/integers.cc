// integers.cc: makes elementwise kernels of integers and bool, and choices between operands.
#include <tuple>

#include "../kernels/plain/elementwise.h"
#include "../kernels/plain/integer_binary.h"
#include "../kernels/plain/select.h"
#include "broadcast.h"
#include "element_types.h"

namespace intlite {
namespace {

using enum ElementType;

std::shared_ptr<Kernel> make_integer_binary(Arguments& a) {
  Broadcast broadcast = take_dense_broadcast(a);
  checked_product(std::max({broadcast.left_size, broadcast.right_size, broadcast.size()}), 8);
  const auto function = a.get<BinaryFunction>("function");
  const ElementType type = take_element_type(a, "dtype", {kBool, kInt8, kInt16, kInt32, kInt64});
  const BinaryRow row = plain_kernels(a.kernels()).integer_binary(function, type);
  require(row != nullptr, "no function of this type");
  const bool divides = function == BinaryFunction::kDiv || function == BinaryFunction::kFloorDiv ||
                       function == BinaryFunction::kFloorMod;
  const bool raises = function == BinaryFunction::kPower || function == BinaryFunction::kPowerOfOne;
  const Forbidden forbidden = divides  ? Forbidden::kZero
                              : raises ? Forbidden::kNegative
                                       : Forbidden::kNothing;
  return std::make_shared<IntegerBinary>(std::move(broadcast), type, gives_bool(function), row,
                                         forbidden, a.get<std::string>("refusal"));
}

std::shared_ptr<Kernel> make_integer_unary(Arguments& a) {
  const size_t size = a.get<size_t>("size");
  check_sizes({size});
  const ElementType type = take_element_type(a, "dtype", {kBool, kInt32, kInt64});
  const auto function = a.get<IntegerFunction>("function");
  require((type == kBool) == (function == IntegerFunction::kNot), "no function of this type");
  return std::make_shared<IntegerUnary>(size, type, function);
}

std::shared_ptr<Kernel> make_add_n(Arguments& a) {
  const AddNArgs args{.count = a.get<size_t>("count"),
                      .size = a.get<size_t>("size"),
                      .type = take_element_type(a, "dtype", {kInt32, kFloat32}),
                      .from_zero = a.get<bool>("from_zero"),
                      .saturates = a.get<bool>("saturates")};
  require(args.count >= 2 && args.count < kDimensionLimit, "there are too few tensors");
  check_sizes({args.size});
  return std::make_shared<AddN>(args);
}

// Python's (size, condition stride, left stride, right stride) of each dimension.
using SelectTuple = std::tuple<size_t, size_t, size_t, size_t>;

std::shared_ptr<Kernel> make_select(Arguments& a) {
  SelectArgs args{.condition_size = a.get<size_t>("condition_size"),
                  .left_size = a.get<size_t>("left_size"),
                  .right_size = a.get<size_t>("right_size"),
                  .dimensions = {},
                  .element_bytes = a.get<size_t>("element_bytes")};
  const size_t bytes = args.element_bytes;
  require(bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8, "elements of other sizes");
  check_sizes({std::max({args.condition_size, args.left_size, args.right_size})});
  size_t last[3] = {}, total = 8;
  for (const auto& [size, condition, left, right] : a.get<std::vector<SelectTuple>>("dimensions")) {
    total = checked_product(total, size);
    const size_t strides[3] = {condition, left, right};
    for (size_t i = 0; i < 3 && size > 1; ++i) last[i] += checked_product(size - 1, strides[i]);
    args.dimensions.push_back(
        {.size = size, .condition_stride = condition, .left_stride = left, .right_stride = right});
  }
  require(!args.dimensions.empty(), "a broadcast has at least one dimension");
  require(total == 0 || (last[0] < args.condition_size && last[1] < args.left_size &&
                         last[2] < args.right_size),
          "strides lead outside of an operand");
  const SelectDimension& inner = args.dimensions.back();
  require(inner.size <= 1 ||
              std::max({inner.condition_stride, inner.left_stride, inner.right_stride}) <= 1,
          "the innermost dimension has gaps");
  return std::make_shared<Select>(std::move(args));
}

}  // namespace

void bind_integers(py::module_& m) {
  def_kernel(m, "integer_binary", &make_integer_binary);
  def_kernel(m, "integer_unary", &make_integer_unary);
  def_kernel(m, "add_n", &make_add_n);
  def_kernel(m, "select", &make_select);
}

}  // namespace intlite
