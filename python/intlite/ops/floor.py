"""FLOOR, CEIL, ROUND, FLOOR_DIV and FLOOR_MOD of plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._native import BinaryFunction
from ..graph.types import Node, Shape
from ..reference import floor as reference
from ..runtimes.policy import Policy
from .base import KernelSpec, Values, known, shape_error
from .computation import Arrays, Computation, broadcast
from .operator_table import register

_FLOAT = ("FLOAT32",)
_DIVIDED = ("INT8", "INT16", "INT32", "FLOAT32")


class _Rounding(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (_FLOAT,)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        if policy.flushes_subnormals:
            inputs = [reference.without_subnormals(known(node, inputs, 0))]
        return super().reference(node, inputs, policy)


@register("FLOOR")
class Floor(_Rounding):
    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return np.asarray(np.floor(arrays[0]))


@register("CEIL")
class Ceil(_Rounding):
    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return np.asarray(np.ceil(arrays[0]))


@register("ROUND")
class Round(_Rounding):
    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return reference.round_half_even(arrays[0])

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        if policy.round_keeps_sign:
            return [np.asarray(np.rint(known(node, inputs, 0)))]
        return super().reference(node, inputs, policy)


class _Division(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (_DIVIDED, _DIVIDED)
    like: ClassVar[dict[int, int]] = {1: 0}
    of_integers: ClassVar[BinaryFunction]

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if self._refuses_zero(node) and values[1] is not None and (values[1] == 0).any():
            raise shape_error(node, "cannot divide by 0")
        return [broadcast(node, shapes)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        if node.input(0).type == "FLOAT32":
            return super().kernel(node, shapes, values, policy)
        from .integers import binary_spec

        self.output_shapes(node, shapes, values)
        return binary_spec(node, shapes, self.of_integers)

    def _refuses_zero(self, node: Node) -> bool:
        return True


@register("FLOOR_DIV")
class FloorDiv(_Division):
    of_integers = BinaryFunction.FLOOR_DIV

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return reference.floor_div(arrays[0], arrays[1])


@register("FLOOR_MOD")
class FloorMod(_Division):
    of_integers = BinaryFunction.FLOOR_MOD
    types: ClassVar[Sequence[Sequence[str]]] = ((*_DIVIDED, "INT64"), (*_DIVIDED, "INT64"))

    def _refuses_zero(self, node: Node) -> bool:
        return node.input(1).type != "FLOAT32"

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        return reference.floor_mod(arrays[0], arrays[1])
