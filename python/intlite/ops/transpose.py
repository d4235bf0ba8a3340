"""TRANSPOSE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import KernelSpec, Values, elements, shape_error
from .movement import View, resolve_axis, vector
from .operator_table import register
from .reshape import CopySpec


@register("TRANSPOSE")
class Transpose(View):
    operands: ClassVar[int] = 2
    indices: ClassVar[dict[int, Sequence[str]]] = {1: ("INT32",)}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [tuple(shapes[0][axis] for axis in _order(node, len(shapes[0]), values))]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        return [x.transpose(_order(node, x.ndim, values))]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        order = _order(node, len(shapes[0]), values)
        longer = [axis for axis in order if shapes[0][axis] > 1]
        if longer == sorted(longer):  # only dimensions of one element change places
            return CopySpec(elements(shapes[0]) * node.input(0).dtype.itemsize)
        return super().kernel(node, shapes, values, policy)


def _order(node: Node, rank: int, values: Values) -> list[int]:
    order = [resolve_axis(node, axis, rank) for axis in vector(node, values, 1, rank)]
    if len(set(order)) != rank:
        raise shape_error(node, f"{order} is no permutation of {rank} dimensions")
    return order
