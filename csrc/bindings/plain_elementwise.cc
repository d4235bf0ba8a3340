// plain_elementwise.cc: makes elementwise kernels of numbers that are not quantized.
#include <limits>

#include "../kernels/plain/binary.h"
#include "broadcast.h"

namespace intlite {
namespace {

std::shared_ptr<Kernel> make_plain_binary(Arguments& a) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Broadcast broadcast = take_dense_broadcast(a);
  checked_product(std::max({broadcast.left_size, broadcast.right_size, broadcast.size()}), 8);
  const auto function = a.get<BinaryFunction>("function");
  const auto dtype = a.get<py::dtype>("dtype");
  const PlainKernels& kernels = plain_kernels(a.kernels());
  const BinaryRow row = is_dtype<float>(dtype) ? kernels.float_binary(function) : nullptr;
  require(row != nullptr, "no function of this type");
  const BroadcastKernel::ElementBytes bytes{static_cast<size_t>(dtype.itemsize()),
                                            static_cast<size_t>(dtype.itemsize())};
  return std::make_shared<PlainBinary>(std::move(broadcast), bytes, a.get<float>("low", -kInfinity),
                                       a.get<float>("high", kInfinity), row);
}

}  // namespace

void bind_plain_elementwise(py::module_& m) { def_kernel(m, "plain_binary", &make_plain_binary); }

}  // namespace intlite
