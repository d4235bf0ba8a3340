"""EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS and LESS_EQUAL of two quantized tensors."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._native import BinaryFunction, FixedBinaryKind
from ..graph.types import Node
from ..quantization import quantize_multiplier
from ..reference.elementwise import comparable
from ..runtimes.policy import Policy
from .base import EIGHT_BIT, quantization
from .binary import BinaryOp, Formula, Int16BinaryOp
from .fixed_binary import FixedNumbers
from .operator_table import Variant, int16, table
from .plain import NUMBERS, elementwise, plain


class _Comparison(BinaryOp):
    output_type = "BOOL"
    compare: ClassVar[Callable[[Any, Any], Any]]
    binary: ClassVar[BinaryFunction]

    def hazards(self, node: Node) -> Iterator[str]:
        for tensor in (node.input(0), node.input(1)):
            if quantize_multiplier(float(quantization(tensor).scale[0]))[1] > 0:
                yield (
                    f"the scale of {tensor!r} is 1 or more, where LiteRT compares wrongly "
                    "and TFLite Micro aborts"
                )

    def formula(self, node: Node, policy: Policy) -> Formula:
        left, right = quantization(node.input(0)), quantization(node.input(1))

        def compared(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
            compare = type(self).compare
            return np.asarray(compare(comparable(x, left), comparable(y, right)))

        return compared

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        left, right = (
            quantize_multiplier(float(quantization(t).scale[0]))
            for t in (node.input(0), node.input(1))
        )
        kind, negated, swapped = _KINDS[type(self).compare]
        if swapped:
            left, right = right, left
        return FixedNumbers(kind, left, right, negated=negated, swapped=swapped)


# Of each comparison: the one that it is made of, whether it denies that, of operands exchanged.
_KINDS: dict[Callable[[Any, Any], Any], tuple[FixedBinaryKind, bool, bool]] = {
    operator.eq: (FixedBinaryKind.EQUAL, False, False),
    operator.ne: (FixedBinaryKind.EQUAL, True, False),
    operator.lt: (FixedBinaryKind.LESS, False, False),
    operator.ge: (FixedBinaryKind.LESS, True, False),
    operator.gt: (FixedBinaryKind.LESS, False, True),
    operator.le: (FixedBinaryKind.LESS, True, True),
}


def _plain(quantized: type[_Comparison], *more: str) -> Variant:
    """On the numbers themselves, and on types of ``more``."""
    function = elementwise(quantized.compare)
    return plain(
        quantized, function, (*NUMBERS, *more), required=2, output="BOOL", binary=quantized.binary
    )


class Equal(_Comparison):
    compare = operator.eq
    binary = BinaryFunction.EQUAL


class NotEqual(_Comparison):
    compare = operator.ne
    binary = BinaryFunction.NOT_EQUAL


class _AsStored(Int16BinaryOp, _Comparison):
    """LiteRT orders int16 as stored, whatever the scales."""

    def formula(self, node: Node, policy: Policy) -> Formula:
        return type(self).compare

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        kind, negated, swapped = _KINDS[type(self).compare]
        return FixedNumbers(kind, negated=negated, swapped=swapped)


class Greater(_Comparison):
    compare = operator.gt
    binary = BinaryFunction.GREATER


class GreaterEqual(_Comparison):
    compare = operator.ge
    binary = BinaryFunction.GREATER_EQUAL


class Less(_Comparison):
    compare = operator.lt
    binary = BinaryFunction.LESS


class LessEqual(_Comparison):
    compare = operator.le
    binary = BinaryFunction.LESS_EQUAL


table("EQUAL", Variant(Equal, EIGHT_BIT), int16(Equal, Int16BinaryOp), _plain(Equal, "BOOL"))
table(
    "NOT_EQUAL",
    Variant(NotEqual, EIGHT_BIT),
    int16(NotEqual, Int16BinaryOp),
    _plain(NotEqual, "BOOL"),
)
table("GREATER", Variant(Greater, EIGHT_BIT), int16(Greater, _AsStored), _plain(Greater))
table(
    "GREATER_EQUAL",
    Variant(GreaterEqual, EIGHT_BIT),
    int16(GreaterEqual, _AsStored),
    _plain(GreaterEqual),
)
table("LESS", Variant(Less, EIGHT_BIT), int16(Less, _AsStored), _plain(Less))
table("LESS_EQUAL", Variant(LessEqual, EIGHT_BIT), int16(LessEqual, _AsStored), _plain(LessEqual))
