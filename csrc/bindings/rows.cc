// rows.cc: makes kernels that see whole rows: softmax, and what keeps a state.
#include <algorithm>
#include <array>

#include "../kernels/lstm.h"
#include "../kernels/normalization.h"
#include "../kernels/softmax.h"
#include "../kernels/softmax_int16.h"
#include "../kernels/svdf.h"
#include "arguments.h"

namespace intlite {
namespace {

template <class T>
void take_table(Arguments& a, const char* name, std::array<T, 256>& to) {
  const auto table = a.get<Array<T>>(name);
  require(table.size() == 256, "tables must have 256 entries");
  std::copy_n(table.data(), 256, to.begin());
}

std::shared_ptr<Kernel> make_softmax(Arguments& a) {
  SoftmaxArgs args{.rows = a.get<size_t>("rows"),
                   .depth = a.get<size_t>("depth"),
                   .is_unsigned = a.get<bool>("is_unsigned"),
                   .fixed_point = a.get<bool>("fixed_point"),
                   .fixed = {},
                   .distances = a.get<size_t>("distances"),
                   .real = {},
                   .scale = a.get<float>("scale"),
                   .zero_point = a.get<int32_t>("zero_point")};
  take_table(a, "fixed", args.fixed);
  take_table(a, "real", args.real);
  require(args.distances <= 256, "tables must have 256 entries");
  return std::make_shared<Softmax>(args, a.kernels());
}

std::shared_ptr<Kernel> make_softmax_int16(Arguments& a) {
  const auto take = [&](const char* name) {
    const auto table = a.get<Array<int16_t>>(name);
    require(table.size() == 513, "tables must have 513 entries");
    return std::vector<int16_t>(table.data(), table.data() + 513);
  };
  SoftmaxInt16Args args{.rows = a.get<size_t>("rows"),
                        .depth = a.get<size_t>("depth"),
                        .multiplier = a.get<int32_t>("multiplier"),
                        .shift = a.get<int>("shift"),
                        .exp = take("exp"),
                        .reciprocal = take("reciprocal")};
  checked_product(args.rows, checked_product(args.depth, 2));
  require(args.depth <= 65536 && args.shift >= -31, "depth or multiplier out of range");
  return std::make_shared<SoftmaxInt16>(std::move(args));
}

std::shared_ptr<Kernel> make_log_softmax(Arguments& a) {
  const auto reverse = a.get<std::pair<int32_t, int>>("reverse");
  LogSoftmaxArgs args{.rows = a.get<size_t>("rows"),
                      .depth = a.get<size_t>("depth"),
                      .is_unsigned = a.get<bool>("is_unsigned"),
                      .fixed_point = a.get<bool>("fixed_point"),
                      .scaled = {},
                      .fixed = {},
                      .least = a.get<int32_t>("least"),
                      .reverse_multiplier = reverse.first,
                      .reverse_shift = reverse.second,
                      .real = {},
                      .input_scale = a.get<float>("input_scale"),
                      .output_scale = a.get<float>("output_scale")};
  take_table(a, "scaled", args.scaled);
  take_table(a, "fixed", args.fixed);
  take_table(a, "real", args.real);
  checked_product(args.rows, args.depth);
  require(args.reverse_shift >= -31, "multiplier out of range");
  return std::make_shared<LogSoftmax>(args);
}

std::shared_ptr<Kernel> make_l2_normalization(Arguments& a) {
  const L2NormalizationArgs args{.rows = a.get<size_t>("rows"),
                                 .depth = a.get<size_t>("depth"),
                                 .is_unsigned = a.get<bool>("is_unsigned"),
                                 .zero_point = a.get<int32_t>("zero_point")};
  checked_product(args.rows, args.depth);
  const int32_t low = args.is_unsigned ? 0 : -128;
  require(args.zero_point >= low && args.zero_point <= low + 255, "zero point out of range");
  return std::make_shared<L2Normalization>(args);
}

constexpr size_t kMaxDepth = size_t{1} << 15;  // sums of so many products fit int32

// Python's (multiplier, shift).
using MultiplierPair = std::pair<int32_t, int>;

QuantizedMultiplier checked(const MultiplierPair& m) {
  require(m.first >= 0 && m.second >= -31 && m.second <= 1100, "multiplier out of range");
  return {.multiplier = m.first, .shift = m.second};
}

using Gates = std::array<QuantizedMultiplier, LstmArgs::kGates>;

Gates take_gates(Arguments& a, const char* name) {
  const auto pairs = a.get<std::array<MultiplierPair, LstmArgs::kGates>>(name);
  Gates gates;
  std::transform(pairs.begin(), pairs.end(), gates.begin(), checked);
  return gates;
}

std::shared_ptr<Kernel> make_lstm(Arguments& a) {
  const auto weights = a.get<Array<int8_t>>("weights"),
             recurrent = a.get<Array<int8_t>>("recurrent");
  const auto bias = a.get<Array<int32_t>>("bias");
  const auto logistic = a.get<Array<int16_t>>("logistic"), tanh = a.get<Array<int16_t>>("tanh");
  const auto cell_tanh = a.get<Array<int16_t>>("cell_tanh");
  require(weights.ndim() == 2 && recurrent.ndim() == 2 && bias.ndim() == 1, "bad ranks");
  const LstmArgs args{.steps = a.get<size_t>("steps"),
                      .batch = a.get<size_t>("batch"),
                      .inputs = static_cast<size_t>(weights.shape(1)),
                      .units = static_cast<size_t>(bias.shape(0)) / LstmArgs::kGates,
                      .time_major = a.get<bool>("time_major"),
                      .input_zero_point = a.get<int32_t>("input_zero_point"),
                      .state_zero_point = a.get<int32_t>("state_zero_point"),
                      .weights = weights.data(),
                      .recurrent = recurrent.data(),
                      .bias = bias.data(),
                      .of_input = take_gates(a, "of_input"),
                      .of_state = take_gates(a, "of_state"),
                      .logistic = logistic.data(),
                      .tanh = tanh.data(),
                      .cell_tanh = cell_tanh.data(),
                      .micro = a.get<bool>("micro"),
                      .kept = checked(a.get<MultiplierPair>("kept")),
                      .added = checked(a.get<MultiplierPair>("added")),
                      .added_shift = a.get<int>("added_shift"),
                      .cell_min = a.get<int32_t>("cell_min"),
                      .cell_max = a.get<int32_t>("cell_max"),
                      .hidden = checked(a.get<MultiplierPair>("hidden")),
                      .hidden_zero_point = a.get<int32_t>("hidden_zero_point")};
  const auto columns = static_cast<py::ssize_t>(args.units * LstmArgs::kGates);
  require(bias.shape(0) == columns && weights.shape(0) == columns &&
              recurrent.shape(0) == columns &&
              static_cast<size_t>(recurrent.shape(1)) == args.units,
          "weights and bias do not fit");
  require(args.inputs <= kMaxDepth && args.units <= kMaxDepth, "too many inputs or units");
  require(args.steps <= kDimensionLimit &&
              args.batch <= kDimensionLimit / std::max<size_t>(args.steps, 1),
          "too many steps");
  for (const int32_t z : {args.input_zero_point, args.state_zero_point, args.hidden_zero_point})
    require(z >= -128 && z <= 127, "zero point out of range");
  for (const Array<int16_t>* table : {&logistic, &tanh, &cell_tanh})
    require(table->size() == LstmArgs::kTableSize, "tables must have 65536 entries");
  require(args.added_shift >= 0 && args.added_shift <= 31, "shift out of range");
  require(
      args.cell_min >= INT16_MIN && args.cell_min <= args.cell_max && args.cell_max <= INT16_MAX,
      "bad range of the cell state");
  return std::make_shared<Lstm>(args);
}

std::shared_ptr<Kernel> make_svdf(Arguments& a) {
  const auto feature = a.get<Array<int8_t>>("feature");
  const auto time = a.get<Array<int16_t>>("time");
  const auto bias = a.get<Array<int32_t>>("bias");
  require(feature.ndim() == 2 && time.ndim() == 2 && bias.ndim() == 1, "bad ranks");
  const QuantizedMultiplier first = checked(a.get<MultiplierPair>("first")),
                            second = checked(a.get<MultiplierPair>("second"));
  const SvdfArgs args{.batch = a.get<size_t>("batch"),
                      .depth = static_cast<size_t>(feature.shape(1)),
                      .filters = static_cast<size_t>(feature.shape(0)),
                      .memory = static_cast<size_t>(time.shape(1)),
                      .rank = a.get<size_t>("rank"),
                      .feature = feature.data(),
                      .time = time.data(),
                      .bias = bias.data(),
                      .input_zero_point = a.get<int32_t>("input_zero_point"),
                      .output_zero_point = a.get<int32_t>("output_zero_point"),
                      .first_multiplier = first.multiplier,
                      .second_multiplier = second.multiplier,
                      .first_shift = first.shift,
                      .second_shift = second.shift};
  require(args.memory > 0 && args.rank > 0 && args.filters % args.rank == 0 &&
              time.shape(0) == feature.shape(0) &&
              static_cast<size_t>(bias.shape(0)) == args.filters / args.rank,
          "weights and bias do not fit");
  require(args.depth <= kMaxDepth, "too many inputs");
  for (const int32_t z : {args.input_zero_point, args.output_zero_point})
    require(z >= -128 && z <= 127, "zero point out of range");
  checked_product(args.batch, checked_product(args.filters, args.memory * sizeof(int16_t)));
  checked_product(args.batch, std::max<size_t>(args.depth, 1));
  return std::make_shared<Svdf>(args);
}

}  // namespace

void bind_rows(py::module_& m) {
  def_kernel(m, "softmax", &make_softmax);
  def_kernel(m, "softmax_int16", &make_softmax_int16);
  def_kernel(m, "log_softmax", &make_log_softmax);
  def_kernel(m, "l2_normalization", &make_l2_normalization);
  def_kernel(m, "svdf", &make_svdf);
  def_kernel(m, "lstm", &make_lstm);
}

}  // namespace intlite
