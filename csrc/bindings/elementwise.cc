// elementwise.cc: makes tables, sums and products of 8-bit values, and conversions of types.
#include "../kernels/elementwise.h"

#include "../kernels/fixed_binary.h"
#include "../kernels/fixed_binary_int16.h"
#include "../kernels/joined_lookup.h"
#include "../kernels/lookup.h"
#include "../kernels/lookup_int16.h"
#include "../kernels/quantize.h"
#include "broadcast.h"

namespace intlite {
namespace {

// A copy of an argument's bytes, if they are so many.
std::vector<uint8_t> take_table(Arguments& a, const char* name, size_t entries) {
  const auto table = a.get<Array<uint8_t>>(name);
  require(static_cast<size_t>(table.size()) == entries, "table of the wrong size");
  return {table.data(), table.data() + entries};
}

BlockPattern take_pattern(Arguments& a) {
  const BlockPattern pattern{.run = a.get<size_t>("run"), .lanes = a.get<size_t>("lanes")};
  require(pattern.run != 0 && pattern.lanes != 0, "run and lanes must be at least 1");
  return pattern;
}

std::shared_ptr<Kernel> make_unary_lookup(Arguments& a) {
  const auto block = take_table(a, "block", 256), tail = take_table(a, "tail", 256);
  return std::make_shared<UnaryLookup>(a.get<size_t>("size"), block.data(), tail.data(),
                                       take_pattern(a), a.kernels().lookup);
}

std::shared_ptr<Kernel> make_int16_lookup(Arguments& a) {
  const auto take = [&](const char* name) {
    const auto table = a.get<Array<int16_t>>(name);
    require(table.size() == 65536, "table of the wrong size");
    return shared_table(table.data());
  };
  const size_t size = checked_product(a.get<size_t>("size"), 2) / 2, lanes = a.get<size_t>("lanes");
  require(lanes != 0, "lanes must be at least 1");
  auto block = take("block"), tail = take("tail");
  return std::make_shared<Int16Lookup>(size, std::move(block), std::move(tail), lanes);
}

std::shared_ptr<Kernel> make_binary_lookup(Arguments& a) {
  return std::make_shared<BinaryLookup>(take_broadcast(a), take_table(a, "block", 65536),
                                        take_table(a, "tail", 65536), take_pattern(a),
                                        a.kernels().lookup);
}

std::shared_ptr<Kernel> make_joined_lookup(Arguments& a) {
  const size_t rows = a.get<size_t>("rows");
  const auto sizes = a.get<std::vector<size_t>>("sizes");
  const auto tables = a.get<Array<uint8_t>>("tables");
  require(tables.ndim() == 2 && tables.shape(1) == 256 &&
              static_cast<size_t>(tables.shape(0)) == sizes.size(),
          "tables of the wrong size");
  size_t row = 0;
  std::vector<JoinedInput> inputs(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    inputs[i].row = sizes[i];
    row += checked_product(sizes[i], 1);
    checked_product(rows, row);
    std::copy_n(tables.data(static_cast<py::ssize_t>(i), 0), 256, inputs[i].table.begin());
  }
  return std::make_shared<JoinedLookup>(rows, std::move(inputs), a.kernels().lookup);
}

OutputStage take_output(Arguments& a, bool is_unsigned) {
  const OutputStage output{.zero_point = a.get<int32_t>("zero_point"),
                           .min = a.get<int32_t>("activation_min"),
                           .max = a.get<int32_t>("activation_max"),
                           .flip = 0};
  const int32_t low = is_unsigned ? 0 : -128, high = low + 255, zero_point = output.zero_point;
  require(output.min >= low && output.max <= high && output.min <= output.max &&
              zero_point >= low && zero_point <= high,
          "output range outside of its type");
  return output;
}

std::shared_ptr<Kernel> make_add(Arguments& a) {
  Broadcast broadcast = take_dense_broadcast(a);
  const bool is_unsigned = a.get<bool>("is_unsigned");
  const ElementwiseParameters p{.is_unsigned = is_unsigned,
                                .left_factor = a.get<int32_t>("left_factor"),
                                .right_factor = a.get<int32_t>("right_factor"),
                                .bias = a.get<int32_t>("bias"),
                                .shift = a.get<int32_t>("shift"),
                                .left_zero_point = 0,
                                .right_zero_point = 0,
                                .scale = 0,
                                .output = take_output(a, is_unsigned)};
  require(p.shift >= 0 && p.shift <= 31, "shift must be 0 to 31");
  return std::make_shared<Elementwise>(std::move(broadcast), p, a.kernels().add);
}

std::shared_ptr<Kernel> make_multiply(Arguments& a) {
  Broadcast broadcast = take_dense_broadcast(a);
  const bool is_unsigned = a.get<bool>("is_unsigned");
  const ElementwiseParameters p{.is_unsigned = is_unsigned,
                                .left_factor = 0,
                                .right_factor = 0,
                                .bias = 0,
                                .shift = 0,
                                .left_zero_point = a.get<int32_t>("left_zero_point"),
                                .right_zero_point = a.get<int32_t>("right_zero_point"),
                                .scale = a.get<float>("scale"),
                                .output = take_output(a, is_unsigned)};
  return std::make_shared<Elementwise>(std::move(broadcast), p, a.kernels().multiply);
}

// Multiplier and shift.
FixedFactor take_factor(Arguments& a, const char* name) {
  const auto [multiplier, shift] = a.get<std::pair<int32_t, int>>(name);
  require(multiplier >= 0 && shift >= -31 && shift <= 256, "multiplier or shift out of range");
  return {.multiplier = multiplier, .shift = shift};
}

FixedBinary::Kinds take_kinds(Arguments& a) {
  const FixedBinary::Kinds kinds{.block = a.get<FixedBinaryKind>("block"),
                                 .tail = a.get<FixedBinaryKind>("tail"),
                                 .lanes = a.get<size_t>("lanes")};
  require(kinds.lanes != 0 && 64 % kinds.lanes == 0, "blocks must have 1 to 64 lanes");
  return kinds;
}

std::shared_ptr<Kernel> make_fixed_binary(Arguments& a) {
  Broadcast broadcast = take_dense_broadcast(a);
  const bool is_unsigned = a.get<bool>("is_unsigned");
  const FixedBinary::Kinds kinds = take_kinds(a);
  const OutputStage output = take_output(a, is_unsigned);
  const FixedBinaryNumbers numbers{.is_unsigned = is_unsigned,
                                   .left_zero_point = a.get<int32_t>("left_zero_point"),
                                   .right_zero_point = a.get<int32_t>("right_zero_point"),
                                   .left = take_factor(a, "left"),
                                   .right = take_factor(a, "right"),
                                   .output = take_factor(a, "output"),
                                   .negated = a.get<bool>("negated"),
                                   .zero_point = output.zero_point,
                                   .min = output.min,
                                   .max = output.max};
  const int32_t low = is_unsigned ? 0 : -128;
  for (const int32_t z : {numbers.left_zero_point, numbers.right_zero_point})
    require(z >= low && z <= low + 255, "zero point out of range");
  return std::make_shared<FixedBinary>(std::move(broadcast), kinds, numbers, a.kernels());
}

std::shared_ptr<Kernel> make_fixed_binary_int16(Arguments& a) {
  Broadcast broadcast = take_dense_broadcast(a);
  for (const size_t size : {broadcast.left_size, broadcast.right_size, broadcast.size()})
    checked_product(size, 2);
  const FixedBinary::Kinds kinds = take_kinds(a);
  require(FixedBinaryInt16::has(kinds.block) && FixedBinaryInt16::has(kinds.tail) &&
              gives_bool(kinds.block) == gives_bool(kinds.tail),
          "no such function of int16");
  const FixedInt16Numbers numbers{.left = take_factor(a, "left"),
                                  .right = take_factor(a, "right"),
                                  .output = take_factor(a, "output"),
                                  .negated = a.get<bool>("negated"),
                                  .min = a.get<int32_t>("activation_min"),
                                  .max = a.get<int32_t>("activation_max")};
  require(numbers.min >= INT16_MIN && numbers.max <= INT16_MAX && numbers.min <= numbers.max,
          "output range outside of its type");
  return std::make_shared<FixedBinaryInt16>(std::move(broadcast), kinds, numbers, a.kernels());
}

StoredType stored_type(const py::dtype& dtype) {
  if (is_dtype<int8_t>(dtype)) return StoredType::kInt8;
  if (is_dtype<uint8_t>(dtype)) return StoredType::kUint8;
  if (is_dtype<int16_t>(dtype)) return StoredType::kInt16;
  throw std::invalid_argument("stored type must be int8, uint8 or int16");
}

IntegerType integer_type(const py::dtype& dtype) {
  if (is_dtype<int32_t>(dtype)) return IntegerType::kInt32;
  return static_cast<IntegerType>(stored_type(dtype));
}

// A number of elements of at most so many bytes each.
size_t take_size(Arguments& a, size_t element_bytes) {
  const size_t size = a.get<size_t>("size");
  checked_product(size, element_bytes);
  return size;
}

std::shared_ptr<Kernel> make_quantize(Arguments& a) {
  const QuantizeArgs args{.input = nullptr,
                          .output = nullptr,
                          .size = take_size(a, sizeof(float)),
                          .runs = 1,
                          .scale = a.get<float>("scale"),
                          .zero_point = a.get<int32_t>("zero_point"),
                          .type = stored_type(a.get<py::dtype>("dtype")),
                          .rounding = a.get<RealRounding>("rounding")};
  return std::make_shared<Quantize>(args, a.kernels());
}

std::shared_ptr<Kernel> make_dequantize(Arguments& a) {
  const DequantizeArgs args{.input = nullptr,
                            .output = nullptr,
                            .size = take_size(a, sizeof(float)),
                            .runs = 1,
                            .scale = a.get<float>("scale"),
                            .zero_point = a.get<int32_t>("zero_point"),
                            .type = stored_type(a.get<py::dtype>("dtype")),
                            .blocks = a.get<bool>("blocks")};
  return std::make_shared<Dequantize>(args, a.kernels());
}

std::shared_ptr<Kernel> make_requantize(Arguments& a) {
  const RequantizeArgs args{.size = take_size(a, sizeof(int32_t)),
                            .input_type = integer_type(a.get<py::dtype>("input_dtype")),
                            .output_type = integer_type(a.get<py::dtype>("output_dtype")),
                            .input_zero_point = a.get<int32_t>("input_zero_point"),
                            .output_zero_point = a.get<int32_t>("output_zero_point"),
                            .multiplier = a.get<int32_t>("multiplier"),
                            .shift = a.get<int>("shift"),
                            .rounding = a.get<IntegerRounding>("rounding")};
  require(args.shift >= -31, "shift out of range");
  return std::make_shared<Requantize>(args, a.kernels());
}

}  // namespace

void bind_elementwise(py::module_& m) {
  def_kernel(m, "unary_lookup", &make_unary_lookup);
  def_kernel(m, "int16_lookup", &make_int16_lookup);
  def_kernel(m, "binary_lookup", &make_binary_lookup);
  def_kernel(m, "joined_lookup", &make_joined_lookup);
  def_kernel(m, "add", &make_add);
  def_kernel(m, "multiply", &make_multiply);
  def_kernel(m, "fixed_binary", &make_fixed_binary);
  def_kernel(m, "fixed_binary_int16", &make_fixed_binary_int16);
  def_kernel(m, "quantize", &make_quantize);
  def_kernel(m, "dequantize", &make_dequantize);
  def_kernel(m, "requantize", &make_requantize);
}

}  // namespace intlite
