"""TRANSPOSE_CONV on int8, uint8 or int16: exact sums, and convolutions' roundings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numerics import Arithmetic
from .convolution import CHANNEL_BLOCK, ConvolutionParameters, finish
from .fixed_point import exact_matmul

# LiteRT's optimized uint8 kernel takes whole blocks of so many elements, of the
# whole output, by vector code, which rounds otherwise than the code for the rest.
ELEMENT_BLOCK = 16


def accumulate(
    x: NDArray[Any], filter_: NDArray[Any], p: ConvolutionParameters
) -> NDArray[np.int64]:
    """Each input pixel (i, j), times filter tap (k, l), goes to (i, j) * stride + (k, l) - pad."""
    batch, height, width, _ = x.shape
    outputs, fh, fw, _ = filter_.shape
    centred = x.astype(np.int64) - int(p.input.zero_point[0])
    weights = filter_.astype(np.int64) - p.filter.zero_point.reshape(-1, 1, 1, 1)
    acc = np.zeros((batch, *p.output_size, outputs), np.int64)
    for k in range(fh):
        rows = np.arange(height) * p.stride[0] + k - p.pad_before[0]
        inside_y = (rows >= 0) & (rows < p.output_size[0])
        for j in range(fw):
            columns = np.arange(width) * p.stride[1] + j - p.pad_before[1]
            inside_x = (columns >= 0) & (columns < p.output_size[1])
            reached = np.ix_(np.arange(batch), rows[inside_y], columns[inside_x])
            inside = centred[:, inside_y][:, :, inside_x]
            acc[reached] += exact_matmul(inside, weights[:, k, j].T)
    return acc


def transpose_conv(
    x: NDArray[Any],
    filter_: NDArray[Any],
    bias: NDArray[Any] | None,
    p: ConvolutionParameters,
    arithmetic: Arithmetic,
) -> NDArray[Any]:
    """x NHWC by filter (outputs, height, width, channels)."""
    acc = accumulate(x, filter_, p)
    if np.dtype(p.dtype) == np.uint8:
        ruy = np.arange(acc.size).reshape(acc.shape) < acc.size // ELEMENT_BLOCK * ELEMENT_BLOCK
    else:
        outputs = filter_.shape[0]
        ruy = np.arange(outputs) < outputs // CHANNEL_BLOCK * CHANNEL_BLOCK
    return finish(acc, bias, ruy & (arithmetic == "builtin"), p, arithmetic)
