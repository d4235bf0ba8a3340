// movement.cc: makes copies of elements.
#include <tuple>

#include "../kernels/gather.h"
#include "../kernels/quantize.h"
#include "../kernels/slice.h"
#include "../kernels/strided_copy.h"
#include "../kernels/take.h"
#include "arguments.h"

namespace intlite {
namespace {

std::vector<uint8_t> take_fill(Arguments& a) {
  const auto bytes = a.get<py::bytes>("fill");
  const std::string_view fill = bytes;
  return {fill.begin(), fill.end()};
}

// Python's rows of (input, from, output, to, bytes).
std::vector<Segment> take_segments(Arguments& a) {
  const auto rows = a.get<Array<int64_t>>("segments");
  require(rows.ndim() == 2 && rows.shape(1) == 5, "segments must have five columns");
  std::vector<Segment> segments;
  for (py::ssize_t i = 0; i < rows.shape(0); ++i) {
    const int64_t* row = rows.data(i, 0);
    for (int k = 0; k < 5; ++k) require(row[k] >= 0, "negative segment");
    segments.push_back({.input = static_cast<size_t>(row[0]),
                        .from = static_cast<size_t>(row[1]),
                        .output = static_cast<size_t>(row[2]),
                        .to = static_cast<size_t>(row[3]),
                        .bytes = static_cast<size_t>(row[4])});
  }
  return segments;
}

std::shared_ptr<Kernel> make_gather(Arguments& a) {
  return std::make_shared<Gather>(a.get<std::vector<size_t>>("input_bytes"),
                                  a.get<std::vector<size_t>>("output_bytes"), take_segments(a),
                                  take_fill(a), a.get<bool>("covers_all"));
}

// Python's (size, input stride, output stride) and (input, from, output, to, dimensions).
using DimensionTuple = std::tuple<size_t, size_t, size_t>;
using BoxTuple = std::tuple<size_t, size_t, size_t, size_t, std::vector<DimensionTuple>>;

std::vector<Box> take_boxes(Arguments& a) {
  const size_t unit = a.get<size_t>("element_bytes");
  std::vector<Box> boxes;
  for (const auto& [input, from, output, to, dimensions] : a.get<std::vector<BoxTuple>>("boxes")) {
    Box box{.input = input, .from = from, .output = output, .to = to, .unit = unit};
    for (const auto& [size, input_stride, output_stride] : dimensions)
      box.dimensions.push_back(
          {.size = size, .input_stride = input_stride, .output_stride = output_stride});
    boxes.push_back(std::move(box));
  }
  return boxes;
}

std::shared_ptr<Kernel> make_strided_copy(Arguments& a) {
  return std::make_shared<StridedCopy>(a.get<std::vector<size_t>>("input_bytes"),
                                       a.get<std::vector<size_t>>("output_bytes"), take_boxes(a),
                                       take_fill(a));
}

std::shared_ptr<Kernel> make_take(Arguments& a) {
  TakeArgs args{.batches = a.get<size_t>("batches"),
                .outer = a.get<size_t>("outer"),
                .sizes = a.get<std::vector<size_t>>("sizes"),
                .row_bytes = a.get<size_t>("row_bytes"),
                .count = a.get<size_t>("count"),
                .type = static_cast<IndexType>(a.get<size_t>("index_bytes")),
                .refusal = a.get<std::string>("refusal")};
  const auto is = [&args](IndexType type) { return args.type == type; };
  require(is(IndexType::kInt16) || is(IndexType::kInt32) || is(IndexType::kInt64),
          "indices must be int16, int32 or int64");
  return std::make_shared<Take>(std::move(args));
}

std::shared_ptr<Kernel> make_slice(Arguments& a) {
  SliceArgs args{.shape = a.get<std::vector<size_t>>("shape"),
                 .sizes = a.get<std::vector<size_t>>("sizes"),
                 .element_bytes = a.get<size_t>("element_bytes"),
                 .index_bytes = a.get<size_t>("index_bytes"),
                 .refusal = a.get<std::string>("refusal")};
  require(!args.shape.empty() && args.sizes.size() == args.shape.size(),
          "a box has the dimensions of its tensor, at least one");
  require(args.index_bytes == 4 || args.index_bytes == 8, "indices must be int32 or int64");
  return std::make_shared<Slice>(std::move(args));
}

std::shared_ptr<Kernel> make_copy(Arguments& a) {
  return std::make_shared<Copy>(checked_product(a.get<size_t>("size"), 1));
}

}  // namespace

void bind_movement(py::module_& m) {
  def_kernel(m, "gather", &make_gather);
  def_kernel(m, "strided_copy", &make_strided_copy);
  def_kernel(m, "take", &make_take);
  def_kernel(m, "slice", &make_slice);
  def_kernel(m, "copy", &make_copy);
}

}  // namespace intlite
