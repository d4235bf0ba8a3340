// elementwise.cc: kernels made of tables and of copies; pools, resizing, reductions and softmax.
#include <algorithm>
#include <array>
#include <stdexcept>

#include "../kernels/elementwise.h"
#include "../kernels/gather.h"
#include "../kernels/lookup.h"
#include "../kernels/mean.h"
#include "../kernels/pool.h"
#include "../kernels/resize.h"
#include "../kernels/softmax.h"
#include "../kernels/strided_copy.h"
#include "bindings.h"

namespace intlite {
namespace {

using Bytes = py::array_t<uint8_t, py::array::c_style>;
using Dimensions = std::vector<std::tuple<size_t, size_t, size_t>>;

const uint8_t* table_of(const Bytes& table, py::ssize_t entries) {
  if (table.size() != entries) throw std::invalid_argument("table of the wrong size");
  return table.data();
}

BlockPattern pattern_of(size_t run, size_t lanes) {
  if (run == 0 || lanes == 0) throw std::invalid_argument("run and lanes must be at least 1");
  return {run, lanes};
}

std::shared_ptr<Kernel> make_unary(size_t size, const Bytes& block, const Bytes& tail, size_t run,
                                   size_t lanes, const std::string& isa) {
  return std::make_shared<UnaryLookup>(size, table_of(block, 256), table_of(tail, 256),
                                       pattern_of(run, lanes), kernels_for(isa).lookup);
}

std::vector<BroadcastDimension> checked_dimensions(const Dimensions& dimensions, size_t left_size,
                                                   size_t right_size) {
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
  return all;
}

std::shared_ptr<Kernel> make_binary(size_t left_size, size_t right_size,
                                    const Dimensions& dimensions, const Bytes& block,
                                    const Bytes& tail, size_t run, size_t lanes,
                                    const std::string& isa) {
  std::vector<BroadcastDimension> all = checked_dimensions(dimensions, left_size, right_size);
  const uint8_t* b = table_of(block, 65536);
  const uint8_t* t = table_of(tail, 65536);
  return std::make_shared<BinaryLookup>(
      left_size, right_size, std::move(all), std::vector<uint8_t>(b, b + 65536),
      std::vector<uint8_t>(t, t + 65536), pattern_of(run, lanes), kernels_for(isa).lookup);
}

void check_inner(const std::vector<BroadcastDimension>& dimensions) {
  const BroadcastDimension& inner = dimensions.back();
  if (inner.size > 1 && (inner.left_stride > 1 || inner.right_stride > 1))
    throw std::invalid_argument("the innermost dimension has gaps");
}

OutputStage output_stage(bool is_unsigned, int32_t zero_point, int32_t min, int32_t max) {
  const int32_t low = is_unsigned ? 0 : -128;
  if (min < low || max > low + 255 || min > max || zero_point < low || zero_point > low + 255)
    throw std::invalid_argument("output range outside of its type");
  return {zero_point, min, max, 0};
}

std::shared_ptr<Kernel> make_add(size_t left_size, size_t right_size, const Dimensions& dimensions,
                                 bool is_unsigned, int32_t left_factor, int32_t right_factor,
                                 int32_t bias, int32_t shift, int32_t zero_point, int32_t min,
                                 int32_t max, const std::string& isa) {
  if (shift < 0 || shift > 31) throw std::invalid_argument("shift must be 0 to 31");
  std::vector<BroadcastDimension> all = checked_dimensions(dimensions, left_size, right_size);
  check_inner(all);
  ElementwiseParameters p{};
  p.is_unsigned = is_unsigned;
  p.left_factor = left_factor;
  p.right_factor = right_factor;
  p.bias = bias;
  p.shift = shift;
  p.output = output_stage(is_unsigned, zero_point, min, max);
  return std::make_shared<Elementwise>(left_size, right_size, std::move(all), p,
                                       kernels_for(isa).add);
}

std::shared_ptr<Kernel> make_multiply(size_t left_size, size_t right_size,
                                      const Dimensions& dimensions, bool is_unsigned,
                                      int32_t left_zero_point, int32_t right_zero_point,
                                      float scale, int32_t zero_point, int32_t min, int32_t max,
                                      const std::string& isa) {
  std::vector<BroadcastDimension> all = checked_dimensions(dimensions, left_size, right_size);
  check_inner(all);
  ElementwiseParameters p{};
  p.is_unsigned = is_unsigned;
  p.left_zero_point = left_zero_point;
  p.right_zero_point = right_zero_point;
  p.scale = scale;
  p.output = output_stage(is_unsigned, zero_point, min, max);
  return std::make_shared<Elementwise>(left_size, right_size, std::move(all), p,
                                       kernels_for(isa).multiply);
}

std::shared_ptr<Kernel> make_gather(std::vector<size_t> input_bytes,
                                    std::vector<size_t> output_bytes,
                                    const py::array_t<int64_t, py::array::c_style>& segments,
                                    const py::bytes& fill, bool covers_all) {
  if (segments.ndim() != 2 || segments.shape(1) != 5)
    throw std::invalid_argument("segments must have five columns");
  std::vector<Segment> all;
  for (py::ssize_t i = 0; i < segments.shape(0); ++i) {
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

// (input, from, output, to, [(size, input stride, output stride)]), in bytes.
using BoxTuple = std::tuple<size_t, size_t, size_t, size_t, Dimensions>;

std::shared_ptr<Kernel> make_strided_copy(std::vector<size_t> input_bytes,
                                          std::vector<size_t> output_bytes, size_t element_bytes,
                                          const std::vector<BoxTuple>& boxes,
                                          const py::bytes& fill) {
  std::vector<Box> all;
  for (const auto& [input, from, output, to, dimensions] : boxes) {
    Box box{input, from, output, to, element_bytes, {}};
    for (const auto& [size, input_stride, output_stride] : dimensions)
      box.dimensions.push_back({size, input_stride, output_stride});
    all.push_back(std::move(box));
  }
  const std::string_view pattern = fill;
  return std::make_shared<StridedCopy>(std::move(input_bytes), std::move(output_bytes),
                                       std::move(all),
                                       std::vector<uint8_t>(pattern.begin(), pattern.end()));
}

using Pair = std::array<size_t, 2>;  // height, width

std::shared_ptr<Kernel> make_pool_2d(size_t images, const Pair& input, size_t channels,
                                     const Pair& output, const Pair& filter, const Pair& stride,
                                     const Pair& padding, bool average, bool is_unsigned,
                                     int32_t min, int32_t max, const std::string& isa) {
  for (const size_t size : {images, input[0], input[1], channels, output[0], output[1], filter[0],
                            filter[1], stride[0], stride[1], padding[0], padding[1]})
    if (size >= (size_t{1} << 31)) throw std::invalid_argument("dimension too large");
  // A sum of so many bytes still fits int32.
  if (filter[0] * filter[1] > (size_t{1} << 22)) throw std::invalid_argument("window too large");
  if (stride[0] == 0 || stride[1] == 0 || min > max)
    throw std::invalid_argument("bad stride or activation range");
  const WindowGeometry geometry{.images = images,
                                .input_height = input[0],
                                .input_width = input[1],
                                .input_channels = channels,
                                .output_height = output[0],
                                .output_width = output[1],
                                .output_channels = channels,
                                .filter_height = filter[0],
                                .filter_width = filter[1],
                                .stride_height = stride[0],
                                .stride_width = stride[1],
                                .pad_top = padding[0],
                                .pad_left = padding[1]};
  return std::make_shared<Pool2D>(geometry, average, is_unsigned, min, max, kernels_for(isa));
}

std::shared_ptr<Kernel> make_mean(size_t outer, size_t reduced, size_t inner, bool is_unsigned,
                                  MeanKind kind, int64_t offset, int32_t multiplier, int shift,
                                  float scale, float bias, int32_t zero_point,
                                  const std::string& isa) {
  for (const size_t size : {outer, reduced, inner})
    if (size >= (size_t{1} << 31)) throw std::invalid_argument("dimension too large");
  if (reduced > (size_t{1} << 22)) throw std::invalid_argument("too many elements to sum");
  if (offset < INT32_MIN || offset > INT32_MAX) throw std::invalid_argument("offset too large");
  if (shift < -31 || shift > 31) throw std::invalid_argument("shift out of range");
  return std::make_shared<Mean>(
      MeanArgs{outer, reduced, inner, is_unsigned, kind, static_cast<int32_t>(offset), multiplier,
               shift, scale, bias, zero_point},
      kernels_for(isa));
}

std::shared_ptr<Kernel> make_softmax(size_t rows, size_t depth, bool is_unsigned, bool fixed_point,
                                     const py::array_t<int32_t, py::array::c_style>& fixed,
                                     size_t distances,
                                     const py::array_t<float, py::array::c_style>& real,
                                     float scale, int32_t zero_point, const std::string& isa) {
  if (fixed.size() != 256 || real.size() != 256 || distances > 256)
    throw std::invalid_argument("tables must have 256 entries");
  SoftmaxArgs args{rows, depth, is_unsigned, fixed_point, {}, distances, {}, scale, zero_point};
  std::copy_n(fixed.data(), 256, args.fixed.begin());
  std::copy_n(real.data(), 256, args.real.begin());
  return std::make_shared<Softmax>(args, kernels_for(isa));
}

using Indices = py::array_t<int32_t, py::array::c_style>;
using Weights = py::array_t<float, py::array::c_style>;

ResizeAxis resize_axis(size_t size, const Indices& low, const Indices& high,
                       const Weights& weight) {
  return {size,
          {low.data(), low.data() + low.size()},
          {high.data(), high.data() + high.size()},
          {weight.data(), weight.data() + weight.size()}};
}

std::shared_ptr<Kernel> make_resize_bilinear(size_t images, const std::array<size_t, 2>& input,
                                             size_t channels,
                                             const std::tuple<Indices, Indices, Weights>& rows,
                                             const std::tuple<Indices, Indices, Weights>& columns,
                                             bool is_unsigned, ResizeKind kind,
                                             const std::string& isa) {
  for (const size_t size : {images, input[0], input[1], channels})
    if (size >= (size_t{1} << 31)) throw std::invalid_argument("dimension too large");
  return std::make_shared<ResizeBilinear>(
      images, channels,
      resize_axis(input[0], std::get<0>(rows), std::get<1>(rows), std::get<2>(rows)),
      resize_axis(input[1], std::get<0>(columns), std::get<1>(columns), std::get<2>(columns)),
      is_unsigned, kind, kernels_for(isa));
}

}  // namespace

void bind_elementwise(py::module_& m) {
  m.def("unary_lookup", &make_unary, py::kw_only(), py::arg("size"), py::arg("block"),
        py::arg("tail"), py::arg("run"), py::arg("lanes"), py::arg("isa") = "");
  m.def("binary_lookup", &make_binary, py::kw_only(), py::arg("left_size"), py::arg("right_size"),
        py::arg("dimensions"), py::arg("block"), py::arg("tail"), py::arg("run"), py::arg("lanes"),
        py::arg("isa") = "");
  m.def("add", &make_add, py::kw_only(), py::arg("left_size"), py::arg("right_size"),
        py::arg("dimensions"), py::arg("is_unsigned"), py::arg("left_factor"),
        py::arg("right_factor"), py::arg("bias"), py::arg("shift"), py::arg("zero_point"),
        py::arg("activation_min"), py::arg("activation_max"), py::arg("isa") = "");
  m.def("multiply", &make_multiply, py::kw_only(), py::arg("left_size"), py::arg("right_size"),
        py::arg("dimensions"), py::arg("is_unsigned"), py::arg("left_zero_point"),
        py::arg("right_zero_point"), py::arg("scale"), py::arg("zero_point"),
        py::arg("activation_min"), py::arg("activation_max"), py::arg("isa") = "");
  m.def("pool_2d", &make_pool_2d, py::kw_only(), py::arg("images"), py::arg("input"),
        py::arg("channels"), py::arg("output"), py::arg("filter"), py::arg("stride"),
        py::arg("padding"), py::arg("average"), py::arg("is_unsigned"), py::arg("activation_min"),
        py::arg("activation_max"), py::arg("isa") = "");
  m.def("mean", &make_mean, py::kw_only(), py::arg("outer"), py::arg("reduced"), py::arg("inner"),
        py::arg("is_unsigned"), py::arg("kind"), py::arg("offset"), py::arg("multiplier"),
        py::arg("shift"), py::arg("scale"), py::arg("bias"), py::arg("zero_point"),
        py::arg("isa") = "");
  m.def("resize_bilinear", &make_resize_bilinear, py::kw_only(), py::arg("images"),
        py::arg("input"), py::arg("channels"), py::arg("rows"), py::arg("columns"),
        py::arg("is_unsigned"), py::arg("kind"), py::arg("isa") = "");
  m.def("softmax", &make_softmax, py::kw_only(), py::arg("rows"), py::arg("depth"),
        py::arg("is_unsigned"), py::arg("fixed_point"), py::arg("fixed"), py::arg("distances"),
        py::arg("real"), py::arg("scale"), py::arg("zero_point"), py::arg("isa") = "");
  m.def("gather", &make_gather, py::kw_only(), py::arg("input_bytes"), py::arg("output_bytes"),
        py::arg("segments"), py::arg("fill"), py::arg("covers_all"));
  m.def("strided_copy", &make_strided_copy, py::kw_only(), py::arg("input_bytes"),
        py::arg("output_bytes"), py::arg("element_bytes"), py::arg("boxes"), py::arg("fill"));
}

}  // namespace intlite
