"""GATHER and GATHER_ND: elements that a tensor of indices names.

Indices of the file become a list of copies; those that a run gives are looked at in the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..reference import movement as reference
from ..runtimes.policy import Policy
from .base import QUANTIZED, KernelSpec, Values, elements, known, shape_error
from .movement import INDEX, POSITIONS, Movement, resolve_axis
from .operator_table import register

TYPES = (*QUANTIZED, *INDEX, "FLOAT32", "FLOAT16", "BOOL")


@dataclass(frozen=True, eq=False)
class TakeSpec(KernelSpec):
    """csrc/kernels/take.h, Take.

    Attributes:
        batches: How many times there are indices of their own.
        outer: Parts of each batch's input that the same indices apply to.
        sizes: The dimensions that a tuple of indices names a place in.
        row_bytes: Of what lies at each place.
        count: Tuples of indices in a batch.
        index_bytes: Of an index.
        refusal: What is said of indices outside of the sizes.
    """

    batches: int
    outer: int
    sizes: Shape
    row_bytes: int
    count: int
    index_bytes: int
    refusal: str
    inputs: tuple[int, ...] = (0, 1)

    def make(self) -> _native.Kernel:
        return _native.take(
            batches=self.batches,
            outer=self.outer,
            sizes=self.sizes,
            row_bytes=self.row_bytes,
            count=self.count,
            index_bytes=self.index_bytes,
            refusal=self.refusal,
        )

    @property
    def work(self) -> float:
        return float(self.batches * self.count * (self.outer * self.row_bytes + len(self.sizes)))


@register("GATHER")
class Gather(Movement):
    operands: ClassVar[int] = 2
    types: ClassVar[Sequence[str]] = TYPES
    indices: ClassVar[dict[int, Sequence[str]]] = {1: POSITIONS}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        x, indices = shapes
        axis, batch = _axis_and_batch(node, x, indices)
        _check(node, values[1], x[axis])
        return [x[:axis] + indices[batch:] + x[axis + 1 :]]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x], indices = arrays, known(node, values, 1)
        axis, batch = _axis_and_batch(node, x.shape, indices.shape)
        return [reference.gather(x, indices, axis, batch)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        if values[1] is not None:
            return super().kernel(node, shapes, values, policy)
        x, indices = shapes
        axis, batch = _axis_and_batch(node, x, indices)
        return TakeSpec(
            elements(x[:batch]),
            elements(x[batch:axis]),
            (x[axis],),
            elements(x[axis + 1 :]) * node.input(0).dtype.itemsize,
            elements(indices[batch:]),
            node.input(1).dtype.itemsize,
            _refusal(node, x[axis]),
        )


def _axis_and_batch(node: Node, x: Shape, indices: Shape) -> tuple[int, int]:
    axis = resolve_axis(node, int(getattr(node.options, "axis", 0)), len(x))
    batch = int(getattr(node.options, "batch_dims", 0))
    batch += len(indices) * (batch < 0)
    if not 0 <= batch <= min(axis, len(indices)) or x[:batch] != indices[:batch]:
        raise shape_error(
            node,
            f"cannot gather {list(indices)} from axis {axis} of {list(x)} "
            f"with {batch} batch dimensions",
        )
    return axis, batch


@register("GATHER_ND")
class GatherNd(Movement):
    operands: ClassVar[int] = 2
    types: ClassVar[Sequence[str]] = TYPES
    indices: ClassVar[dict[int, Sequence[str]]] = {1: POSITIONS}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        x, indices = shapes
        if not x or not indices or indices[-1] > len(x):
            raise shape_error(node, f"cannot gather {list(indices)} from {list(x)}")
        _check(node, values[1], x[: indices[-1]])
        return [indices[:-1] + x[indices[-1] :]]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return [reference.gather_nd(arrays[0], known(node, values, 1))]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        if values[1] is not None:
            return super().kernel(node, shapes, values, policy)
        x, [*count, depth] = shapes
        return TakeSpec(
            1,
            1,
            x[:depth],
            elements(x[depth:]) * node.input(0).dtype.itemsize,
            elements(tuple(count)),
            node.input(1).dtype.itemsize,
            _refusal(node, x[:depth]),
        )


def _check(node: Node, indices: NDArray[Any] | None, sizes: int | Shape) -> None:
    """Refuse indices outside of the dimensions, once they are known: none counts from the end."""
    if indices is not None and ((indices < 0) | (indices >= np.array(sizes))).any():
        raise shape_error(node, _outside(sizes))


def _outside(sizes: int | Shape) -> str:
    return f"there are indices outside of {sizes if isinstance(sizes, int) else list(sizes)}"


def _refusal(node: Node, sizes: int | Shape) -> str:
    """What a kernel says that finds such indices in a run."""
    return str(shape_error(node, _outside(sizes)))
