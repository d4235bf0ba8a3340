// recurrent.cc: makes the kernels of operators that keep a state.
#include <stdexcept>

#include "../kernels/lstm.h"
#include "bindings.h"

namespace intlite {
namespace {

template <class T>
using Array = py::array_t<T, py::array::c_style>;
using Multiplier = std::pair<int32_t, int>;

constexpr size_t kMaxDepth = size_t{1} << 15;  // sums of so many products fit int32

void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(what);
}

QuantizedMultiplier multiplier(const Multiplier& m) {
  require(m.first >= 0 && m.second >= -31 && m.second <= 1100, "multiplier out of range");
  return {m.first, m.second};
}

// `factors`: of the input's sums and of the state's for each gate, of the cell state's two
// parts in TFLite Micro, and of the output.
std::shared_ptr<Kernel> make_lstm(size_t steps, size_t batch, bool time_major,
                                  const Array<int8_t>& weights, const Array<int8_t>& recurrent,
                                  const Array<int32_t>& bias,
                                  const std::array<int32_t, 3>& zero_points,
                                  const std::vector<Multiplier>& factors,
                                  const std::array<Array<int16_t>, 3>& tables, bool micro,
                                  int added_shift, const std::array<int32_t, 2>& cell_range) {
  constexpr size_t kGates = LstmArgs::kGates;
  require(weights.ndim() == 2 && recurrent.ndim() == 2 && bias.ndim() == 1, "bad ranks");
  const size_t columns = static_cast<size_t>(bias.shape(0));
  const size_t inputs = static_cast<size_t>(weights.shape(1)), units = columns / kGates;
  require(columns % kGates == 0 && static_cast<size_t>(weights.shape(0)) == columns &&
              static_cast<size_t>(recurrent.shape(0)) == columns &&
              static_cast<size_t>(recurrent.shape(1)) == units,
          "weights and bias do not fit");
  require(inputs <= kMaxDepth && units <= kMaxDepth, "too many inputs or units");
  require(steps <= (size_t{1} << 31) && batch <= (size_t{1} << 31) / std::max<size_t>(steps, 1),
          "too many steps");
  require(factors.size() == 2 * kGates + 3, "bad number of factors");
  for (const int32_t z : zero_points) require(z >= -128 && z <= 127, "zero point out of range");
  for (const Array<int16_t>& table : tables)
    require(table.size() == LstmArgs::kTableSize, "tables must have 65536 entries");
  require(added_shift >= 0 && added_shift <= 31, "shift out of range");
  require(
      cell_range[0] >= INT16_MIN && cell_range[0] <= cell_range[1] && cell_range[1] <= INT16_MAX,
      "bad range of the cell state");
  LstmArgs args{steps,
                batch,
                inputs,
                units,
                time_major,
                zero_points[0],
                zero_points[1],
                weights.data(),
                recurrent.data(),
                bias.data(),
                {},
                {},
                tables[0].data(),
                tables[1].data(),
                tables[2].data(),
                micro,
                multiplier(factors[2 * kGates]),
                multiplier(factors[2 * kGates + 1]),
                added_shift,
                cell_range[0],
                cell_range[1],
                multiplier(factors[2 * kGates + 2]),
                zero_points[2]};
  for (size_t k = 0; k < kGates; ++k) {
    args.of_input[k] = multiplier(factors[2 * k]);
    args.of_state[k] = multiplier(factors[2 * k + 1]);
  }
  return std::make_shared<Lstm>(args);
}

}  // namespace

void bind_recurrent(py::module_& m) {
  m.def("lstm", &make_lstm, py::kw_only(), py::arg("steps"), py::arg("batch"),
        py::arg("time_major"), py::arg("weights"), py::arg("recurrent"), py::arg("bias"),
        py::arg("zero_points"), py::arg("factors"), py::arg("tables"), py::arg("micro"),
        py::arg("added_shift"), py::arg("cell_range"));
}

}  // namespace intlite
