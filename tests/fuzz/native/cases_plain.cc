// cases_plain.cc: operators on numbers that are not quantized, as bindings/plain_elementwise.cc
// makes them.
#include "../../../csrc/kernels/plain/binary.h"
#include "../../../csrc/kernels/plain/pool.h"
#include "../../../csrc/kernels/plain/reduction.h"
#include "../../../csrc/kernels/plain/resize.h"
#include "../../../csrc/kernels/plain/rows.h"
#include "../../../csrc/kernels/plain/unary.h"
#include "broadcast.h"

namespace intlite::fuzz {
namespace {

MakeKernel draw_binary(Bytes& bytes) {
  const DrawnBroadcast drawn(bytes, true);
  const auto function = static_cast<BinaryFunction>(bytes.below(18));
  const PlainBinary::Arguments arguments{bytes.real(), bytes.real(), bytes.flag()};
  const BroadcastKernel::ElementBytes sizes{4, gives_bool(function) ? size_t{1} : size_t{4}};
  return [=](const KernelTable& kernels) {
    return std::make_shared<PlainBinary>(drawn.broadcast(), sizes, arguments,
                                         float_binary_row(function, plain_kernels(kernels)));
  };
}

MakeKernel draw_unary(Bytes& bytes) {
  const PlainUnary::Arguments arguments{.size = product({bytes.dimension(), bytes.extent()}),
                                        .function = static_cast<UnaryFunction>(bytes.below(45)),
                                        .a = bytes.real(),
                                        .b = bytes.real(),
                                        .flushes = bytes.flag()};
  return [=](const KernelTable& kernels) {
    return std::make_shared<PlainUnary>(arguments, plain_kernels(kernels));
  };
}

MakeKernel draw_widen(Bytes& bytes) {
  const size_t size = product({bytes.dimension(), bytes.extent()});
  return [=](const KernelTable& kernels) {
    return std::make_shared<Widen>(size, plain_kernels(kernels));
  };
}

MakeKernel draw_rows(Bytes& bytes) {
  const PlainRows::Arguments arguments{.function = static_cast<RowFunction>(bytes.below(5)),
                                       .rows = bytes.dimension(),
                                       .depth = bytes.extent(),
                                       .beta = bytes.real(),
                                       .flushes = bytes.flag()};
  product({arguments.rows, arguments.depth});
  return [=](const KernelTable& kernels) {
    return std::make_shared<PlainRows>(arguments, plain_kernels(kernels));
  };
}

MakeKernel draw_reduction(Bytes& bytes) {
  PlainReduction::Arguments arguments{.sizes = {},
                                      .first_is_reduced = bytes.flag(),
                                      .function = static_cast<ReductionFunction>(bytes.below(4)),
                                      .order = static_cast<SumOrder>(bytes.below(3)),
                                      .is_mean = bytes.flag(),
                                      .start = bytes.real(),
                                      .flushes = bytes.flag()};
  size_t all = 1;
  for (size_t i = (arguments.first_is_reduced ? 1 : 2) + bytes.below(4); i-- > 0;) {
    arguments.sizes.push_back(bytes.dimension());
    all = product({all, std::max<size_t>(arguments.sizes.back(), 1)});
  }
  return [=](const KernelTable& kernels) {
    return std::make_shared<PlainReduction>(arguments, plain_kernels(kernels));
  };
}

MakeKernel draw_pool(Bytes& bytes) {
  const size_t channels = bytes.dimension();
  const PlainPool::Arguments arguments{.geometry = {.images = bytes.dimension(),
                                                    .input_height = bytes.dimension(),
                                                    .input_width = bytes.dimension(),
                                                    .input_channels = channels,
                                                    .output_height = bytes.dimension(),
                                                    .output_width = bytes.dimension(),
                                                    .output_channels = channels,
                                                    .filter_height = bytes.extent(),
                                                    .filter_width = bytes.extent(),
                                                    .stride_height = bytes.extent(),
                                                    .stride_width = bytes.extent(),
                                                    .pad_top = bytes.dimension(),
                                                    .pad_left = bytes.dimension()},
                                       .function = static_cast<PoolFunction>(bytes.below(5)),
                                       .low = bytes.real(),
                                       .high = bytes.real(),
                                       .flushes = bytes.flag()};
  const WindowGeometry& g = arguments.geometry;
  product({g.images, g.input_height, g.input_width, channels});
  product({g.images, g.output_height, g.output_width, channels, g.filter_height, g.filter_width},
          kMostWork);
  return [=](const KernelTable& kernels) {
    return std::make_shared<PlainPool>(arguments, plain_kernels(kernels));
  };
}

ResizeAxis draw_axis(Bytes& bytes) {
  ResizeAxis axis{.size = bytes.extent(), .low = {}, .high = {}, .weight = {}};
  for (size_t i = product({bytes.dimension()}); i-- > 0;) {
    axis.low.push_back(static_cast<int32_t>(bytes.below(axis.size)));
    axis.high.push_back(static_cast<int32_t>(bytes.below(axis.size)));
    axis.weight.push_back(bytes.real());
  }
  return axis;
}

MakeKernel draw_resize(Bytes& bytes) {
  const PlainResize::Arguments arguments{.images = bytes.dimension(),
                                         .channels = bytes.dimension(),
                                         .rows = draw_axis(bytes),
                                         .columns = draw_axis(bytes),
                                         .kind = static_cast<BlendKind>(bytes.below(4)),
                                         .flushes = bytes.flag()};
  const size_t images = product({arguments.images, arguments.channels});
  product({images, arguments.rows.size, arguments.columns.size});
  product({images, arguments.rows.low.size(), arguments.columns.low.size()});
  return [=](const KernelTable& kernels) {
    return std::make_shared<PlainResize>(arguments, plain_kernels(kernels));
  };
}

}  // namespace

MakeKernel draw_plain(Bytes& bytes) {
  switch (bytes.below(7)) {
    case 0:
      return draw_binary(bytes);
    case 1:
      return draw_unary(bytes);
    case 2:
      return draw_rows(bytes);
    case 3:
      return draw_reduction(bytes);
    case 4:
      return draw_pool(bytes);
    case 5:
      return draw_widen(bytes);
    default:
      return draw_resize(bytes);
  }
}

}  // namespace intlite::fuzz
