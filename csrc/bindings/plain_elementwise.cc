// plain_elementwise.cc: makes elementwise kernels of numbers that are not quantized.
#include <limits>

#include "../kernels/plain/binary.h"
#include "../kernels/plain/unary.h"
#include "broadcast.h"

namespace intlite {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::shared_ptr<Kernel> make_plain_binary(Arguments& a) {
  Broadcast broadcast = take_dense_broadcast(a);
  checked_product(std::max({broadcast.left_size, broadcast.right_size, broadcast.size()}), 8);
  const auto function = a.get<BinaryFunction>("function");
  const auto dtype = a.get<py::dtype>("dtype");
  const PlainKernels& kernels = plain_kernels(a.kernels());
  const BinaryRow row = is_dtype<float>(dtype) ? float_binary_row(function, kernels) : nullptr;
  require(row != nullptr, "no function of this type");
  const auto operand = static_cast<size_t>(dtype.itemsize());
  return std::make_shared<PlainBinary>(
      std::move(broadcast),
      BroadcastKernel::ElementBytes{operand, gives_bool(function) ? 1 : operand},
      PlainBinary::Arguments{.low = a.get<float>("low", -kInfinity),
                             .high = a.get<float>("high", kInfinity),
                             .flushes = a.get<bool>("flushes", false),
                             .refusal = a.get<std::string>("refusal", "")},
      row);
}

std::shared_ptr<Kernel> make_plain_unary(Arguments& a) {
  const PlainUnary::Arguments arguments{.size = checked_product(a.get<size_t>("size"), 4) / 4,
                                        .function = a.get<UnaryFunction>("function"),
                                        .a = a.get<float>("a", 0.0f),
                                        .b = a.get<float>("b", 0.0f),
                                        .flushes = a.get<bool>("flushes", false)};
  return std::make_shared<PlainUnary>(arguments, plain_kernels(a.kernels()));
}

std::shared_ptr<Kernel> make_widen(Arguments& a) {
  const size_t size = checked_product(a.get<size_t>("size"), 4) / 4;
  return std::make_shared<Widen>(size, plain_kernels(a.kernels()));
}

}  // namespace

void bind_plain_elementwise(py::module_& m) {
  def_kernel(m, "plain_binary", &make_plain_binary);
  def_kernel(m, "plain_unary", &make_plain_unary);
  def_kernel(m, "widen", &make_widen);
}

}  // namespace intlite
