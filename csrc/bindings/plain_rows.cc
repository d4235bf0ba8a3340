// plain_rows.cc: makes kernels of whole rows of numbers that are not quantized.
#include "../kernels/plain/reduction.h"
#include "../kernels/plain/rows.h"
#include "arguments.h"

namespace intlite {
namespace {

std::shared_ptr<Kernel> make_plain_rows(Arguments& a) {
  const PlainRows::Arguments arguments{.function = a.get<RowFunction>("function"),
                                       .rows = a.get<size_t>("rows"),
                                       .depth = a.get<size_t>("depth"),
                                       .beta = a.get<float>("beta", 1.0f),
                                       .flushes = a.get<bool>("flushes", false)};
  require(arguments.depth != 0, "rows have at least one element");
  checked_product(checked_product(arguments.rows, arguments.depth), sizeof(float));
  return std::make_shared<PlainRows>(arguments, plain_kernels(a.kernels()));
}

std::shared_ptr<Kernel> make_plain_reduction(Arguments& a) {
  const PlainReduction::Arguments arguments{.sizes = a.get<std::vector<size_t>>("sizes"),
                                            .first_is_reduced = a.get<bool>("first_is_reduced"),
                                            .function = a.get<ReductionFunction>("function"),
                                            .order = a.get<SumOrder>("order"),
                                            .is_mean = a.get<bool>("is_mean"),
                                            .start = a.get<float>("start"),
                                            .flushes = a.get<bool>("flushes", false)};
  require(arguments.sizes.size() >= (arguments.first_is_reduced ? 1 : 2),
          "no dimension is reduced");
  size_t elements = sizeof(float);
  for (const size_t size : arguments.sizes)
    elements = checked_product(elements, std::max<size_t>(size, 1));
  return std::make_shared<PlainReduction>(arguments, plain_kernels(a.kernels()));
}

}  // namespace

void bind_plain_rows(py::module_& m) {
  def_kernel(m, "plain_rows", &make_plain_rows);
  def_kernel(m, "plain_reduction", &make_plain_reduction);
}

}  // namespace intlite
