"""SELECT, SELECT_V2 and WHERE: by a condition, elements or their coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from .base import Values, elements, known, shape_error
from .computation import Arrays, Computation, broadcast
from .movement import ANY
from .operator_table import register


class _Selection(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (("BOOL",), ANY, ANY)
    like: ClassVar[dict[int, int]] = {2: 1}
    output_like: ClassVar[int] = 1

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        own = node.outputs[0].shape
        if all(elements(shape) == 1 for shape in (*shapes, own)):
            return [own]  # as the file has it
        return [self._shape(node, shapes)]

    def _shape(self, node: Node, shapes: Sequence[Shape]) -> Shape:
        raise NotImplementedError


@register("SELECT")
class Select(_Selection):
    """The condition may also be a scalar, or a vector that chooses whole rows."""

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

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return np.argwhere(arrays[0])
