// patches-inl.h: im2col with whole vectors, which write past a row's end what the next one
// overwrites. Included once per instruction set.

// The rows of the image under one output pixel, copied side by side.
class PatchWriter {
 public:
  explicit PatchWriter(const PatchArgs& args)
      : args_(args),
        g_(*args.geometry),
        line_(g_.input_width * g_.input_channels),
        image_end_(args.image + g_.input_height * line_),
        run_(g_.filter_width * args.channels),
        whole_rows_(g_.dilation_width == 1 && args.channels == g_.input_channels) {}

  void write(size_t oy, size_t ox, uint8_t* to) const {
    const size_t depth = g_.filter_height * run_;
    // Weights past the depth are zero; so is the patch, that it is defined.
    std::memset(to + depth / 64 * 64, 0, 64);
    const size_t x0 = ox * g_.stride_width - g_.pad_left;
    const bool inside =
        whole_rows_ && x0 < g_.input_width && x0 + g_.filter_width <= g_.input_width;
    for (size_t i = 0; i < g_.filter_height; ++i, to += run_) {
      // Positions before the image wrap around to huge ones: one comparison finds both sides.
      const size_t y = oy * g_.stride_height + i * g_.dilation_height - g_.pad_top;
      if (y >= g_.input_height)
        fill(to, run_);
      else if (inside)
        copy(to, args_.image + y * line_ + x0 * g_.input_channels, run_);
      else
        write_taps(args_.image + y * line_ + args_.first_channel, x0, to);
    }
  }

 private:
  void write_taps(const uint8_t* line, size_t x0, uint8_t* to) const {
    for (size_t j = 0; j < g_.filter_width; ++j, to += args_.channels) {
      const size_t x = x0 + j * g_.dilation_width;
      if (x < g_.input_width)
        copy(to, line + x * g_.input_channels, args_.channels);
      else
        fill(to, args_.channels);
    }
  }
  void fill(uint8_t* to, size_t n) const { std::memset(to, args_.padding ^ args_.flip, n); }
  void copy(uint8_t* to, const uint8_t* from, size_t n) const {
    const size_t left = static_cast<size_t>(image_end_ - from);
    if (n <= 16 && left >= 16) {
      copy_flipped16(to, from, args_.flip);
      return;
    }
    size_t i = 0;
    for (; i < n && left - i >= 64; i += 64) copy_flipped64(to + i, from + i, args_.flip);
    for (; i < n; ++i) to[i] = static_cast<uint8_t>(from[i] ^ args_.flip);
  }

  const PatchArgs& args_;
  const WindowGeometry& g_;
  size_t line_;
  const uint8_t* image_end_;
  size_t run_;
  bool whole_rows_;
};

void gather_patches(const PatchArgs& args) {
  const PatchWriter writer(args);
  const size_t width = args.geometry->output_width;
  size_t oy = args.first_pixel / width, ox = args.first_pixel % width;
  for (size_t i = 0; i < args.pixels; ++i) {
    writer.write(oy, ox, args.patches + i * args.stride);
    if (++ox == width) {
      ox = 0;
      ++oy;
    }
  }
}
