"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR of NHWC images."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .._util.exhaustive import assert_never
from ..runtimes.policy import Policy
from ..runtimes.rounding import ResizeKind

# Bits of a weight: of HALF_AWAY, and of HALF_UP.
BITS: Final = 10
HALF_UP_BITS: Final = 11
_HALF: Final = np.float32(0.5)
# Elements of the output that are computed at once.
_BLOCK: Final = 1 << 20


Blend = Callable[["NDArray[Any]", "Sampling", "Sampling"], "NDArray[Any]"]


@dataclass(frozen=True)
class Grid:
    """Where the outputs lie: ``size`` inputs become ``wanted`` outputs along one axis.

    Attributes:
        size, wanted: How many there are.
        align_corners: The first and the last of both coincide.
        half_pixel_centers: An element stands for the middle of its pixel.
    """

    size: int
    wanted: int
    align_corners: bool = False
    half_pixel_centers: bool = False

    @property
    def aligned(self) -> bool:
        return self.align_corners and self.wanted > 1

    @property
    def scale(self) -> np.float32:
        """The step from one output to the next, in inputs."""
        less = int(self.aligned)
        scale: np.float32 = np.float32(self.size - less) / np.float32(self.wanted - less)
        return scale


@dataclass(frozen=True)
class Sampling:
    """Each output lies between two inputs, at a weight's distance from the first."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    weight: NDArray[Any]

    def part(self, first: int, count: int) -> Sampling:
        at = slice(first, first + count)
        return Sampling(self.low[at], self.high[at], self.weight[at])


# ----------------------------------------------------------------------------- nearest


def nearest(grid: Grid) -> NDArray[np.int64]:
    """Which input each output is.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/resize_nearest_neighbor.h,
    GetNearestNeighbor.
    """
    offset = _HALF if grid.half_pixel_centers else np.float32(0)
    at = (np.arange(grid.wanted).astype(np.float32) + offset) * grid.scale
    # No position is negative, so half up is half away. The sum must not be rounded.
    rounded = np.floor(at.astype(np.float64) + 0.5) if grid.align_corners else np.floor(at)
    return np.asarray(np.minimum(rounded.astype(np.int64), grid.size - 1))


def resize_nearest(x: NDArray[Any], rows: Grid, columns: Grid) -> NDArray[Any]:
    """The elements themselves, whatever they are.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/resize_nearest_neighbor.h,
    ResizeNearestNeighbor.
    """
    return x[:, nearest(rows)][:, :, nearest(columns)]


# ---------------------------------------------------------------------------- bilinear


def fixed_point_sampling(grid: Grid) -> Sampling:
    """TFLite's integer code: positions and weights in 1 / 2**BITS.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/resize_bilinear.h,
    ComputeInterpolationValuesInteger.
    """
    one = 1 << BITS
    less = int(grid.aligned)
    scale = (one * (grid.size - less) + (grid.wanted - less) // 2) // (grid.wanted - less)
    at = np.arange(grid.wanted) * scale
    if grid.half_pixel_centers:
        at += scale // 2 - one // 2
    # Before the first and after the last there is but one neighbour. Rounded steps can
    # lead past the end, where the runtimes read what is not there.
    at = np.clip(at, 0, one * (grid.size - 1))
    low = at // one
    return Sampling(low, -(-at // one), at - one * low)


def float_sampling(grid: Grid) -> Sampling:
    """TFLite's float code: positions and weights in float32.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/resize_bilinear.h,
    ComputeInterpolationValues.
    """
    at = np.arange(grid.wanted).astype(np.float32)
    if grid.half_pixel_centers:
        at = (at + _HALF) * grid.scale - _HALF
    else:
        at = at * grid.scale
    low = np.clip(np.floor(at).astype(np.int64), 0, grid.size - 1)
    high = np.clip(np.ceil(at).astype(np.int64), 0, grid.size - 1)
    return Sampling(low, high, at - low.astype(np.float32))


def clamped_sampling(grid: Grid) -> Sampling:
    """XNNPACK's: clamped to the image, the weight a float32 in [0, 1].

    Source: XNNPACK 75db3c0, src/indirection.c, xnn_indirection_init_resize_bilinear2d_hwc_q11.
    """
    at = np.arange(grid.wanted).astype(np.float32) * grid.scale
    if grid.half_pixel_centers and not grid.align_corners:
        at = at + (_HALF * grid.scale - _HALF)
    at = np.clip(at, np.float32(0), np.float32(grid.size - 1))
    low = at.astype(np.int64)
    return Sampling(low, np.minimum(low + 1, grid.size - 1), at - low.astype(np.float32))


def half_up_weights(weight: NDArray[np.float32]) -> NDArray[np.int64]:
    """In 1 / 2**HALF_UP_BITS, as its integer code has them.

    Source: XNNPACK 75db3c0, src/indirection.c, xnn_indirection_init_resize_bilinear2d_hwc_q11.
    """
    return np.asarray(np.rint(weight * np.float32(1 << HALF_UP_BITS)).astype(np.int64))


def _corners(
    x: NDArray[Any], rows: Sampling, columns: Sampling, dtype: Any
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Top left, top right, bottom left and bottom right of each output."""
    pairs = itertools.product((rows.low, rows.high), (columns.low, columns.high))
    tl, tr, bl, br = (x[:, i[:, None], j].astype(dtype) for i, j in pairs)
    return tl, tr, bl, br


