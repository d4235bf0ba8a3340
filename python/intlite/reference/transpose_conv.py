"""TRANSPOSE_CONV on int8, uint8 or int16: exact sums, and convolutions' roundings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..runtimes.policy import Policy
from .convolution import ConvolutionParameters, finish
from .fixed_point import exact_matmul


def accumulate(
    x: NDArray[Any], filter_: NDArray[Any], p: ConvolutionParameters
) -> NDArray[np.int64]:
    """Each input pixel (i, j), times filter tap (k, l), goes to (i, j) * stride + (k, l) - pad.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/transpose_conv.h,
    TransposeConv.
    """
    centred = x.astype(np.int64) - int(p.input.zero_point[0])
    weights = filter_.astype(np.int64) - p.filter.zero_point.reshape(-1, 1, 1, 1)
    acc = np.zeros((x.shape[0], *p.output_size, filter_.shape[0]), np.int64)
    for reached, inside, k, j in taps(
        x.shape, filter_.shape, p.stride, p.output_size, p.pad_before
    ):
        acc[reached] += exact_matmul(centred[inside], weights[:, k, j].T)
    return acc


def taps(
    image: tuple[int, ...],
    filter_: tuple[int, ...],
    stride: tuple[int, int],
    size: tuple[int, ...],
    pad: tuple[int, int],
) -> Iterator[tuple[Any, Any, int, int]]:
    """For each tap of the filter the pixels that it reaches, those it comes from, and itself."""
    images = np.arange(image[0])
    for k in range(filter_[1]):
        rows = np.arange(image[1]) * stride[0] + k - pad[0]
        (inside_y,) = np.nonzero((rows >= 0) & (rows < size[0]))
        for j in range(filter_[2]):
            columns = np.arange(image[2]) * stride[1] + j - pad[1]
            (inside_x,) = np.nonzero((columns >= 0) & (columns < size[1]))
            reached = np.ix_(images, rows[inside_y], columns[inside_x])
            yield reached, np.ix_(images, inside_y, inside_x), k, j


def transpose_conv(
    x: NDArray[Any],
    filter_: NDArray[Any],
    bias: NDArray[Any] | None,
    p: ConvolutionParameters,
    policy: Policy,
) -> NDArray[Any]:
    """x NHWC by filter (outputs, height, width, channels).

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/transpose_conv.h,
    TransposeConv; LiteRT 2.3.0, tflite/kernels/internal/optimized/integer_ops/transpose_conv.h,
    TransposeConvV2.
    """
    return finish(accumulate(x, filter_, p), bias, policy.transposed_rounding(p.dtype), p, policy)
