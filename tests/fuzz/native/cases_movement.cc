// cases_movement.cc: operators that move values, as bindings/elementwise.cc makes them.
#include <algorithm>

#include "../../../csrc/kernels/gather.h"
#include "../../../csrc/kernels/quantize.h"
#include "../../../csrc/kernels/strided_copy.h"
#include "../../../csrc/kernels/take.h"
#include "cases.h"

namespace intlite::fuzz {
namespace {

std::vector<size_t> draw_sizes(Bytes& bytes, size_t unit) {
  std::vector<size_t> sizes(1 + bytes.below(3));
  for (size_t& size : sizes) size = product({bytes.dimension(), bytes.extent(), unit});
  return sizes;
}

// A position, most often one that so many bytes fit at.
size_t draw_position(Bytes& bytes, size_t size, size_t length) {
  if (bytes.below(16) == 0) return static_cast<size_t>(bytes.integer(8) >> 1);
  return length > size ? 0 : bytes.below(size - length + 1);
}

MakeKernel draw_copy(Bytes& bytes) {
  const size_t size = product({bytes.dimension(), bytes.extent()});
  return [=](const KernelTable&) { return std::make_shared<Copy>(size); };
}

// What the fill pattern covers is decided as Python does: it says covers_all only where
// segments do, so here it is never said.
MakeKernel draw_gather(Bytes& bytes) {
  const size_t unit = bytes.pick<size_t>({1, 2, 4, 8});
  const auto inputs = draw_sizes(bytes, 1), outputs = draw_sizes(bytes, unit);
  std::vector<Segment> segments(bytes.below(6));
  for (Segment& s : segments) {
    s.input = bytes.below(inputs.size() + (bytes.below(16) == 0));
    s.output = bytes.below(outputs.size() + (bytes.below(16) == 0));
    s.bytes = bytes.dimension() & SIZE_MAX >> 1;
    s.from = draw_position(bytes, inputs[s.input % inputs.size()], s.bytes);
    s.to = draw_position(bytes, outputs[s.output % outputs.size()], s.bytes);
  }
  const auto fill = Contents(bytes).vector<uint8_t>(unit);
  return [=](const KernelTable&) {
    return std::make_shared<Gather>(inputs, outputs, segments, fill, false);
  };
}

MakeKernel draw_strided_copy(Bytes& bytes) {
  const size_t unit = bytes.pick<size_t>({1, 1, 2, 4, 8, 3, 16, 24, 300});
  const auto inputs = draw_sizes(bytes, unit), outputs = draw_sizes(bytes, unit);
  // One box for each output at most, so that none overlap.
  std::vector<Box> boxes;
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (bytes.below(4) == 0) continue;
    Box box{bytes.below(inputs.size() + (bytes.below(16) == 0)), 0, o, 0, unit, {}};
    size_t stride = unit, from_stride = unit, elements = 1;
    for (size_t d = bytes.below(5); d-- > 0;) {
      const size_t size = bytes.dimension();
      elements = product({elements, size});
      // The output in one piece; the input likewise, or by any stride.
      box.dimensions.push_back(
          {size, bytes.flag() ? from_stride : product({bytes.dimension(), unit}), stride});
      stride = product({stride, std::max<size_t>(size, 1)}, size_t{1} << 40);
      from_stride = product({from_stride, std::max<size_t>(size, 1)}, size_t{1} << 40);
    }
    std::reverse(box.dimensions.begin(), box.dimensions.end());
    if (box.dimensions.size() > 1 && bytes.flag())
      std::swap(box.dimensions.front(), box.dimensions[bytes.below(box.dimensions.size())]);
    box.from = draw_position(bytes, inputs[box.input % inputs.size()], unit);
    box.to = bytes.flag() ? 0 : draw_position(bytes, outputs[o], unit);
    boxes.push_back(std::move(box));
  }
  const auto fill = Contents(bytes).vector<uint8_t>(unit);
  return [=](const KernelTable&) {
    return std::make_shared<StridedCopy>(inputs, outputs, boxes, fill);
  };
}

MakeKernel draw_take(Bytes& bytes) {
  TakeArgs args{};
  args.batches = bytes.dimension();
  args.outer = bytes.dimension();
  args.sizes.resize(bytes.below(4));
  for (size_t& size : args.sizes) size = bytes.dimension();
  args.row_bytes = bytes.extent();
  args.count = bytes.dimension();
  args.type = bytes.pick<IndexType>({IndexType::kInt16, IndexType::kInt32, IndexType::kInt64});
  return [=](const KernelTable&) { return std::make_shared<Take>(args); };
}

}  // namespace

MakeKernel draw_movement(Bytes& bytes) {
  switch (bytes.below(4)) {
    case 0:
      return draw_copy(bytes);
    case 1:
      return draw_gather(bytes);
    case 2:
      return draw_take(bytes);
    default:
      return draw_strided_copy(bytes);
  }
}

}  // namespace intlite::fuzz