def _weights(rows: Sampling, columns: Sampling) -> tuple[NDArray[Any], NDArray[Any]]:
    return rows.weight[:, None, None], columns.weight[:, None]


def _in_fixed_point(x: NDArray[Any], v: Sampling, h: Sampling) -> NDArray[Any]:
    """Exact sums of 20 fractional bits, rounded half away from zero.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/resize_bilinear.h,
    ResizeBilinearInteger.
    """
    tl, tr, bl, br = _corners(x, v, h, np.int64)
    dy, dx = _weights(v, h)
    one, bits = 1 << BITS, 2 * BITS
    total = tl * (one - dy) * (one - dx) + bl * dy * (one - dx)
    total += tr * (one - dy) * dx + br * dy * dx
    rounded = (np.abs(total) + (1 << (bits - 1))) >> bits
    return np.asarray(np.where(total < 0, -rounded, rounded).astype(x.dtype))


def _in_float(x: NDArray[Any], v: Sampling, h: Sampling, weights_once: bool) -> NDArray[Any]:
    """float32 throughout; ``weights_once``: the weights are multiplied first.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/resize_bilinear.h, ResizeBilinear;
    LiteRT 2.3.0, tflite/kernels/internal/optimized/resize_bilinear.h, ResizeBilinearGeneric.
    """
    tl, tr, bl, br = _corners(x, v, h, np.float32)
    dy, dx = _weights(v, h)
    uy, ux = np.float32(1) - dy, np.float32(1) - dx
    if weights_once:
        total = tl * (uy * ux)
        if x.dtype == np.float32:
            total += np.float32(0)  # which it is added to: -0.0 becomes 0.0
        total = total + tr * (uy * dx) + bl * (dy * ux) + br * (dy * dx)
    else:
        total = tl * uy * ux + bl * dy * ux + tr * uy * dx + br * dy * dx
    if x.dtype.kind == "f":
        return np.asarray(total)
    return np.asarray((total + _HALF).astype(x.dtype))


def _doubled(x: NDArray[np.float32]) -> NDArray[Any]:
    """LiteRT's optimized code for images of twice the size: means of neighbours.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/resize_bilinear.h,
    ResizeBilinearKernel2x2.
    """
    n, height, width, channels = x.shape
    right = np.concatenate([x[:, :, 1:], x[:, :, -1:]], 2)
    below = np.concatenate([x[:, 1:], x[:, -1:]], 1)
    diagonal = np.concatenate([right[:, 1:], right[:, -1:]], 1)
    y = np.empty((n, height, 2, width, 2, channels), np.float32)
    y[:, :, 0, :, 0] = x
    y[:, :, 0, :, 1] = (x + right) * _HALF
    y[:, :, 1, :, 0] = (x + below) * _HALF
    y[:, :, 1, :, 1] = (y[:, :, 1, :, 0] + (right + diagonal) * _HALF) * _HALF
    return y.reshape(n, 2 * height, 2 * width, channels)


