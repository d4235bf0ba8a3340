"""SELECT, SELECT_V2 and WHERE: by a condition, elements or their coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import KernelSpec, Values, elements, known, shape_error
from .computation import Arrays, Computation, broadcast
from .lookup import broadcast_strides
from .movement import ANY
from .operator_table import register


@dataclass(frozen=True, eq=False)
class SelectSpec(KernelSpec):
    """csrc/kernels/plain/select.h.

    Attributes:
        shapes: Of the condition and both operands, which broadcast.
        element_bytes: Of the operands.
    """

    shapes: tuple[Shape, Shape, Shape]
    element_bytes: int
    inputs: tuple[int, ...] = (0, 1, 2)

    def make(self) -> _native.Kernel:
        condition, left, right = map(elements, self.shapes)
        return _native.select(
            condition_size=condition,
            left_size=left,
            right_size=right,
            dimensions=[(size, a, b, c) for size, (a, b, c) in broadcast_strides(*self.shapes)],
            element_bytes=self.element_bytes,
        )

    @property
    def is_batch_free(self) -> bool:
        return len({len(shape) for shape in self.shapes}) == 1 and (
            len({shape[:1] for shape in self.shapes}) == 1
        )

    @property
    def work(self) -> float:
        return float(elements(np.broadcast_shapes(*self.shapes)))


class _Selection(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (("BOOL",), ANY, ANY)
    like: ClassVar[dict[int, int]] = {2: 1}
    output_like: ClassVar[int] = 1
    chooses_rows: ClassVar[bool] = False

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        own = node.outputs[0].shape
        if all(elements(shape) == 1 for shape in (*shapes, own)):
            return [own]  # as the file has it
        return [self._shape(node, shapes)]

    def _shape(self, node: Node, shapes: Sequence[Shape]) -> Shape:
        raise NotImplementedError

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [y] = self.output_shapes(node, shapes, values)
        condition, left, right = shapes
        if all(elements(shape) == 1 for shape in (*shapes, y)):
            condition = left = right = ()
        elif self.chooses_rows and condition != left and condition:
            condition = condition + (1,) * (len(left) - 1)
        return SelectSpec((condition, left, right), node.input(1).dtype.itemsize)


@register("SELECT")
class Select(_Selection):
    """The condition may also be a scalar, or a vector that chooses whole rows."""

    chooses_rows = True

    def _shape(self, node: Node, shapes: Sequence[Shape]) -> Shape:
        condition, x, y = shapes
        if x != y or condition not in (x, (), x[:1]):
            listed = " and ".join(str(list(shape)) for shape in (x, y))
            raise shape_error(node, f"cannot select from {listed} by {list(condition)}")
        return x

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        condition, x, y = arrays
        own = node.outputs[0].shape
        if elements(x.shape) == condition.size == elements(own) == 1:
            return np.where(condition.ravel(), x.ravel(), y.ravel()).reshape(own)
        if condition.shape != x.shape and condition.ndim:
            condition = condition.reshape(-1, *(1,) * (x.ndim - 1))
        return np.where(condition, x, y)


@register("SELECT_V2")
class SelectV2(_Selection):
    def _shape(self, node: Node, shapes: Sequence[Shape]) -> Shape:
        return broadcast(node, shapes)

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        chosen = np.where(*arrays)
        own = node.outputs[0].shape
        return chosen.reshape(own) if chosen.size == elements(own) == 1 else chosen


@dataclass(frozen=True, eq=False)
class WhereSpec(KernelSpec):
    """csrc/kernels/plain/places.h, Where."""

    shape: Shape
    dtype: np.dtype[Any]
    count: int

    def make(self) -> _native.Kernel:
        return _native.where(shape=self.shape, dtype=self.dtype, count=self.count)

    @property
    def work(self) -> float:
        return float(elements(self.shape))


@register("WHERE")
class Where(Computation):
    """The coordinates of what is not 0: how many there are, only a run can tell."""

    types: ClassVar[Sequence[Sequence[str]]] = (
        ("BOOL", "FLOAT32", "INT64", "INT32", "INT8", "UINT8", "UINT32"),
    )
    output_types: ClassVar[Sequence[str]] = ("INT64",)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if not shapes[0]:
            raise shape_error(node, "a scalar has no coordinates")
        condition = known(node, values, 0)
        return [(int(np.count_nonzero(condition)), condition.ndim)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [(count, _)] = self.output_shapes(node, shapes, values)
        return WhereSpec(shapes[0], node.input(0).dtype, count)

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return np.argwhere(arrays[0])
