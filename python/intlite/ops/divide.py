"""DIV: quotient of two tensors, with a fused activation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .._native import BinaryFunction, FixedBinaryKind
from ..graph.types import Node
from ..quantization import quantize_multiplier
from ..reference import division as reference
from ..reference import plain_functions
from ..runtimes.policy import Policy
from .base import EIGHT_BIT, INT16
from .binary import BinaryOp, Formula, Int16BinaryOp, parameters
from .fixed_binary import FixedNumbers
from .operator_table import Variant, table
from .plain import FLOAT_INT32, elementwise, plain


class Div(BinaryOp):
    """The runtimes fail when they meet a divisor of 0; here the quotient saturates."""

    def hazards(self, node: Node) -> Iterator[str]:
        factor = reference.factor(parameters(node))
        if not factor < 2.0**reference.MAX_SHIFT:
            yield f"left / (right * output scale) is {factor:g}, which the runtimes overflow on"

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.divide, p=parameters(node))


class DivInt16(Int16BinaryOp, Div):
    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        factor = quantize_multiplier(reference.factor(parameters(node)))
        return FixedNumbers(FixedBinaryKind.QUOTIENT, output=factor)


table(
    "DIV",
    Variant(Div, EIGHT_BIT),
    Variant(DivInt16, INT16),
    plain(
        Div, elementwise(plain_functions.divide), FLOAT_INT32, required=2, binary=BinaryFunction.DIV
    ),
)
