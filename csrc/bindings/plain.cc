// plain.cc: makes kernels of plain numbers that see whole rows, and conversions of them.
#include "../kernels/plain/arg.h"
#include "../kernels/plain/cast.h"
#include "../kernels/plain/cumsum.h"
#include "../kernels/plain/reduce.h"
#include "../kernels/plain/topk.h"
#include "element_types.h"

namespace intlite {
namespace {

using enum ElementType;

std::shared_ptr<Kernel> make_arg(Arguments& a) {
  const ArgShape shape{.outer = a.get<size_t>("outer"),
                       .axis = a.get<size_t>("axis"),
                       .inner = a.get<size_t>("inner")};
  check_sizes({shape.outer, shape.axis, shape.inner});
  require(shape.axis >= 1 && shape.axis < kDimensionLimit, "axis out of range");
  const ElementType type = take_element_type(a, "dtype", {kBool, kInt8, kUint8, kInt32, kFloat32});
  return std::make_shared<Arg>(shape, type, a.get<bool>("least"), a.get<bool>("first_nan_wins"),
                               take_index_bytes(a, "index_bytes"), plain_kernels(a.kernels()));
}

std::shared_ptr<Kernel> make_topk(Arguments& a) {
  const size_t rows = a.get<size_t>("rows"), size = a.get<size_t>("size"), k = a.get<size_t>("k");
  check_sizes({rows, size});
  require(size < kDimensionLimit && k <= size, "k out of range");
  const ElementType type =
      take_element_type(a, "dtype", {kInt8, kUint8, kInt16, kInt32, kInt64, kFloat32});
  const size_t index_bytes = take_index_bytes(a, "index_bytes", 2);
  require(index_bytes != 8, "places are int16 or int32");
  return std::make_shared<TopK>(rows, size, k, type, index_bytes);
}

std::shared_ptr<Kernel> make_integer_reduce(Arguments& a) {
  std::vector<ReducedDimension> dimensions;
  size_t input = 8, output = 8;
  for (const auto& [size, is_reduced] : a.get<std::vector<std::pair<size_t, bool>>>("dimensions")) {
    dimensions.push_back({.size = size, .is_reduced = is_reduced});
    input = checked_product(input, size);
    if (!is_reduced) output = checked_product(output, size);
  }
  const ElementType type = take_element_type(a, "dtype", {kBool, kInt32, kInt64});
  const auto reduction = a.get<Reduction>("reduction");
  const bool of_bool = reduction == Reduction::kMaximum || reduction == Reduction::kMinimum;
  require(type != kBool || of_bool, "there is no kernel of this type");
  require(reduction != Reduction::kMean || input != 0, "there is no mean of nothing");
  return std::make_shared<IntegerReduce>(std::move(dimensions), type, reduction);
}

std::shared_ptr<Kernel> make_cumsum(Arguments& a) {
  CumSumArgs args{.shape = a.get<std::vector<size_t>>("shape"),
                  .type = take_element_type(a, "dtype", {kInt32, kInt64, kFloat32}),
                  .exclusive = a.get<bool>("exclusive"),
                  .reverse = a.get<bool>("reverse"),
                  .refusal = a.get<std::string>("refusal")};
  size_t size = 8;
  for (const size_t n : args.shape) size = checked_product(size, n);
  require(!args.shape.empty(), "a scalar has no axis");
  return std::make_shared<CumSum>(std::move(args));
}

std::shared_ptr<Kernel> make_cast(Arguments& a) {
  const auto all = {kBool,  kInt8,   kUint8, kInt16,   kUint16,
                    kInt32, kUint32, kInt64, kFloat32, kFloat64};
  const size_t size = a.get<size_t>("size");
  check_sizes({size});
  const ElementType from = take_element_type(a, "dtype", all);
  const ElementType to = take_element_type(a, "to", all);
  return std::make_shared<Cast>(size, from, to, a.get<bool>("nan_is_zero"),
                                plain_kernels(a.kernels()));
}

}  // namespace

void bind_plain(py::module_& m) {
  def_kernel(m, "arg", &make_arg);
  def_kernel(m, "topk", &make_topk);
  def_kernel(m, "integer_reduce", &make_integer_reduce);
  def_kernel(m, "cumsum", &make_cumsum);
  def_kernel(m, "cast", &make_cast);
}

}  // namespace intlite
