"""Elementwise operators as tables, computed once by ``reference``.

All 256 stored values of 8 bits, or all 65,536 pairs, or values of int16, go through the
reference when a kernel is made; running it is a table lookup. Where LiteRT's kernels round
the elements in whole blocks otherwise, there are two tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _native
from ..graph.types import Shape
from .base import KernelSpec, elements


def all_codes(dtype: DTypeLike) -> NDArray[Any]:
    """Every value of a type of 8 or 16 bits, in the order of its bits."""
    bits = np.dtype(f"u{np.dtype(dtype).itemsize}")
    return np.arange(2 ** (8 * bits.itemsize), dtype=bits).view(dtype)


def table_of_pairs(
    formula: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]], left: DTypeLike, right: DTypeLike
) -> NDArray[Any]:
    """What a formula makes of every pair of values of two 8-bit types, in their bytes' order."""
    xs, ys = all_codes(left), all_codes(right)
    # By parts: what lies between would be many times as large as the table.
    return np.concatenate(
        [formula(np.repeat(part, len(ys)), np.tile(ys, len(part))) for part in np.split(xs, 16)]
    )


@dataclass(frozen=True, eq=False)
class UnarySpec(KernelSpec):
    """csrc/kernels/lookup.h, UnaryLookup.

    Attributes:
        size: Elements of a sample.
        table: The 256 results, of an 8-bit type or bool.
        tail: The results outside of whole blocks; None: the same.
        lanes: How many elements a block has.
    """

    size: int
    table: NDArray[Any]
    tail: NDArray[Any] | None = None
    lanes: int = 1

    def make(self, isa: str = "") -> _native.Kernel:
        block = self.table.view(np.uint8)
        return _native.unary_lookup(
            size=self.size,
            block=block,
            tail=block if self.tail is None else self.tail.view(np.uint8),
            run=max(self.size, 1),
            lanes=self.lanes,
            isa=isa,
        )

    def of_elements(self, size: int) -> UnarySpec | None:
        if self.tail is not None and self.size % self.lanes != 0:
            return None
        return replace(self, size=size, tail=None)

    @property
    def is_batch_free(self) -> bool:
        return self.tail is None or self.size % self.lanes == 0

    @property
    def work(self) -> float:
        return float(self.size)


@dataclass(frozen=True, eq=False)
class Int16UnarySpec(UnarySpec):
    """csrc/kernels/lookup_int16.h: the same with the 65,536 results of int16, which are int16."""

    def make(self, isa: str = "") -> _native.Kernel:
        tail = self.table if self.tail is None else self.tail
        return _native.int16_lookup(size=self.size, lanes=self.lanes, block=self.table, tail=tail)

    @property
    def packed_bytes(self) -> int:
        return self.table.nbytes + (0 if self.tail is None else self.tail.nbytes)


@dataclass(frozen=True, eq=False)
class BinarySpec(KernelSpec):
    """csrc/kernels/lookup.h, BinaryLookup.

    Attributes:
        left, right: Shapes of the operands, which broadcast against each other.
        table: The 65,536 results, in the order of ``table_of_pairs``.
        tail: The results outside of whole blocks; None: the same.
        run, lanes: Runs of elements, from the start of a sample, in which blocks lie.
        inputs: Which of the operator's inputs the operands are.
    """

    left: Shape
    right: Shape
    table: NDArray[Any]
    tail: NDArray[Any] | None = None
    run: int = 1
    lanes: int = 1
    inputs: tuple[int, ...] = (0, 1)

    def make(self, isa: str = "") -> _native.Kernel:
        block = self.table.view(np.uint8)
        return _native.binary_lookup(
            left_size=elements(self.left),
            right_size=elements(self.right),
            dimensions=broadcast_dimensions(self.left, self.right),
            block=block,
            tail=block if self.tail is None else self.tail.view(np.uint8),
            run=max(self.run, 1),
            lanes=self.lanes,
            isa=isa,
        )

    @property
    def packed_bytes(self) -> int:
        return self.table.nbytes + (0 if self.tail is None else self.tail.nbytes)

    def in_rows(self) -> BinarySpec:
        """The same kernel, its operands exchanged if the right one repeats along a row.

        A row of the table then serves a row of elements.
        """
        _, left_step, right_step = broadcast_dimensions(self.left, self.right)[-1]
        if (left_step, right_step) != (1, 0):
            return self
        return replace(
            self,
            left=self.right,
            right=self.left,
            table=_exchanged(self.table),
            tail=None if self.tail is None else _exchanged(self.tail),
            inputs=self.inputs[::-1],
        )

    def of_elements(self, size: int) -> BinarySpec | None:
        if self.tail is not None or self.left != self.right:
            return None
        return replace(self, left=(size,), right=(size,))

    @property
    def is_batch_free(self) -> bool:
        return self.tail is None and has_rows(self.left, self.right)

    @property
    def work(self) -> float:
        return float(elements(np.broadcast_shapes(self.left, self.right)))


def _exchanged(table: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(table.reshape(256, 256).T).ravel()


def has_rows(left: Shape, right: Shape) -> bool:
    """Whether each leading row of the result is made of that of both, or of one operand whole."""
    return len(left) != len(right) or left[:1] == right[:1]


def broadcast_dimensions(left: Shape, right: Shape) -> list[tuple[int, int, int]]:
    """(size, left stride, right stride) of each dimension, those that can be joined joined."""
    return [(size, a, b) for size, (a, b) in broadcast_strides(left, right)]


def broadcast_strides(*operands: Shape) -> list[tuple[int, tuple[int, ...]]]:
    """(size, the operands' strides) of each dimension, those that can be joined joined."""
    shape = np.broadcast_shapes(*operands)
    steps = zip(*(_strides(operand, shape) for operand in operands), strict=True)
    joined: list[tuple[int, tuple[int, ...]]] = []
    for size, strides in zip(shape, steps, strict=True):
        if size == 1:
            continue
        if joined and joined[-1][1] == tuple(stride * size for stride in strides):
            joined[-1] = (joined[-1][0] * size, strides)
        else:
            joined.append((size, strides))
    return joined or [(1, (0,) * len(operands))]


def _strides(operand: Shape, shape: Sequence[int]) -> list[int]:
    """Elements from one index to the next in each dimension of ``shape``; 0 where it repeats."""
    strides, step = [], 1
    padded = (1,) * (len(shape) - len(operand)) + tuple(operand)
    for size in reversed(padded):
        strides.append(0 if size == 1 else step)
        step *= size
    return strides[::-1]