def _half_up(x: NDArray[Any], v: Sampling, h: Sampling) -> NDArray[Any]:
    """Across first, then down; weights of 11 bits, one rounding half up at the end.

    Source: XNNPACK 75db3c0, src/s8-ibilinear/scalar.c.in.
    """
    is_float = x.dtype.kind == "f"
    tl, tr, bl, br = _corners(x, v, h, np.float32 if is_float else np.int64)
    dy, dx = _weights(v, h)
    if is_float:
        top, bottom = tl + (tr - tl) * dx, bl + (br - bl) * dx
        return np.asarray(top + (bottom - top) * dy)
    one = 1 << HALF_UP_BITS
    ay, ax = half_up_weights(dy), half_up_weights(dx)
    top, bottom = tl * one + (tr - tl) * ax, bl * one + (br - bl) * ax
    bits = 2 * HALF_UP_BITS
    total = top * one + (bottom - top) * ay
    return np.asarray(((total + (1 << (bits - 1))) >> bits).astype(x.dtype))


def sampling(grid: Grid, kind: ResizeKind) -> Sampling:
    """Where outputs lie, by the formula that goes with the rounding."""
    match kind:
        case ResizeKind.HALF_AWAY:
            return fixed_point_sampling(grid)
        case ResizeKind.HALF_UP:
            return clamped_sampling(grid)
        case ResizeKind.FLOAT | ResizeKind.FLOAT_WEIGHTS_ONCE:
            return float_sampling(grid)
        case _:
            assert_never(kind)


def doubles(rows: Grid, columns: Grid) -> bool:
    """Whether the image becomes one of twice the size, by its corners.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/resize_bilinear.h, ResizeBilinear.
    """
    return all(
        g.wanted == 2 * g.size and not (g.align_corners or g.half_pixel_centers)
        for g in (rows, columns)
    )


def resize_bilinear(x: NDArray[Any], rows: Grid, columns: Grid, policy: Policy) -> NDArray[Any]:
    """Weighted means of the four neighbours of each output, on stored values.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/resize_bilinear.h, ResizeBilinear;
    LiteRT 2.3.0, tflite/kernels/internal/reference/resize_bilinear.h, ResizeBilinear; XNNPACK
    75db3c0, src/s8-ibilinear/scalar.c.in.
    """
    if doubles(rows, columns) and policy.doubles_images and x.dtype == np.float32:
        return _doubled(x)
    kind = policy.resize_kind(x.dtype)
    blend: dict[ResizeKind, Blend] = {
        ResizeKind.HALF_AWAY: _in_fixed_point,
        ResizeKind.HALF_UP: _half_up,
        ResizeKind.FLOAT: partial(_in_float, weights_once=False),
        ResizeKind.FLOAT_WEIGHTS_ONCE: partial(_in_float, weights_once=True),
    }
    return _in_blocks(x, sampling(rows, kind), sampling(columns, kind), blend[kind])


def _in_blocks(
    x: NDArray[Any],
    v: Sampling,
    h: Sampling,
    blend: Blend,
) -> NDArray[Any]:
    """Some outputs after the others, since what they are computed from is many times as large."""
    height, width = len(v.low), len(h.low)
    y = np.empty((x.shape[0], height, width, x.shape[3]), x.dtype)
    pixels = max(_BLOCK // (x.shape[0] * x.shape[3]), 1)
    across = min(width, pixels)
    down = max(pixels // across, 1)
    for top in range(0, height, down):
        for left in range(0, width, across):
            block = blend(x, v.part(top, down), h.part(left, across))
            y[:, top : top + down, left : left + across] = block
    return y
