"""Sliding windows over float32 images, and products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .convolution import strips
from .plain_functions import divide
from .pool import Windows
from .transpose_conv import taps

Real = NDArray[np.float32]


def fully_connected(x: Real, weights: Real, bias: Real | None) -> Real:
    """Rows of x by rows of weights.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/fully_connected.h, FullyConnected.
    """
    y = x @ weights.T
    return np.asarray(y if bias is None else y + bias)


def conv_2d(x: Real, filter_: Real, bias: Real | None, **place: Any) -> Real:
    """x NHWC by filter (outputs, height, width, channels / groups).

    ``place``: as for ``strips``.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/conv.h, Conv.
    """
    y = sums(x, filter_, **place)
    return np.asarray(y if bias is None else y + bias)


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


def depthwise_conv_2d(x: Real, filter_: Real, bias: Real | None, **place: Any) -> Real:
    """x NHWC by filter (1, height, width, outputs); output c reads input c // multiplier.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/depthwiseconv_float.h, DepthwiseConv.
    """
    _, fh, fw, outputs = filter_.shape
    weights = filter_.reshape(fh, fw, x.shape[-1], -1)
    y = np.concatenate(
        [np.einsum("byxijc,ijcm->byxcm", w, weights) for w in strips(x, (fh, fw), **place)], 1
    )
    y = y.reshape(*y.shape[:3], outputs)
    return np.asarray(y if bias is None else y + bias)


def transpose_conv(
    x: Real,
    filter_: Real,
    stride: tuple[int, int],
    size: tuple[int, ...],
    pad: tuple[int, int],
) -> Real:
    """x NHWC by filter (outputs, height, width, channels), onto an image of this size.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/transpose_conv.h, TransposeConv.
    """
    y = np.zeros((x.shape[0], *size, filter_.shape[0]), np.float32)
    for reached, inside, k, j in taps(x.shape, filter_.shape, stride, size, pad):
        y[reached] += x[inside] @ filter_[:, k, j].T
    return y


def average_pool_2d(x: Real, windows: Windows) -> Real:
    """The mean of the values inside.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/pooling.h, AveragePool.
    """
    total = np.zeros((x.shape[0], *windows.size, x.shape[3]))
    count = np.zeros((1, *windows.size, 1))
    for at, values in windows.taps(x):
        total[at] += values
        count[at] += 1
    return np.asarray(total / count, np.float32)


def l2_pool_2d(x: Real, windows: Windows) -> Real:
    """The root of the mean of the squares inside.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/pooling.h, L2Pool.
    """
    return np.asarray(np.sqrt(average_pool_2d(np.square(x), windows)))


def max_pool_2d(x: Real, windows: Windows) -> Real:
    """The greatest value inside.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/pooling.h, MaxPool.
    """
    found = np.full((x.shape[0], *windows.size, x.shape[3]), -np.inf, x.dtype)
    for at, values in windows.taps(x):
        found[at] = np.maximum(found[at], values)
    return found


def mean(x: NDArray[Any], axes: tuple[int, ...], keep_dims: bool) -> NDArray[Any]:
    """Over the axes; integers' quotients are cut off towards 0.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/reduce.h, Mean.
    """
    if x.dtype.kind == "f":
        return np.asarray(x.mean(axes, np.float64, keepdims=keep_dims), x.dtype)
    total = x.sum(axes, np.int64, keepdims=keep_dims)
    count = x.size // max(total.size, 1)
    return np.asarray(divide(np.asarray(total), np.asarray(count)), x.dtype)
