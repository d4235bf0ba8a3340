"""Kernels of float32 that reduce or normalize: whole rows, windows, or along some axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._native import ReductionFunction
from ..graph.types import Shape
from ..reference.pool import Windows
from .base import KernelSpec, elements


class DefinedNatively(KernelSpec):
    """A kernel that is its own definition, as plain C++ has it."""

    def make(self, isa: str = "") -> _native.Kernel:
        raise NotImplementedError

    def output_shape(self) -> Shape:
        raise NotImplementedError

    def computed(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output, by the portable code."""
        y = np.empty(self.output_shape(), np.float32)
        self.make("portable").run([np.ascontiguousarray(x)], [y])
        return y

    @property
    def is_batch_free(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class PlainRowsSpec(DefinedNatively):
    """csrc/kernels/plain/rows.h, along the last dimension."""

    shape: Shape
    function: _native.RowFunction
    beta: float = 1.0
    flushes: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.plain_rows(
            function=self.function,
            rows=elements(self.shape[:-1]),
            depth=max(self.shape[-1], 1),
            beta=self.beta,
            flushes=self.flushes,
            isa=isa,
        )

    def output_shape(self) -> Shape:
        return self.shape

    @property
    def work(self) -> float:
        return 8.0 * elements(self.shape)


@dataclass(frozen=True, eq=False)
class PlainReductionSpec(DefinedNatively):
    """csrc/kernels/plain/reduction.h.

    Attributes:
        shape: Of the input.
        axes: Those reduced, in order.
        keeps_dims: They remain in the output, of size 1.
    """

    shape: Shape
    axes: tuple[int, ...]
    keeps_dims: bool
    function: ReductionFunction
    order: _native.SumOrder
    is_mean: bool = False
    start: float = 0.0
    flushes: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        runs = [
            (is_reduced, math.prod(self.shape[a] for a in axes))
            for is_reduced, axes in groupby(range(len(self.shape)), self.axes.__contains__)
        ]
        function, start = self.function, self.start
        if not self.axes:  # the product of one number is what it was
            runs, function = [(False, elements(self.shape)), (True, 1)], ReductionFunction.PRODUCT
            start = 1.0
        return _native.plain_reduction(
            sizes=[size for _, size in runs],
            first_is_reduced=runs[0][0],
            function=function,
            order=self.order,
            is_mean=self.is_mean and bool(self.axes),
            start=start,
            flushes=self.flushes,
            isa=isa,
        )

    def output_shape(self) -> Shape:
        if self.keeps_dims:
            return tuple(1 if a in self.axes else d for a, d in enumerate(self.shape))
        return tuple(d for a, d in enumerate(self.shape) if a not in self.axes)

    @property
    def work(self) -> float:
        return float(elements(self.shape))


@dataclass(frozen=True, eq=False)
class PlainPoolSpec(DefinedNatively):
    """csrc/kernels/plain/pool.h."""

    shape: Shape
    windows: Windows
    function: _native.PoolFunction
    low: float
    high: float
    flushes: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        images, height, width, channels = self.shape
        return _native.plain_pool(
            images=images,
            input=(height, width),
            channels=channels,
            output=self.windows.size,
            filter=self.windows.filter,
            stride=self.windows.stride,
            padding=self.windows.pad,
            function=self.function,
            low=self.low,
            high=self.high,
            flushes=self.flushes,
            isa=isa,
        )

    def output_shape(self) -> Shape:
        return (self.shape[0], *self.windows.size, self.shape[3])

    @property
    def work(self) -> float:
        return float(elements(self.output_shape()) * elements(self.windows.filter))


# Low and high neighbour, and the weight of the latter.
Axis = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class PlainResizeSpec(DefinedNatively):
    """csrc/kernels/plain/resize.h."""

    shape: Shape
    rows: Axis
    columns: Axis
    kind: _native.BlendKind
    flushes: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        images, height, width, channels = self.shape
        return _native.plain_resize(
            images=images,
            input=(height, width),
            channels=channels,
            rows=self.rows,
            columns=self.columns,
            kind=self.kind,
            flushes=self.flushes,
            isa=isa,
        )

    def output_shape(self) -> Shape:
        return (self.shape[0], len(self.rows[0]), len(self.columns[0]), self.shape[3])

    @property
    def work(self) -> float:
        return 4.0 * elements(self.output_shape())
