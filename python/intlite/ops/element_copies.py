"""Operators that only move stored values, as lists of copies.

An operator says, for each element of each output, which element of which input it
is, most simply by doing its numpy work on an array of numbers; runs of neighbours
become one copy each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _native
from ..graph.types import Shape
from .base import KernelSpec, elements

FILL = -1


def element_numbers(shapes: Sequence[Shape]) -> list[NDArray[np.int64]]:
    """Arrays of these shapes whose elements are numbered through, across all of them."""
    numbers, start = [], 0
    for shape in shapes:
        size = elements(shape)
        numbers.append(np.arange(start, start + size, dtype=np.int64).reshape(shape))
        start += size
    return numbers


@dataclass(frozen=True, eq=False)
class GatherSpec(KernelSpec):
    """csrc/kernels/gather.h, Gather.

    Attributes:
        shapes: Of the inputs that are read, in the order of ``inputs``.
        sources: For each output, the number of each of its elements as in
            ``element_numbers(shapes)``, or ``FILL``.
        dtype: The element type; ``V`` and a number where so many bytes move together.
        fill: The value where nothing is copied.
        inputs: Which of the operator's inputs they are.
        by_row: Whether each leading row of the outputs comes from that row of the inputs,
            from the same places in all.
    """

    shapes: tuple[Shape, ...]
    sources: tuple[NDArray[np.int64], ...]
    dtype: DTypeLike
    fill: Any = 0
    inputs: tuple[int, ...] = (0,)
    by_row: bool = False

    def make(self) -> _native.Kernel:
        dtype = np.dtype(self.dtype)
        sizes = np.array([elements(shape) for shape in self.shapes], np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        parts = [_segments(k, source.ravel(), starts) for k, source in enumerate(self.sources)]
        segments = np.concatenate(parts) if parts else np.empty((0, 5), np.int64)
        segments = segments * np.array([1, dtype.itemsize, 1, dtype.itemsize, dtype.itemsize])
        return _native.gather(
            input_bytes=(sizes * dtype.itemsize).tolist(),
            output_bytes=[source.size * dtype.itemsize for source in self.sources],
            segments=np.ascontiguousarray(segments, np.int64),
            fill=np.array(self.fill, dtype).tobytes(),
            covers_all=all((source != FILL).all() for source in self.sources),
        )

    @property
    def is_batch_free(self) -> bool:
        return self.by_row

    @property
    def work(self) -> float:
        return float(sum(source.size for source in self.sources) * np.dtype(self.dtype).itemsize)


def _segments(
    output: int, source: NDArray[np.int64], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(input, from, output, to, elements) of each run of neighbours, without the fill."""
    if source.size == 0:
        return np.empty((0, 5), np.int64)
    # Empty inputs have no elements, so the last input that starts at or before is it.
    tensor = np.searchsorted(starts, source, side="right") - 1
    breaks = (np.diff(source) != 1) | (np.diff(tensor) != 0)
    first = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    length = np.diff(np.concatenate([first, [source.size]]))
    copied = source[first] != FILL
    first, length = first[copied], length[copied]
    inputs = tensor[first]
    return np.stack(
        [inputs, source[first] - starts[inputs], np.full(first.size, output), first, length], 1
    ).astype(np.int64)
