"""LOGICAL_AND, LOGICAL_OR and LOGICAL_NOT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from ..graph.types import Node, Shape
from .base import Values
from .computation import Arrays, Computation, broadcast
from .operator_table import register

_BOOL = ("BOOL",)


class _Binary(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (_BOOL, _BOOL)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [broadcast(node, shapes)]


@register("LOGICAL_AND")
class LogicalAnd(_Binary):
    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return arrays[0] & arrays[1]


@register("LOGICAL_OR")
class LogicalOr(_Binary):
    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return arrays[0] | arrays[1]


@register("LOGICAL_NOT")
class LogicalNot(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (_BOOL,)

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return ~arrays[0]
