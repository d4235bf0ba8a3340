// lstm.cc: a step is two products of a vector by a matrix, and then unit by unit.
#include "lstm.h"

#include <cstring>

namespace intlite {
namespace {

// Rows of a matrix that are added up together.
constexpr size_t kRows = 4;

// [rows][depth] of int8 to [depth][rows] of int16, with rows of zeros up to a multiple.
std::vector<int16_t> transposed(const int8_t* from, size_t rows, size_t depth) {
  std::vector<int16_t> to((depth + kRows - 1) / kRows * kRows * rows);
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < depth; ++k) to[k * rows + r] = from[r * depth + k];
  return to;
}

int16_t saturate(int64_t x) {
  return static_cast<int16_t>(std::clamp<int64_t>(x, INT16_MIN, INT16_MAX));
}

int32_t rescale(int32_t x, QuantizedMultiplier m) {
  return multiply_by_quantized_multiplier_gemmlowp(x, m.multiplier, m.shift);
}

// sums += vector x matrix. Vectors are of differences of bytes, so depth is what bounds sums.
void accumulate(const int16_t* vector, size_t depth, const int16_t* matrix, size_t columns,
                int32_t* sums) {
  for (size_t k = 0; k < depth; k += kRows, vector += kRows, matrix += kRows * columns) {
    const int16_t a = vector[0], b = vector[1], c = vector[2], d = vector[3];
    if ((a | b | c | d) == 0) continue;  // of an image, most are
    const int16_t *wa = matrix, *wb = wa + columns, *wc = wb + columns, *wd = wc + columns;
    for (size_t n = 0; n < columns; ++n)
      sums[n] += (a * wa[n] + b * wb[n]) + (c * wc[n] + d * wd[n]);
  }
}

// Multiplications that take as long as a part of a convolution.
constexpr size_t kProductsOfPart = 30'000;

size_t padded(size_t depth) { return (depth + kRows - 1) / kRows * kRows; }

// What is not at the zero point, and zeros up to a multiple of kRows.
void center(const int8_t* from, size_t n, int32_t zero_point, int16_t* to) {
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<int16_t>(from[i] - zero_point);
  std::fill(to + n, to + padded(n), int16_t{0});
}

constexpr size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

struct Lstm::Memory {
  int16_t* vector;
  int32_t *of_input, *of_state;
  int16_t* cell;
  size_t bytes;

