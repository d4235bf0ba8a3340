// window_arguments.h: the arguments that all kernels of images take.
#pragma once

#include "../simd/window_geometry.h"
#include "arguments.h"

namespace intlite {

using Pair = std::array<size_t, 2>;  // height, width

// "images", "input", "output", "stride" and "padding".
WindowGeometry take_geometry(Arguments& a, const Pair& filter, const Pair& dilation,
                             size_t input_channels, size_t output_channels);

// Of a convolution.
void check_steps(const WindowGeometry& g);
void check_images(const WindowGeometry& g);

}  // namespace intlite
