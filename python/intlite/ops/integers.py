"""Kernels of integers and bool element by element, by the functions that define them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from .._native import BinaryFunction, IntegerFunction, Kernel, integer_binary, integer_unary
from ..graph.types import Node, Shape
from ..reference import plain_functions
from .base import KernelSpec, elements, shape_error
from .lookup import broadcast_dimensions, has_rows

TYPES: Final = ("INT32", "INT64", "BOOL")
_UNARY: Final[dict[Callable[..., Any], IntegerFunction]] = {
    np.negative: IntegerFunction.NEGATE,
    np.abs: IntegerFunction.ABSOLUTE,
    np.sign: IntegerFunction.SIGN,
}
_BINARY: Final[dict[Callable[..., Any], BinaryFunction]] = {
    plain_functions.squared_difference: BinaryFunction.SQUARED_DIFFERENCE,
    plain_functions.power: BinaryFunction.POWER,
    operator.eq: BinaryFunction.EQUAL,
    operator.ne: BinaryFunction.NOT_EQUAL,
    operator.lt: BinaryFunction.LESS,
    operator.le: BinaryFunction.LESS_EQUAL,
    operator.gt: BinaryFunction.GREATER,
    operator.ge: BinaryFunction.GREATER_EQUAL,
}
# What the right operand must not have.
_REFUSALS: Final = {
    BinaryFunction.DIV: "integers are divided by 0",
    BinaryFunction.FLOOR_DIV: "cannot divide by 0",
    BinaryFunction.FLOOR_MOD: "cannot divide by 0",
    BinaryFunction.POWER: "integers are raised to negative powers",
    BinaryFunction.POWER_OF_ONE: "integers are raised to negative powers",
}


@dataclass(frozen=True, eq=False)
class IntegerUnarySpec(KernelSpec):
    """csrc/kernels/plain/elementwise.h, IntegerUnary."""

    size: int
    dtype: np.dtype[Any]
    function: IntegerFunction

    def make(self) -> Kernel:
        return integer_unary(size=self.size, dtype=self.dtype, function=self.function)

    def of_elements(self, size: int) -> IntegerUnarySpec:
        return replace(self, size=size)

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def work(self) -> float:
        return float(self.size)


@dataclass(frozen=True, eq=False)
class IntegerBinarySpec(KernelSpec):
    """csrc/kernels/plain/integer_binary.h.

    Attributes:
        left, right: Shapes of the operands, which broadcast against each other.
        dtype: The operands' type.
        function: What is computed of each pair.
        refusal: What is said of a right operand that there is no result for; "" where there is.
    """

    left: Shape
    right: Shape
    dtype: np.dtype[Any]
    function: BinaryFunction
    refusal: str = ""
    inputs: tuple[int, ...] = (0, 1)

    def make(self, isa: str = "") -> Kernel:
        return integer_binary(
            left_size=elements(self.left),
            right_size=elements(self.right),
            dimensions=broadcast_dimensions(self.left, self.right),
            function=self.function,
            dtype=self.dtype,
            refusal=self.refusal,
            isa=isa,
        )

    def of_elements(self, size: int) -> IntegerBinarySpec | None:
        if self.left != self.right or self.refusal:
            return None
        return replace(self, left=(size,), right=(size,))

    @property
    def is_batch_free(self) -> bool:
        return has_rows(self.left, self.right)

    @property
    def work(self) -> float:
        return float(elements(np.broadcast_shapes(self.left, self.right)))


def binary_spec(node: Node, shapes: Sequence[Shape], function: BinaryFunction) -> IntegerBinarySpec:
    """Of a node's two operands."""
    left, right = shapes
    refusal = str(shape_error(node, _REFUSALS[function])) if function in _REFUSALS else ""
    return IntegerBinarySpec(left, right, node.input(0).dtype, function, refusal)


def spec_of(
    node: Node,
    shapes: Sequence[Shape],
    function: Callable[..., Any],
    binary: BinaryFunction | None,
) -> KernelSpec | None:
    """The kernel of a function of elements of ``TYPES``, if there is one."""
    if (unary := _UNARY.get(function)) is not None:
        return IntegerUnarySpec(elements(shapes[0]), node.input(0).dtype, unary)
    binary = _BINARY.get(function) if binary is None else binary
    if binary is None:
        return None
    if binary is BinaryFunction.POWER and shapes[0] != shapes[1] and elements(shapes[1]) == 1:
        binary = BinaryFunction.POWER_OF_ONE
    return binary_spec(node, shapes, binary)