  Memory(const LstmArgs& a, uint8_t* scratch) {
    const size_t sums = aligned(LstmArgs::kGates * a.units * sizeof(int32_t));
    const size_t longest = aligned(padded(std::max(a.inputs, a.units)) * sizeof(int16_t));
    vector = reinterpret_cast<int16_t*>(scratch);
    of_input = reinterpret_cast<int32_t*>(scratch + longest);
    of_state = reinterpret_cast<int32_t*>(scratch + longest + sums);
    cell = reinterpret_cast<int16_t*>(scratch + longest + 2 * sums);
    bytes = longest + 2 * sums + aligned(a.units * sizeof(int16_t));
  }
};

Lstm::Lstm(const LstmArgs& args)
    : Kernel({args.steps * args.batch * args.inputs, args.batch * args.units,
              args.batch * args.units * sizeof(int16_t)},
             {args.steps * args.batch * args.units, args.batch * args.units,
              args.batch * args.units * sizeof(int16_t)}),
      args_(args),
      weights_(transposed(args.weights, columns(), args.inputs)),
      recurrent_(transposed(args.recurrent, columns(), args.units)),
      bias_(args.bias, args.bias + columns()) {
  const int16_t* tables[] = {args.logistic, args.tanh, args.cell_tanh};
  for (size_t i = 0; i < tables_.size(); ++i)
    tables_[i].assign(tables[i], tables[i] + LstmArgs::kTableSize);
}

size_t Lstm::scratch_bytes() const { return Memory(args_, nowhere()).bytes; }

int32_t Lstm::next_cell(int32_t cell, int32_t i, int32_t f, int32_t g) const {
  int32_t kept, added;
  if (args_.micro) {
    kept = saturate(rescale(f * cell, args_.kept));
    added = saturate(rescale(i * g, args_.added));
  } else {
    kept = static_cast<int16_t>(rounding_divide_by_pot(f * cell, 15));
    added = static_cast<int16_t>(rounding_divide_by_pot(i * g, args_.added_shift));
  }
  return std::clamp(kept + added, args_.cell_min, args_.cell_max);
}

void Lstm::step(const uint8_t* x, int8_t* h, int16_t* c, const Memory& memory) const {
  const size_t units = args_.units;
  std::fill_n(memory.of_input, columns(), 0);
  std::fill_n(memory.of_state, columns(), 0);
  center(reinterpret_cast<const int8_t*>(x), args_.inputs, args_.input_zero_point, memory.vector);
  accumulate(memory.vector, args_.inputs, weights_.data(), columns(), memory.of_input);
  center(h, units, args_.state_zero_point, memory.vector);
  accumulate(memory.vector, units, recurrent_.data(), columns(), memory.of_state);
  const auto gate = [&](size_t k, size_t u, const std::vector<int16_t>& table) -> int32_t {
    const size_t n = k * units + u;
    const int32_t sum = wrapping_add(memory.of_input[n], bias_[n]);
    int64_t fed_back = rescale(memory.of_state[n], args_.of_state[k]);
    if (args_.micro) fed_back = saturate(fed_back);
    const int16_t v = saturate(saturate(rescale(sum, args_.of_input[k])) + fed_back);
    return table[static_cast<uint16_t>(v)];
  };
  for (size_t u = 0; u < units; ++u) {
    const int32_t i = gate(0, u, tables_[0]), f = gate(1, u, tables_[0]);
    const int32_t g = gate(2, u, tables_[1]), o = gate(3, u, tables_[0]);
    c[u] = static_cast<int16_t>(next_cell(c[u], i, f, g));
    const int32_t product = o * tables_[2][static_cast<uint16_t>(c[u])];
    const int64_t value = int64_t{rescale(product, args_.hidden)} + args_.hidden_zero_point;
    h[u] = static_cast<int8_t>(std::clamp<int64_t>(value, -128, 127));
  }
}

void Lstm::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
               uint8_t* scratch) const noexcept {
  run_part(inputs, outputs, samples, {}, scratch);
}

size_t Lstm::parts(size_t samples) const {
  const size_t products = samples * args_.batch * columns() * (args_.inputs + args_.units);
  return std::clamp<size_t>(args_.steps * products / kProductsOfPart, 1, args_.steps + 1);
}

// From part to part the outputs have the states.
void Lstm::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                    Part part, uint8_t* scratch) const noexcept {
  const Memory memory(args_, scratch);
  const size_t batch = args_.batch, units = args_.units, cell_bytes = units * sizeof(int16_t);
  if (part.index == 0) {
    std::memcpy(outputs[1], inputs[1], samples * batch * units);
    std::memcpy(outputs[2], inputs[2], samples * batch * cell_bytes);
  }
  const size_t first = part.begin(args_.steps), end = part.end(args_.steps);
  for (size_t s = 0; s < samples; ++s) {
    for (size_t b = 0; b < batch; ++b) {
      const size_t row = s * batch + b;
      int8_t* h = reinterpret_cast<int8_t*>(outputs[1]) + row * units;
      // The cell state may lie unaligned.
      std::memcpy(memory.cell, outputs[2] + row * cell_bytes, cell_bytes);
      for (size_t t = first; t < end; ++t) {
        const size_t at =
            args_.time_major ? (s * args_.steps + t) * batch + b : row * args_.steps + t;
        step(inputs[0] + at * args_.inputs, h, memory.cell, memory);
        std::memcpy(outputs[0] + at * units, h, units);
      }
      std::memcpy(outputs[2] + row * cell_bytes, memory.cell, cell_bytes);
    }
  }
}

}  // namespace intlite
