// cases_integers.cc: integers, bool, and places that a run names, as bindings/integers.cc, plain.cc
// and places.cc make them.
#include "../../../csrc/kernels/plain/arg.h"
#include "../../../csrc/kernels/plain/cast.h"
#include "../../../csrc/kernels/plain/computed_shapes.h"
#include "../../../csrc/kernels/plain/cumsum.h"
#include "../../../csrc/kernels/plain/elementwise.h"
#include "../../../csrc/kernels/plain/integer_binary.h"
#include "../../../csrc/kernels/plain/places.h"
#include "../../../csrc/kernels/plain/reduce.h"
#include "../../../csrc/kernels/plain/select.h"
#include "../../../csrc/kernels/plain/topk.h"
#include "../../../csrc/kernels/slice.h"
#include "broadcast.h"

namespace intlite::fuzz {
namespace {

using enum ElementType;

size_t draw_index_bytes(Bytes& bytes) { return bytes.flag() ? 4 : 8; }

MakeKernel draw_arg(Bytes& bytes) {
  const ArgShape shape{
      .outer = bytes.dimension(), .axis = bytes.extent(), .inner = bytes.dimension()};
  product({shape.outer, shape.axis, shape.inner, 4});
  const auto type = bytes.pick<ElementType>({kBool, kInt8, kUint8, kInt32, kFloat32});
  const bool least = bytes.flag(), nan = bytes.flag();
  const size_t index_bytes = draw_index_bytes(bytes);
  return [=](const KernelTable& kernels) {
    return std::make_shared<Arg>(shape, type, least, nan, index_bytes, plain_kernels(kernels));
  };
}

MakeKernel draw_topk(Bytes& bytes) {
  const size_t rows = bytes.dimension(), size = bytes.dimension();
  product({rows, size, 8});
  const size_t k = bytes.below(size + 1);
  const auto type = bytes.pick<ElementType>({kInt8, kUint8, kInt16, kInt32, kInt64, kFloat32});
  const size_t index_bytes = bytes.flag() ? 2 : 4;
  return
      [=](const KernelTable&) { return std::make_shared<TopK>(rows, size, k, type, index_bytes); };
}

MakeKernel draw_reduce(Bytes& bytes) {
  std::vector<ReducedDimension> dimensions(bytes.below(5));
  size_t size = 8, kept = 8;
  for (ReducedDimension& d : dimensions) {
    d = {.size = bytes.dimension(), .is_reduced = bytes.flag()};
    size = product({size, d.size});
    if (!d.is_reduced) kept = product({kept, d.size});
  }
  const bool of_bool = bytes.flag();
  const auto reduction = of_bool ? bytes.pick<Reduction>({Reduction::kMaximum, Reduction::kMinimum})
                                 : static_cast<Reduction>(bytes.below(5));
  require(reduction != Reduction::kMean || size != 0);
  const auto type = of_bool ? kBool : bytes.pick<ElementType>({kInt32, kInt64});
  return [=](const KernelTable&) {
    return std::make_shared<IntegerReduce>(dimensions, type, reduction);
  };
}

MakeKernel draw_cumsum(Bytes& bytes) {
  CumSumArgs args{};
  args.shape.resize(1 + bytes.below(4));
  size_t size = 8;
  for (size_t& n : args.shape) size = product({size, n = bytes.dimension()});
  args.type = bytes.pick<ElementType>({kInt32, kInt64, kFloat32});
  args.exclusive = bytes.flag();
  args.reverse = bytes.flag();
  return [=](const KernelTable&) { return std::make_shared<CumSum>(args); };
}

MakeKernel draw_cast(Bytes& bytes) {
  const size_t size = product({bytes.dimension(), bytes.extent()});
  product({size, 8});
  const auto from = static_cast<ElementType>(bytes.below(10));
  const auto to = static_cast<ElementType>(bytes.below(10));
  const bool nan = bytes.flag();
  return [=](const KernelTable& kernels) {
    return std::make_shared<Cast>(size, from, to, nan, plain_kernels(kernels));
  };
}

MakeKernel draw_one_hot(Bytes& bytes) {
  const OneHotArgs args{.outer = bytes.dimension(),
                        .depth = bytes.dimension(),
                        .inner = bytes.dimension(),
                        .index_bytes = draw_index_bytes(bytes),
                        .element_bytes = bytes.pick<size_t>({1, 2, 4, 8})};
  return [=](const KernelTable&) { return std::make_shared<OneHot>(args); };
}

MakeKernel draw_scatter(Bytes& bytes) {
  ScatterArgs args{};
  args.sizes.resize(bytes.below(4));
  for (size_t& size : args.sizes) size = bytes.dimension();
  args.row = bytes.dimension();
  args.count = bytes.dimension();
  // Of sums of two NaN either one may remain.
  args.type = bytes.pick<ElementType>({kBool, kInt8, kUint8, kInt32, kInt64});
  return [=](const KernelTable&) { return std::make_shared<Scatter>(args); };
}

MakeKernel draw_reverse_sequence(Bytes& bytes) {
  const ReverseSequenceArgs args{.outer = bytes.dimension(),
                                 .first = bytes.dimension(),
                                 .middle = bytes.dimension(),
                                 .second = bytes.dimension(),
                                 .inner_bytes = bytes.dimension(),
                                 .along_second = bytes.flag(),
                                 .length_bytes = draw_index_bytes(bytes),
                                 .refusal = {}};
  return [=](const KernelTable&) { return std::make_shared<ReverseSequence>(args); };
}

MakeKernel draw_scaled_rows(Bytes& bytes) {
  ScaledRowsArgs args{};
  args.rows = bytes.dimension();
  args.row = bytes.dimension();
  args.count = bytes.dimension();
  product({args.rows, 4});
  args.scales.assign(bytes.flag() ? 1 : args.rows, bytes.real());
  return [=](const KernelTable&) { return std::make_shared<ScaledRows>(args); };
}

MakeKernel draw_where(Bytes& bytes) {
  std::vector<size_t> shape(1 + bytes.below(4));
  for (size_t& size : shape) size = bytes.dimension();
  const size_t count = bytes.dimension();
  const auto type =
      bytes.pick<ElementType>({kBool, kInt8, kUint8, kInt32, kUint32, kInt64, kFloat32});
  return [=](const KernelTable&) { return std::make_shared<Where>(shape, type, count); };
}

MakeKernel draw_range(Bytes& bytes) {
  const size_t size = bytes.dimension();
  product({size, 8});
  const auto type = bytes.pick<ElementType>({kInt32, kInt64, kFloat32});
  return [=](const KernelTable&) { return std::make_shared<Range>(size, type); };
}

MakeKernel draw_broadcast_shapes(Bytes& bytes) {
  const size_t left = bytes.dimension(), right = bytes.dimension();
  const size_t index_bytes = draw_index_bytes(bytes);
  return [=](const KernelTable&) {
    return std::make_shared<BroadcastShapes>(left, right, index_bytes, "");
  };
}

MakeKernel draw_binary(Bytes& bytes) {
  const DrawnBroadcast drawn(bytes, true);
  const auto function = static_cast<BinaryFunction>(bytes.below(19));
  const auto type = bytes.pick<ElementType>({kBool, kInt8, kInt16, kInt32, kInt64});
  return [=](const KernelTable& kernels) {
    const BinaryRow row = plain_kernels(kernels).integer_binary(function, type);
    require(row != nullptr);
    return std::make_shared<IntegerBinary>(drawn.broadcast(), type, gives_bool(function), row,
                                           Forbidden::kNothing, "");
  };
}

MakeKernel draw_unary(Bytes& bytes) {
  const size_t size = bytes.dimension();
  product({size, 8});
  const auto function = static_cast<IntegerFunction>(bytes.below(4));
  const auto type =
      function == IntegerFunction::kNot ? kBool : bytes.pick<ElementType>({kInt32, kInt64});
  return [=](const KernelTable&) { return std::make_shared<IntegerUnary>(size, type, function); };
}

MakeKernel draw_add_n(Bytes& bytes) {
  const AddNArgs args{.count = 2 + bytes.below(4),
                      .size = bytes.dimension(),
                      .type = kInt32,
                      .from_zero = bytes.flag(),
                      .saturates = bytes.flag()};
  product({args.count, args.size, 4});
  return [=](const KernelTable&) { return std::make_shared<AddN>(args); };
}

MakeKernel draw_select(Bytes& bytes) {
  SelectArgs args{};
  args.dimensions.resize(1 + bytes.below(4));
  args.element_bytes = bytes.pick<size_t>({1, 2, 4, 8});
  size_t all = args.element_bytes;
  args.condition_size = args.left_size = args.right_size = 1;
  for (size_t d = args.dimensions.size(); d-- > 0;) {
    const size_t size = bytes.extent();
    all = product({all, size});
    const auto stride = [&](size_t& operand) -> size_t {
      if (bytes.flag()) return 0;
      const size_t before = operand;
      operand *= size;
      return before;
    };
    args.dimensions[d] = {.size = size,
                          .condition_stride = stride(args.condition_size),
                          .left_stride = stride(args.left_size),
                          .right_stride = stride(args.right_size)};
  }
  return [=](const KernelTable&) { return std::make_shared<Select>(args); };
}

MakeKernel draw_slice(Bytes& bytes) {
  SliceArgs args{};
  for (size_t d = 1 + bytes.below(4); d-- > 0;) {
    args.shape.push_back(product({bytes.dimension()}));
    args.sizes.push_back(bytes.flag() ? args.shape.back() : bytes.below(args.shape.back() + 1));
  }
  args.element_bytes = bytes.extent();
  args.index_bytes = draw_index_bytes(bytes);
  return [=](const KernelTable&) { return std::make_shared<Slice>(args); };
}

}  // namespace

MakeKernel draw_integers(Bytes& bytes) {
  const auto draw = bytes.pick<MakeKernel (*)(Bytes&)>(
      {draw_arg, draw_topk, draw_reduce, draw_cumsum, draw_cast, draw_one_hot, draw_scatter,
       draw_reverse_sequence, draw_scaled_rows, draw_where, draw_range, draw_broadcast_shapes,
       draw_binary, draw_binary, draw_unary, draw_add_n, draw_select, draw_slice});
  return draw(bytes);
}

}  // namespace intlite::fuzz
