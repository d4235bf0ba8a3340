// reductions.cc: makes kernels of 8 bits that reduce any dimensions.
#include "../kernels/extreme.h"
#include "../kernels/mean.h"
#include "../kernels/quantized_product.h"
#include "../kernels/reduction_int16.h"
#include "arguments.h"

namespace intlite {
namespace {

// "outer", and "groups" of (reduced, kept): no tensor on the way has more elements than it can.
ReducedShape take_shape(Arguments& a) {
  const size_t outer = a.get<size_t>("outer");
  auto groups = a.get<ReducedShape::Groups>("groups");
  require(!groups.empty(), "a reduction has at least one group");
  size_t total = outer;
  for (const auto& [reduced, kept] : groups) {
    require(reduced < kDimensionLimit && kept < kDimensionLimit, "dimension too large");
    total = checked_product(checked_product(total, std::max<size_t>(reduced, 1)), kept);
  }
  require(outer < kDimensionLimit, "dimension too large");
  return {outer, std::move(groups)};
}

std::shared_ptr<Kernel> make_mean(Arguments& a) {
  ReducedShape shape = take_shape(a);
  const int64_t offset = a.get<int64_t>("offset");
  const MeanArgs args{.is_unsigned = a.get<bool>("is_unsigned"),
                      .kind = a.get<MeanKind>("kind"),
                      .offset = static_cast<int32_t>(offset),
                      .multiplier = a.get<int32_t>("multiplier"),
                      .shift = a.get<int>("shift"),
                      .scale = a.get<float>("scale"),
                      .bias = a.get<float>("bias"),
                      .zero_point = a.get<int32_t>("zero_point")};
  require(offset == args.offset, "offset too large");
  require(args.shift >= -31, "shift out of range");
  const KernelTable& kernels = a.kernels();
  if (a.get<bool>("is_int16", false))
    return std::make_shared<ReductionInt16>(std::move(shape), Int16Reduction::kMean, args);
  return std::make_shared<Mean>(std::move(shape), args, kernels);
}

std::shared_ptr<Kernel> make_extreme(Arguments& a) {
  ReducedShape shape = take_shape(a);
  const bool is_unsigned = a.get<bool>("is_unsigned"), least = a.get<bool>("least");
  const KernelTable& kernels = a.kernels();
  if (a.get<bool>("is_int16", false))
    return std::make_shared<ReductionInt16>(
        std::move(shape), least ? Int16Reduction::kLeast : Int16Reduction::kGreatest);
  return std::make_shared<Extreme>(std::move(shape), is_unsigned, least, kernels);
}

std::shared_ptr<Kernel> make_quantized_product(Arguments& a) {
  ReducedShape shape = take_shape(a);
  const QuantizedProductArgs args{.input_zero_point = a.get<int32_t>("input_zero_point"),
                                  .output_zero_point = a.get<int32_t>("output_zero_point"),
                                  .multiplier = a.get<int32_t>("multiplier"),
                                  .shift = a.get<int>("shift"),
                                  .is_int16 = a.get<bool>("is_int16", false)};
  const int32_t least = args.is_int16 ? INT16_MIN : INT8_MIN;
  for (const int32_t z : {args.input_zero_point, args.output_zero_point})
    require(z >= least && z <= -1 - least, "zero point out of range");
  require(
      args.multiplier >= 0 && args.multiplier < 1 << 15 && args.shift >= -31 && args.shift <= 14,
      "multiplier out of range");
  return std::make_shared<QuantizedProduct>(std::move(shape), args);
}

}  // namespace

void bind_reductions(py::module_& m) {
  def_kernel(m, "mean", &make_mean);
  def_kernel(m, "extreme", &make_extreme);
  def_kernel(m, "quantized_product", &make_quantized_product);
}

}  // namespace intlite
