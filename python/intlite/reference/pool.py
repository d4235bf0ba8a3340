"""AVERAGE_POOL_2D and MAX_POOL_2D on stored values: input and output share one quantization."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Windows:
    """Where windows lie on an image; each pair is that of height and width."""

    filter: tuple[int, int]
    stride: tuple[int, int]
    size: tuple[int, int]
    pad: tuple[int, int]

    def taps(self, x: NDArray[Any]) -> Iterator[tuple[tuple[slice, slice, slice], NDArray[Any]]]:
        """For each place in a window: the outputs for which it is inside, and what is there."""
        for rows, from_rows in self._along(0, x.shape[1]):
            for columns, from_columns in self._along(1, x.shape[2]):
                yield (slice(None), rows, columns), x[:, from_rows, from_columns]

    def _along(self, axis: int, length: int) -> Iterator[tuple[slice, slice]]:
        pad, stride, size = self.pad[axis], self.stride[axis], self.size[axis]
        for i in range(max(0, pad - (size - 1) * stride), min(self.filter[axis], length + pad)):
            first = max(0, -((i - pad) // stride))
            last = min(size, (length - 1 + pad - i) // stride + 1)
            if first < last:
                start = first * stride + i - pad
                yield slice(first, last), slice(start, start + (last - first) * stride, stride)


def average(x: NDArray[Any], windows: Windows) -> NDArray[np.int64]:
    """The mean of the values inside, half away from zero; of none, 0.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/pooling.h, AveragePool.
    """
    total = np.zeros((x.shape[0], *windows.size, x.shape[3]), np.int64)
    count = np.zeros((1, *windows.size, 1), np.int64)
    for at, values in windows.taps(x):
        total[at] += values
        count[at] += 1
    count = np.maximum(count, 1)
    rounded = (np.abs(total) + count // 2) // count
    return np.asarray(np.where(total > 0, rounded, -rounded))


def greatest(x: NDArray[Any], windows: Windows) -> NDArray[np.int64]:
    """The greatest value inside; of none, less than any.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/pooling.h, MaxPool.
    """
    found = np.full((x.shape[0], *windows.size, x.shape[3]), -(2**31), np.int64)
    for at, values in windows.taps(x):
        found[at] = np.maximum(found[at], values)
    return found
