"""AVERAGE_POOL_2D and MAX_POOL_2D on stored values: input and output share one quantization."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Shape


def windows(
    x: NDArray[Any],
    filter_: tuple[int, int],
    stride: tuple[int, int],
    size: tuple[int, int],
    pad: tuple[int, int],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Values under each window, (batch, height, width, taps, channels), and which are inside."""
    batch, height, width, channels = x.shape
    shape: Shape = (batch, *size, filter_[0] * filter_[1], channels)
    values, inside = np.zeros(shape, np.int64), np.zeros((1, *shape[1:4], 1), np.bool_)
    for i in range(filter_[0]):
        rows = np.arange(size[0]) * stride[0] + i - pad[0]
        for j in range(filter_[1]):
            columns = np.arange(size[1]) * stride[1] + j - pad[1]
            at = np.ix_((rows >= 0) & (rows < height), (columns >= 0) & (columns < width))
            tap = i * filter_[1] + j
            source = np.ix_(rows[at[0].ravel()], columns[at[1].ravel()])
            values[:, at[0], at[1], tap] = x[:, source[0], source[1]]
            inside[:, at[0], at[1], tap] = True
    return values, inside


def average(values: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The mean of the values inside, half away from zero."""
    total, count = values.sum(3), inside.sum(3)
    count = np.maximum(count, 1)
    rounded = (np.abs(total) + count // 2) // count
    return np.asarray(np.where(total > 0, rounded, -rounded))


def greatest(values: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The greatest value inside."""
    return np.asarray(np.where(inside, values, -(2**31)).max(3))
