// elementwise.cc: kernels made of tables and of copies.
#include <stdexcept>

#include "../kernels/gather.h"
#include "../kernels/lookup.h"
#include "bindings.h"

namespace intlite {
namespace {

using Bytes = py::array_t<uint8_t, py::array::c_style>;
using Dimensions = std::vector<std::tuple<size_t, size_t, size_t>>;

const uint8_t* table_of(const Bytes& table, ssize_t entries) {
  if (table.size() != entries) throw std::invalid_argument("table of the wrong size");
  return table.data();
}

BlockPattern pattern_of(size_t run, size_t lanes) {
  if (run == 0 || lanes == 0) throw std::invalid_argument("run and lanes must be at least 1");
  return {run, lanes};
}

std::shared_ptr<Kernel> make_unary(size_t size, const Bytes& block, const Bytes& tail, size_t run,
                                   size_t lanes) {
  return std::make_shared<UnaryLookup>(size, table_of(block, 256), table_of(tail, 256),
                                       pattern_of(run, lanes));
}

std::shared_ptr<Kernel> make_binary(size_t left_size, size_t right_size,
                                    const Dimensions& dimensions, const Bytes& block,
                                    const Bytes& tail, size_t run, size_t lanes) {
  if (dimensions.empty()) throw std::invalid_argument("a broadcast has at least one dimension");
  std::vector<BroadcastDimension> all;
  size_t last_left = 0, last_right = 0, total = 1;
  for (const auto& [size, left, right] : dimensions) {
    if (size != 0 && total > (size_t{1} << 48) / size)
      throw std::invalid_argument("tensor too large");
    total *= size;
    if (size != 0) {
      last_left += (size - 1) * left;
      last_right += (size - 1) * right;
    }
    all.push_back({size, left, right});
  }
  if (total != 0 && (last_left >= left_size || last_right >= right_size))
    throw std::invalid_argument("strides lead outside of an operand");
  const uint8_t* b = table_of(block, 65536);
  const uint8_t* t = table_of(tail, 65536);
  return std::make_shared<BinaryLookup>(left_size, right_size, std::move(all),
                                        std::vector<uint8_t>(b, b + 65536),
                                        std::vector<uint8_t>(t, t + 65536), pattern_of(run, lanes));
}

std::shared_ptr<Kernel> make_gather(std::vector<size_t> input_bytes,
                                    std::vector<size_t> output_bytes,
                                    const py::array_t<int64_t, py::array::c_style>& segments,
                                    const py::bytes& fill, bool covers_all) {
  if (segments.ndim() != 2 || segments.shape(1) != 5)
    throw std::invalid_argument("segments must have five columns");
  std::vector<Segment> all;
  for (ssize_t i = 0; i < segments.shape(0); ++i) {
    const int64_t* s = segments.data(i, 0);
    for (int k = 0; k < 5; ++k)
      if (s[k] < 0) throw std::invalid_argument("negative segment");
    all.push_back({static_cast<size_t>(s[0]), static_cast<size_t>(s[1]), static_cast<size_t>(s[2]),
                   static_cast<size_t>(s[3]), static_cast<size_t>(s[4])});
  }
  const std::string_view pattern = fill;
  return std::make_shared<Gather>(std::move(input_bytes), std::move(output_bytes), std::move(all),
                                  std::vector<uint8_t>(pattern.begin(), pattern.end()), covers_all);
}

}  // namespace

void bind_elementwise(py::module_& m) {
  m.def("unary_lookup", &make_unary, py::kw_only(), py::arg("size"), py::arg("block"),
        py::arg("tail"), py::arg("run"), py::arg("lanes"));
  m.def("binary_lookup", &make_binary, py::kw_only(), py::arg("left_size"), py::arg("right_size"),
        py::arg("dimensions"), py::arg("block"), py::arg("tail"), py::arg("run"), py::arg("lanes"));
  m.def("gather", &make_gather, py::kw_only(), py::arg("input_bytes"), py::arg("output_bytes"),
        py::arg("segments"), py::arg("fill"), py::arg("covers_all"));
}

}  // namespace intlite
