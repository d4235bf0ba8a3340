"""float32 activations by weights of 8 or 4 bits: the runtimes quantize the activations as they run.

Each row, or each image, is quantized by its own extremes; then int32 sums follow, and
float32 factors. Weights have zero points of 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..runtimes.policy import HybridPolicy
from .convolution import strips
from .fixed_point import round_half_away, wrap_int32
from .plain_convolution import sums
from .transpose_conv import taps

Real = NDArray[np.float32]
# How many elements LiteRT's vector code rounds at a time.
BLOCK = 8
# The least matrix for its kernel of 4-bit weights.
PACKED_UNITS, PACKED_DEPTH = 4, 32


@dataclass(frozen=True, eq=False)
class Rows:
    """Quantized rows: centred values, and (rows, 1) factors."""

    centred: NDArray[np.int64]
    scale: Real


def symmetric(x: Real) -> Rows:
    """LiteRT's kernels: the greatest magnitude is 127.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/neon_tensor_utils.cc,
    NeonSymmetricQuantizeFloats.
    """
    divisor = _divisor(x)
    q = _clipped(_rounded(x * (np.float32(127) / divisor)), -127, 127)
    return Rows(q, divisor / np.float32(127))


def asymmetric(x: Real) -> Rows:
    """LiteRT's kernels: all 256 values span the row's and 0.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/neon_tensor_utils.cc,
    NeonAsymmetricQuantizeFloats.
    """
    low, high = _extremes(x)
    span = (high - low).astype(np.float64)
    scale = np.where(span == 0, 1.0, span / 255)
    below, above = low / scale, high / scale
    nearest = np.where(128 + np.abs(below) < 127 + np.abs(above), -128 - below, 127 - above)
    zero_point = round_half_away(_zero_point(nearest))
    narrow = scale.astype(np.float32)
    inverse = (1 / narrow.astype(np.float64)).astype(np.float32)
    return Rows(_clipped(_rounded(x * inverse), -128 - zero_point, 127 - zero_point), narrow)


def asymmetric_in_float(x: Real) -> Rows:
    """XNNPACK: as ``asymmetric``, all in float32, half to even.

    Source: XNNPACK 75db3c0, src/xnnpack/quantization.h, xnn_qd8_asymmetric_quantization_params.
    """
    low, high = _extremes(x)
    span = high - low
    inverse = np.float32(255) / np.where(span == 0, np.float32(255), span)
    below, above = low * inverse, high * inverse
    is_low = (np.float32(-128) + below) + (np.float32(127) + above) > 0
    nearest = np.where(is_low, np.float32(-128) - below, np.float32(127) - above)
    zero_point = np.rint(_zero_point(nearest))
    q = np.rint(x * inverse)
    return Rows(_clipped(q, -128 - zero_point, 127 - zero_point), np.float32(1) / inverse)


def _extremes(x: Real) -> tuple[Real, Real]:
    """NaN counts for nothing."""
    low = np.fmin.reduce(x, -1, initial=np.float32(0), keepdims=True)
    return low, np.fmax.reduce(x, -1, initial=np.float32(0), keepdims=True)


def _divisor(x: Real) -> Real:
    """The greatest magnitude, or what serves a row of zeros."""
    low, high = _extremes(x)
    greatest = np.maximum(high, -low)
    return np.where(greatest == 0, np.float32(127), greatest)


def _zero_point(nearest: NDArray[Any]) -> NDArray[Any]:
    """Within int8; of infinite rows it is -128."""
    return np.where(nearest > -128, np.minimum(nearest, 127), -128)


def _rounded(x: Real) -> NDArray[Any]:
    """Half away from zero, but in whole blocks x + 0.5 is cut off, rounded to float32 before."""
    in_blocks = np.arange(x.shape[-1]) < x.shape[-1] // BLOCK * BLOCK
    half = np.where(x < 0, np.float32(-0.5), np.float32(0.5))
    return np.where(in_blocks, np.trunc(x + half), round_half_away(x.astype(np.float64)))


def _clipped(q: NDArray[Any], low: Any, high: Any) -> NDArray[np.int64]:
    """NaN becomes the upper end."""
    within = np.where(np.isnan(q), high, np.clip(q, low, high))
    return np.asarray(within, np.int64)


def fully_connected(
    x: Real,
    weights: NDArray[np.int8],
    scale: Real,
    bias: Real,
    policy: HybridPolicy,
    is_asymmetric: bool,
) -> Real:
    """Rows of x by rows of weights; ``is_asymmetric`` is what the options ask for.

    Source: LiteRT 2.3.0, tflite/kernels/fully_connected.cc, EvalHybridDense; XNNPACK 75db3c0,
    src/qs8-gemm/MRx8c8-avx2.c.in.
    """
    if policy.always_asymmetric:
        rows = asymmetric_in_float(x)
    elif not x.any():  # adds nothing to the bias, which may be -0.0
        return np.tile(bias, (len(x), 1))
    else:
        rows = asymmetric(x) if is_asymmetric else symmetric(x)
    acc = _real(rows.centred @ weights.astype(np.int64).T)
    return _finish(acc, rows.scale, scale, bias, policy)


def batch_matmul(
    left: Real,
    right: NDArray[np.int8],
    scale: np.float32,
    policy: HybridPolicy,
    is_asymmetric: bool,
) -> Real:
    """Rows of left by rows of right, in batches that broadcast.

    Source: LiteRT 2.3.0, tflite/kernels/batch_matmul.cc, EvalHybrid.
    """
    batches = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    rows, columns = left.shape[-2], right.shape[-2]
    left = np.broadcast_to(left, (*batches, *left.shape[-2:]))
    right = np.broadcast_to(right, (*batches, *right.shape[-2:]))
    y = np.zeros((*batches, rows, columns), np.float32)
    scales, bias = np.full(columns, scale), np.zeros(columns, np.float32)
    for i in np.ndindex(batches):
        y[i] = fully_connected(left[i], right[i], scales, bias, policy, is_asymmetric)
    return y


def is_packed(weights: tuple[int, ...]) -> bool:
    """Whether LiteRT's optimized kernel of 4-bit weights takes this matrix.

    Source: LiteRT 2.3.0, tflite/kernels/fully_connected.cc, PrepareImpl.
    """
    units, depth = weights
    return units >= PACKED_UNITS and depth >= PACKED_DEPTH and depth % 2 == 0


def packed_fully_connected(x: Real, weights: NDArray[np.int8], scale: Real, bias: Real) -> Real:
    """As ``fully_connected``, of int4 weights by that kernel.

    It is symmetric whatever the options say, and counts weights from -7 on. With -8 it
    has a carry that spoils other weights, unlike here.

    Source: LiteRT 2.3.0, tflite/kernels/fully_connected.cc, EvalHybridDense4Bit; LiteRT 2.3.0,
    tflite/kernels/internal/optimized/4bit/sse_fully_connected.cc, SseBatchQuantizeFloats4Bit.
    """
    divisor = _divisor(x).astype(np.float64)
    scaled = x * (127 / divisor).astype(np.float32)
    q = _clipped(round_half_away(scaled.astype(np.float64)), -127, 127)
    row = (divisor / 127).astype(np.float32)
    start = _real(-7 * q.sum(-1, keepdims=True)) * row * scale + bias
    acc = _real(q @ (weights.astype(np.int64) + 7).T)
    return np.asarray(start + acc * row * scale)


@dataclass(frozen=True)
class ConvolutionWay:
    """How CONV_2D is computed.

    Attributes:
        pixels_are_rows: Each pixel is quantized by itself; otherwise each image.
        is_asymmetric: As LiteRT's kernels quantize them.
        column_first: Sums are multiplied by the columns' scales first.
    """

    pixels_are_rows: bool
    is_asymmetric: bool
    column_first: bool


def convolution_way(
    channels: int,
    filter_: NDArray[np.int8],
    scale: Real,
    policy: HybridPolicy,
    place: dict[str, tuple[int, int]],
) -> ConvolutionWay:
    """That of a filter on images of so many channels.

    LiteRT's kernels are symmetric where all scales are equal. Of several groups they have one
    kernel, the reference's, which is not made for equal scales.

    Source: LiteRT 2.3.0, tflite/kernels/conv.cc, EvalHybrid and EvalHybridPerChannel.
    """
    is_grouped = filter_.shape[3] != channels
    is_equal = bool(np.all(scale == scale[:1]))
    is_pointwise = filter_.shape[1:3] == (1, 1) and place["stride"] == (1, 1)
    in_reference = policy.scales_before_rows or (is_grouped and not policy.always_asymmetric)
    return ConvolutionWay(
        policy.pixels_are_rows and not is_grouped and is_pointwise,
        not is_equal,
        in_reference and not is_equal,
    )


def conv_2d(
    x: Real,
    filter_: NDArray[np.int8],
    scale: Real,
    bias: Real,
    policy: HybridPolicy,
    **place: Any,
) -> Real:
    """x NHWC by filter (outputs, height, width, channels / groups); ``place`` as for ``strips``.

    Source: LiteRT 2.3.0, tflite/kernels/conv.cc, EvalHybrid and EvalHybridPerChannel; LiteRT 2.3.0,
    tflite/kernels/internal/reference/conv.h, HybridConvPerChannel; XNNPACK 75db3c0,
    src/qs8-gemm/MRx8c8-avx2.c.in.
    """
    outputs, channels = filter_.shape[0], filter_.shape[3]
    way = convolution_way(x.shape[-1], filter_, scale, policy, place)
    if way.pixels_are_rows:
        pixels, weights = x.reshape(-1, channels), filter_.reshape(outputs, channels)
        y = fully_connected(pixels, weights, scale, bias, policy, True)
        return y.reshape(*x.shape[:3], outputs)
    flat = x.reshape(len(x), int(np.prod(x.shape[1:])))
    if policy.always_asymmetric:
        rows = asymmetric_in_float(flat)
    else:
        rows = asymmetric(flat) if way.is_asymmetric else symmetric(flat)
    acc = _real(sums(rows.centred.reshape(x.shape), filter_.astype(np.int64), **place))
    row = rows.scale.reshape(-1, 1, 1, 1)
    if way.column_first:
        return np.asarray(acc * scale * row + bias)
    return _finish(acc, row, scale, bias, policy)


def depthwise_conv_2d(
    x: Real,
    filter_: NDArray[np.int8],
    scale: Real,
    bias: Real,
    policy: HybridPolicy,
    **place: Any,
) -> Real:
    """x NHWC by filter (1, height, width, outputs); output c reads input c // multiplier.

    Source: LiteRT 2.3.0, tflite/kernels/depthwise_conv.cc, EvalHybridPerChannel; LiteRT 2.3.0,
    tflite/kernels/internal/optimized/integer_ops/depthwise_conv_hybrid.h,
    DepthwiseConvHybridPerChannel.
    """
    _, fh, fw, outputs = filter_.shape
    rows = asymmetric(x.reshape(len(x), int(np.prod(x.shape[1:]))))
    weights = filter_.astype(np.int64).reshape(fh, fw, x.shape[-1], -1)
    windows = strips(rows.centred.reshape(x.shape), (fh, fw), **place)
    taps = np.concatenate([np.einsum("byxijc,ijcm->byxcm", w, weights) for w in windows], 1)
    acc, row = _real(taps.reshape(*taps.shape[:3], outputs)), rows.scale.reshape(-1, 1, 1, 1)
    if policy.depthwise_block is None:
        return _finish(acc, row, scale, bias, policy)
    in_blocks = np.arange(outputs) < outputs // policy.depthwise_block * policy.depthwise_block
    return np.asarray(np.where(in_blocks, acc * scale * row, acc * row * scale) + bias)


def transpose_conv(
    x: Real,
    filter_: NDArray[np.int8],
    scale: Real,
    bias: Real,
    policy: HybridPolicy,
    *,
    stride: tuple[int, int],
    size: tuple[int, int],
    pad: tuple[int, int],
) -> Real:
    """x NHWC by filter (outputs, height, width, channels).

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/transpose_conv.h, HybridTransposeConv;
    XNNPACK 75db3c0, src/qs8-gemm/MRx8c8-avx2.c.in.
    """
    flat = x.reshape(len(x), int(np.prod(x.shape[1:])))
    rows = asymmetric_in_float(flat) if policy.always_asymmetric else asymmetric(flat)
    centred, row = rows.centred.reshape(x.shape), rows.scale.reshape(-1, 1, 1, 1)
    shape = (len(x), *size, len(filter_))
    places = list(taps(x.shape, filter_.shape, stride, size, pad))
    if not policy.transposed_in_float:
        acc = np.zeros(shape, np.int64)
        for reached, inside, k, j in places:
            acc[reached] += centred[inside] @ filter_[:, k, j].astype(np.int64).T
        return _finish(_real(acc), row, scale, bias, policy)
    y = np.zeros(shape, np.float32)
    # Each output is reached by one tap from each pixel: the last taps' pixels come first.
    for reached, inside, k, j in reversed(places):
        for c in range(x.shape[3]):
            product = centred[inside][..., c : c + 1] * filter_[:, k, j, c].astype(np.int64)
            y[reached] += product.astype(np.float32) * scale * row
    return np.asarray(y + bias)


def _real(acc: NDArray[np.int64]) -> Real:
    return np.asarray(wrap_int32(acc).astype(np.float32))


def _finish(acc: Real, row: Real, scale: Real, bias: Real, policy: HybridPolicy) -> Real:
    """Sums to outputs."""
    if policy.fused_bias:
        return _fused(acc * row, scale, bias)
    return np.asarray(bias + acc * (row * scale))


def _fused(a: Real, b: Real, c: Real) -> Real:
    """a * b + c, rounded once: in double, whose last bit then tells of what was cut off."""
    product = np.asarray(a.astype(np.float64) * b)  # exact
    total = product + c
    back = total - product
    rest = (product - (total - back)) + (c - back)
    is_even = total.view(np.int64) & 1 == 0
    odd = np.where(rest > 0, np.nextafter(total, np.inf), np.nextafter(total, -np.inf))
    return np.where((rest != 0) & is_even, odd, total).astype(np.float32)
