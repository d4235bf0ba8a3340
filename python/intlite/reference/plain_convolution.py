"""Sliding windows over float32 images, and products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .convolution import under_windows

Real = NDArray[np.float32]


def fully_connected(x: Real, weights: Real, bias: Real | None) -> Real:
    """Rows of x by rows of weights."""
    y = x @ weights.T
    return np.asarray(y if bias is None else y + bias)


def conv_2d(x: Real, filter_: Real, bias: Real | None, **place: Any) -> Real:
    """x NHWC by filter (outputs, height, width, channels / groups).

    ``place``: as for ``under_windows``.
    """
    outputs, fh, fw, channels = filter_.shape
    windows = under_windows(x, (fh, fw), **place)
    groups = windows.shape[-1] // channels
    of_groups = windows.reshape(-1, fh * fw, groups, channels).transpose(2, 0, 1, 3)
    rows = of_groups.reshape(groups, -1, fh * fw * channels)
    weights = filter_.reshape(groups, outputs // groups, fh * fw * channels)
    y = (rows @ weights.transpose(0, 2, 1)).transpose(1, 0, 2)
    y = y.reshape(*windows.shape[:3], outputs)
    return np.asarray(y if bias is None else y + bias)


def depthwise_conv_2d(x: Real, filter_: Real, bias: Real | None, **place: Any) -> Real:
    """x NHWC by filter (1, height, width, outputs); output c reads input c // multiplier."""
    _, fh, fw, outputs = filter_.shape
    windows = under_windows(x, (fh, fw), **place)
    weights = filter_.reshape(fh, fw, x.shape[-1], -1)
    y = np.einsum("byxijc,ijcm->byxcm", windows, weights).reshape(*windows.shape[:3], outputs)
    return np.asarray(y if bias is None else y + bias)


def average_pool_2d(x: Real, filter_: tuple[int, int], **place: Any) -> Real:
    """The mean of the values inside."""
    values = under_windows(x, filter_, **place)
    count = under_windows(np.ones((1, *x.shape[1:3], 1)), filter_, **place).sum((3, 4))
    return np.asarray(values.sum((3, 4), np.float64) / count, np.float32)


def max_pool_2d(x: Real, filter_: tuple[int, int], **place: Any) -> Real:
    """The greatest value inside."""
    return np.asarray(under_windows(x, filter_, outside=-np.inf, **place).max((3, 4)))


def mean(x: NDArray[Any], axes: tuple[int, ...], keep_dims: bool) -> NDArray[Any]:
    """Over the axes; integers' quotients are cut off towards 0."""
    if x.dtype.kind == "f":
        return np.asarray(x.mean(axes, np.float64, keepdims=keep_dims), x.dtype)
    total = x.sum(axes, np.int64, keepdims=keep_dims)
    count = x.size // max(total.size, 1)
    return np.asarray(np.sign(total) * (np.abs(total) // count), x.dtype)
