"""LOGICAL_AND, LOGICAL_OR and LOGICAL_NOT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from .._native import BinaryFunction, IntegerFunction
from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import KernelSpec, Values, elements
from .computation import Arrays, Computation, broadcast
from .integers import IntegerUnarySpec, binary_spec
from .operator_table import register

_BOOL = ("BOOL",)


class _Binary(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (_BOOL, _BOOL)
    function: ClassVar[BinaryFunction]

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [broadcast(node, shapes)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        return binary_spec(node, shapes, self.function)


@register("LOGICAL_AND")
class LogicalAnd(_Binary):
    function = BinaryFunction.MINIMUM

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return arrays[0] & arrays[1]


@register("LOGICAL_OR")
class LogicalOr(_Binary):
    function = BinaryFunction.MAXIMUM

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return arrays[0] | arrays[1]


@register("LOGICAL_NOT")
class LogicalNot(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (_BOOL,)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        return IntegerUnarySpec(elements(shapes[0]), node.input(0).dtype, IntegerFunction.NOT)

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return ~arrays[0]
