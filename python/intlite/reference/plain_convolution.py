"""Sliding windows over float32 images, and products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..runtimes.policy import Policy
from .convolution import strips
from .plain_functions import divide
from .transpose_conv import taps

Real = NDArray[np.float32]


def products(
    x: Real, weights: Real, bias: Real | None, policy: Policy, from_bias: bool = False
) -> Real:
    """Rows by columns in groups: (groups, rows, depth), (groups, depth, outputs), outputs' bias.

    Each sum has its terms in order of depth. ``from_bias``: it starts from the bias, though its
    products are rounded.

    Source: XNNPACK 75db3c0, src/f32-gemm/avx512-broadcast.c.in; LiteRT 2.3.0,
    tflite/kernels/internal/reference/fully_connected.h, FullyConnected.
    """
    shape = (x.shape[0], x.shape[1], weights.shape[2])
    last = np.zeros(shape, x.dtype)
    if bias is not None:
        last += bias.reshape(shape[0], 1, shape[2])
    if policy.fused_sums or from_bias:
        return _continued(last, x, weights, policy)
    return np.asarray(_continued(np.zeros_like(last), x, weights, policy) + last)


def _continued(start: Real, x: Real, weights: Real, policy: Policy) -> Real:
    """Sums of ``products`` from what they are already; of float64, in any order."""
    if x.dtype == np.float64:
        return np.asarray(start + x @ weights)
    x, weights = (np.ascontiguousarray(v, np.float32) for v in (x, weights))
    return _native.sums_of_products(x, weights, start, policy.fused_sums)


def fully_connected(x: Real, weights: Real, bias: Real | None, policy: Policy) -> Real:
    """Rows of x by rows of weights.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/fully_connected.h, FullyConnected.
    """
    return np.asarray(products(x[None], weights.T[None], bias, policy)[0])


def conv_2d(x: Real, filter_: Real, bias: Real | None, policy: Policy, **place: Any) -> Real:
    """x NHWC by filter (outputs, height, width, channels / groups).

    ``place``: as for ``strips``.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/conv.h, Conv; XNNPACK 75db3c0,
    src/operators/convolution-nhwc.c, select_microkernel_type.
    """
    outputs, fh, fw, channels = filter_.shape
    groups = x.shape[-1] // channels
    if channels == 1 and groups == outputs:
        return _depthwise(x, filter_.transpose(3, 1, 2, 0), bias, policy, False, **place)
    weights = filter_.reshape(groups, outputs // groups, fh * fw * channels).transpose(0, 2, 1)
    strip = [_windowed(w, weights, bias, policy) for w in strips(x, (fh, fw), **place)]
    return np.concatenate(strip, 1)


def _windowed(windows: Real, weights: Real, bias: Real | None, policy: Policy) -> Real:
    """Windows by the weights of each group, (groups, taps, outputs)."""
    batch, oh, ow, fh, fw, channels = windows.shape
    groups, taps, outputs = weights.shape
    by_group = windows.reshape(batch * oh * ow, fh * fw, groups, channels // groups)
    rows = by_group.transpose(2, 0, 1, 3).reshape(groups, batch * oh * ow, taps)
    y = products(rows, weights, bias, policy).transpose(1, 0, 2)
    return np.asarray(y.reshape(batch, oh, ow, groups * outputs))


def sums(x: NDArray[Any], filter_: NDArray[Any], **place: Any) -> NDArray[Any]:
    """x under the windows of a filter of one group of channels, or of several.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/conv.h, Conv.
    """
    outputs, fh, fw, channels = filter_.shape
    groups = x.shape[-1] // channels
    weights = filter_.reshape(groups, outputs // groups, fh * fw * channels).transpose(0, 2, 1)
    return np.concatenate([_products(w, weights) for w in strips(x, (fh, fw), **place)], 1)


def _products(windows: NDArray[Any], weights: NDArray[Any]) -> NDArray[Any]:
    """Windows by the weights of each group, (groups, taps, outputs)."""
    batch, oh, ow, fh, fw, channels = windows.shape
    groups, taps, outputs = weights.shape
    by_group = windows.reshape(batch * oh * ow, fh * fw, groups, channels // groups)
    rows = by_group.transpose(2, 0, 1, 3).reshape(groups, batch * oh * ow, taps)
    products = (rows @ weights).transpose(1, 0, 2)
    return np.asarray(products.reshape(batch, oh, ow, groups * outputs))


def adds_by_column(filter_: tuple[int, ...], multiplier: int, policy: Policy) -> bool:
    """Whether a depthwise filter of this height and width has its taps column by column.

    Source: XNNPACK 75db3c0, src/operators/convolution-nhwc.c, select_microkernel_type.
    """
    return multiplier == 1 and filter_[0] * filter_[1] <= policy.column_taps


def depthwise_conv_2d(
    x: Real, filter_: Real, bias: Real | None, policy: Policy, **place: Any
) -> Real:
    """x NHWC by filter (1, height, width, outputs); output c reads input c // multiplier.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/depthwiseconv_float.h, DepthwiseConv,
    and optimized/depthwiseconv_float.h, DepthwiseConvInitAccBuffer; XNNPACK 75db3c0,
    src/f32-dwconv/unipass-avx512.c.in.
    """
    return _depthwise(x, filter_, bias, policy, policy.depthwise_from_bias, **place)


def _depthwise(
    x: Real, filter_: Real, bias: Real | None, policy: Policy, from_bias: bool, **place: Any
) -> Real:
    _, fh, fw, outputs = filter_.shape
    channels = x.shape[-1]
    weights = filter_.reshape(fh, fw, channels, -1)
    by_column = adds_by_column((fh, fw), weights.shape[-1], policy)
    rows, columns = (1, 0) if by_column else (0, 1)
    taps = weights.transpose(2, rows, columns, 3).reshape(channels, fh * fw, -1)
    found = []
    for w in strips(x, (fh, fw), **place):
        size = w.shape[:3]
        windows = w.transpose(5, 0, 1, 2, 3 + rows, 3 + columns).reshape(channels, -1, fh * fw)
        y = products(windows, taps, bias, policy, from_bias).transpose(1, 0, 2)
        found.append(y.reshape(*size, outputs))
    return np.concatenate(found, 1)


def transpose_conv(
    x: Real,
    filter_: Real,
    bias: Real | None,
    policy: Policy,
    stride: tuple[int, int],
    size: tuple[int, ...],
    pad: tuple[int, int],
) -> Real:
    """x NHWC by filter (outputs, height, width, channels), onto an image of this size.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/transpose_conv.h, TransposeConv;
    XNNPACK 75db3c0, src/operators/deconvolution-nhwc.c.
    """
    outputs = filter_.shape[0]
    start = np.zeros(outputs, x.dtype) if bias is None else bias
    y = np.zeros((x.shape[0], *size, outputs), x.dtype)
    if policy.fused_sums:
        y += start
    found = list(taps(x.shape, filter_.shape, stride, size, pad))
    for reached, inside, k, j in reversed(found) if policy.later_taps_first else found:
        before = y[reached]
        rows = x[inside].reshape(1, -1, x.shape[3])
        after = _continued(before.reshape(1, -1, outputs), rows, filter_[:, k, j].T[None], policy)
        y[reached] = after.reshape(before.shape)
    return y if policy.fused_sums else np.asarray(y + start)


def batch_matmul(left: Real, right: Real, policy: Policy) -> Real:
    """Matrices by matrices, in batches that broadcast.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/batch_matmul.h, BatchMatMul.
    """
    batches = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    sides = [np.broadcast_to(v, (*batches, *v.shape[-2:])) for v in (left, right)]
    x, w = (v.reshape(-1, *v.shape[-2:]) for v in sides)
    y = products(x, w, None, policy)
    return np.asarray(y.reshape(*batches, *y.shape[-2:]))


def mean(x: NDArray[Any], axes: tuple[int, ...], keep_dims: bool) -> NDArray[Any]:
    """Over the axes; integers' quotients are cut off towards 0.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/reduce.h, Mean.
    """
    if x.dtype.kind == "f":
        return np.asarray(x.mean(axes, np.float64, keepdims=keep_dims), x.dtype)
    total = x.sum(axes, np.int64, keepdims=keep_dims)
    count = x.size // max(total.size, 1)
    return np.asarray(divide(np.asarray(total), np.asarray(count)), x.dtype)
