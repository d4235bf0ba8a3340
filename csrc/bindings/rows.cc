// rows.cc: makes kernels that see whole rows: softmax, and what keeps a state.
#include <algorithm>
#include <array>

#include "../kernels/lstm.h"
#include "../kernels/softmax.h"
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

}  // namespace

void bind_rows(py::module_& m) {
  def_kernel(m, "softmax", &make_softmax);
  def_kernel(m, "lstm", &make_lstm);
}

}  // namespace intlite
