// places.cc: makes kernels that put elements where a run's integers say.
#include "../kernels/plain/places.h"

#include "../kernels/plain/computed_shapes.h"
#include "element_types.h"

namespace intlite {
namespace {

using enum ElementType;

std::shared_ptr<Kernel> make_one_hot(Arguments& a) {
  const OneHotArgs args{.outer = a.get<size_t>("outer"),
                        .depth = a.get<size_t>("depth"),
                        .inner = a.get<size_t>("inner"),
                        .index_bytes = take_index_bytes(a, "index_bytes"),
                        .element_bytes = a.get<size_t>("element_bytes")};
  const size_t bytes = args.element_bytes;
  require(bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8, "elements of other sizes");
  return std::make_shared<OneHot>(args);
}

std::shared_ptr<Kernel> make_scatter(Arguments& a) {
  ScatterArgs args{
      .sizes = a.get<std::vector<size_t>>("sizes"),
      .row = a.get<size_t>("row"),
      .count = a.get<size_t>("count"),
      .type = take_element_type(a, "dtype", {kBool, kInt8, kUint8, kInt32, kInt64, kFloat32}),
      .refusal = a.get<std::string>("refusal")};
  return std::make_shared<Scatter>(std::move(args));
}

std::shared_ptr<Kernel> make_reverse_sequence(Arguments& a) {
  return std::make_shared<ReverseSequence>(
      ReverseSequenceArgs{.outer = a.get<size_t>("outer"),
                          .first = a.get<size_t>("first"),
                          .middle = a.get<size_t>("middle"),
                          .second = a.get<size_t>("second"),
                          .inner_bytes = a.get<size_t>("inner_bytes"),
                          .along_second = a.get<bool>("along_second"),
                          .length_bytes = take_index_bytes(a, "length_bytes"),
                          .refusal = a.get<std::string>("refusal")});
}

std::shared_ptr<Kernel> make_scaled_rows(Arguments& a) {
  const auto scales = a.get<Array<float>>("scales");
  ScaledRowsArgs args{.rows = a.get<size_t>("rows"),
                      .row = a.get<size_t>("row"),
                      .count = a.get<size_t>("count"),
                      .scales = {scales.data(), scales.data() + scales.size()},
                      .refusal = a.get<std::string>("refusal")};
  require(args.scales.size() == 1 || args.scales.size() == args.rows,
          "there is one scale, or one of each row");
  return std::make_shared<ScaledRows>(std::move(args));
}

std::shared_ptr<Kernel> make_where(Arguments& a) {
  return std::make_shared<Where>(
      a.get<std::vector<size_t>>("shape"),
      take_element_type(a, "dtype", {kBool, kInt8, kUint8, kInt32, kUint32, kInt64, kFloat32}),
      a.get<size_t>("count"));
}

std::shared_ptr<Kernel> make_range(Arguments& a) {
  const size_t size = a.get<size_t>("size");
  check_sizes({size});
  return std::make_shared<Range>(size, take_element_type(a, "dtype", {kInt32, kInt64, kFloat32}));
}

std::shared_ptr<Kernel> make_broadcast_shapes(Arguments& a) {
  return std::make_shared<BroadcastShapes>(a.get<size_t>("left"), a.get<size_t>("right"),
                                           take_index_bytes(a, "index_bytes"),
                                           a.get<std::string>("refusal"));
}

}  // namespace

void bind_places(py::module_& m) {
  def_kernel(m, "one_hot", &make_one_hot);
  def_kernel(m, "scatter", &make_scatter);
  def_kernel(m, "reverse_sequence", &make_reverse_sequence);
  def_kernel(m, "scaled_rows", &make_scaled_rows);
  def_kernel(m, "where", &make_where);
  def_kernel(m, "range", &make_range);
  def_kernel(m, "broadcast_shapes", &make_broadcast_shapes);
}

}  // namespace intlite
