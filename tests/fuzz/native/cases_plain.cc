// cases_plain.cc: operators on numbers that are not quantized, as bindings/plain_elementwise.cc
// makes them.
#include "../../../csrc/kernels/plain/binary.h"
#include "broadcast.h"

namespace intlite::fuzz {
namespace {

MakeKernel draw_binary(Bytes& bytes) {
  const DrawnBroadcast drawn(bytes, true);
  const auto function = static_cast<BinaryFunction>(bytes.below(6));
  const float low = bytes.real(), high = bytes.real();
  return [=](const KernelTable& kernels) {
    return std::make_shared<PlainBinary>(drawn.broadcast(), BroadcastKernel::ElementBytes{4, 4},
                                         low, high, plain_kernels(kernels).float_binary(function));
  };
}

}  // namespace

MakeKernel draw_plain(Bytes& bytes) { return draw_binary(bytes); }

}  // namespace intlite::fuzz
