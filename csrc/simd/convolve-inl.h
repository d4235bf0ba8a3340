// convolve-inl.h: a convolution's rows of the GEMM are where its lines lie, so that no patch is
// copied. Included once per instruction set, after gemm-registers-inl.h.

inline void fill_values(uint8_t* to, uint8_t value, size_t count) {
  const Activation x = value;
  for (size_t i = 0; i < count; ++i) std::memcpy(to + i * sizeof(x), &x, sizeof(x));
}

// As pack_values, without padding: up to 15 values behind the last are written.
inline void pack_line(const uint8_t* input, size_t count, uint8_t flip, uint8_t* to) {
  size_t i = 0;
  for (; i + 64 <= count; i += 64) pack_activations64(to + i * kActivationBytes, input + i, flip);
  for (; i + 16 <= count; i += 16) pack_activations16(to + i * kActivationBytes, input + i, flip);
  if (i < count) {
    uint8_t last[16] = {};
    std::memcpy(last, input + i, count - i);
    pack_activations16(to + i * kActivationBytes, last, flip);
  }
}

// One line of an image, or nothing but padding where it has no line `y`.
inline void copy_line(const ConvolveArgs& args, const uint8_t* image, size_t y, uint8_t* to) {
  const ConvolvePlan& plan = *args.plan;
  const WindowGeometry& g = plan.geometry;
  const size_t channels = g.input_channels;
  const size_t width = plan.line_bytes / (channels * kActivationBytes);
  const uint8_t padding = args.padding ^ args.flip;
  if (y >= g.input_height) {
    fill_values(to, padding, width * channels);
    return;
  }
  const PaddedLine line(g.pad_left, g.input_width, width);
  fill_values(to, padding, line.left * channels);
  to += line.left * channels * kActivationBytes;
  pack_line(image + (y * g.input_width + line.skipped) * channels, line.inside * channels,
            args.flip, to);
  to += line.inside * channels * kActivationBytes;
  fill_values(to, padding, (width - line.left - line.inside) * channels);
}

// The lines under `count` output rows, from row `first` of an image on.
inline void copy_lines(const ConvolveArgs& args, const uint8_t* image, size_t first, size_t count,
                       uint8_t* to) {
  const ConvolvePlan& plan = *args.plan;
  const WindowGeometry& g = plan.geometry;
  const size_t lines = plan.lines(count);
  for (size_t i = 0; i < lines; ++i, to += plan.line_bytes) {
    // Strides beyond the filter leave lines out.
    if (g.dilation_height == 1 && i % g.stride_height >= g.filter_height) continue;
    // Lines before the image wrap around to huge ones.
    copy_line(args, image, first * g.stride_height + i - g.pad_top, to);
  }
}

// The same rows for each group of channels.
inline void multiply_groups(const ConvolveArgs& args, const Rows& lines, int32_t* terms) {
  const ConvolvePlan& plan = *args.plan;
  const WindowGeometry& g = plan.geometry;
  const size_t pixel = g.input_channels * kActivationBytes;
  const RowShape shape{.lines = g.filter_height,
                       .line_stride = g.dilation_height * plan.line_bytes,
                       .segments = plan.segments,
                       .segment_stride = g.dilation_width * pixel,
                       .steps = plan.padded_values * kActivationBytes / kGroupDepth,
                       .values = plan.segment_values};
  for (size_t group = 0; group < args.group_count; ++group) {
    const PackedMatrix w = args.groups[group].matrix();
    Rows rows = lines;
    rows.a += group * plan.group_channels * kActivationBytes;
    rows.output += group * w.columns * w.epilogue->value_bytes();
    if (w.weights_zero_point != 0) {
      sum_rows(shape, rows, w.weights_zero_point, terms);
      rows.terms = terms;
    }
    multiply_rows(w, shape, rows, args.first_panel, args.end_panel - args.first_panel);
  }
}

void convolve(const ConvolveArgs& args) {
  const ConvolvePlan& plan = *args.plan;
  const WindowGeometry& g = plan.geometry;
  const ConvolveScratch scratch(plan, args.scratch);
  const size_t height = g.output_height, width = g.output_width;
  const size_t image_bytes = g.input_pixels() * g.input_channels;
  const size_t stride = g.stride_width * g.input_channels * kActivationBytes;
  for (size_t row = args.first_row; row < args.end_row;) {
    const size_t first = row % height, left = args.end_row - row;
    const bool whole = first == 0 && left >= height && plan.rows == height;
    const size_t images = whole ? std::min(plan.images, left / height) : 1;
    const size_t count = whole ? height : std::min({plan.rows, left, height - first});
    const size_t lines = plan.lines(count);
    for (size_t i = 0; i < images; ++i)
      copy_lines(args, args.input + (row / height + i) * image_bytes, first, count,
                 scratch.lines + i * lines * plan.line_bytes);
    const size_t before = (width - 1) * stride;
    const size_t next_row = args.row_bytes - (width - 1) * args.pixel_bytes;
    const Rows rows{
        .a = scratch.lines,
        .output = args.output + (row - args.first_row) * args.row_bytes,
        .count = images * count * width,
        .stride = stride,
        .output_stride = args.pixel_bytes,
        .line = width,
        .next_line = g.stride_height * plan.line_bytes - before,
        .output_next_line = next_row,
        .lines = count,
        .next_image = (lines - (count - 1) * g.stride_height) * plan.line_bytes - before,
        .terms = nullptr,
        .quantized = {args.quantized, true}};
    multiply_groups(args, rows, scratch.terms);
    row += images * count;
  }
}
