"""FLOOR, CEIL, ROUND, FLOOR_DIV and FLOOR_MOD of plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from .._native import BinaryFunction, UnaryFunction
from ..graph.types import Node, Shape
from ..reference import floor as reference
from ..runtimes.policy import Policy
from .base import KernelSpec, Values, elements, known, shape_error
from .computation import Arrays, Computation, broadcast
from .operator_table import register
from .plain_binary import PlainBinarySpec
from .plain_unary_kernel import Formula, PlainUnarySpec

_BY_ZERO = "cannot divide by 0"
_FLOAT = ("FLOAT32",)
_DIVIDED = ("INT8", "INT16", "INT32", "FLOAT32")


class _Rounding(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (_FLOAT,)
    function: ClassVar[UnaryFunction]

    def _spec(self, size: int, policy: Policy) -> PlainUnarySpec:
        return PlainUnarySpec(size, Formula(self.function), policy.flushes_subnormals)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        return self._spec(elements(shapes[0]), policy)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        return [self._spec(1, policy).computed(known(node, inputs, 0))]

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        raise NotImplementedError


@register("FLOOR")
class Floor(_Rounding):
    function = UnaryFunction.FLOOR


@register("CEIL")
class Ceil(_Rounding):
    function = UnaryFunction.CEIL


@register("ROUND")
class Round(_Rounding):
    def _spec(self, size: int, policy: Policy) -> PlainUnarySpec:
        return PlainUnarySpec(size, Formula(policy.functions.round), policy.flushes_subnormals)


class _Division(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (_DIVIDED, _DIVIDED)
    like: ClassVar[dict[int, int]] = {1: 0}
    function: ClassVar[BinaryFunction]

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if self._refuses_zero(node) and values[1] is not None and (values[1] == 0).any():
            raise shape_error(node, _BY_ZERO)
        return [broadcast(node, shapes)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        if (x := node.input(0)).type != "FLOAT32":
            from .integers import binary_spec

            return binary_spec(node, shapes, self.function)
        refusal = str(shape_error(node, _BY_ZERO)) if self._refuses_zero(node) else ""
        return PlainBinarySpec(shapes[0], shapes[1], self.function, x.dtype, refusal=refusal)

    def _refuses_zero(self, node: Node) -> bool:
        return True


@register("FLOOR_DIV")
class FloorDiv(_Division):
    function = BinaryFunction.FLOOR_DIV

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return reference.floor_div(arrays[0], arrays[1])


@register("FLOOR_MOD")
class FloorMod(_Division):
    function = BinaryFunction.FLOOR_MOD
    types: ClassVar[Sequence[Sequence[str]]] = ((*_DIVIDED, "INT64"), (*_DIVIDED, "INT64"))

    def _refuses_zero(self, node: Node) -> bool:
        return node.input(1).type != "FLOAT32"

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return reference.floor_mod(arrays[0], arrays[1])
