"""DIV: quotient of two tensors, with a fused activation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .._native import BinaryFunction
from ..graph.types import Node
from ..reference import division as reference
from ..reference import plain_functions
from ..runtimes.policy import Policy
from .base import EIGHT_BIT
from .binary import BinaryOp, Formula, Int16BinaryOp, parameters
from .operator_table import Variant, int16, table
from .plain import FLOAT_INT32, elementwise, plain


class Div(BinaryOp):
    """The runtimes fail when they meet a divisor of 0; here the quotient saturates."""

    def hazards(self, node: Node) -> Iterator[str]:
        factor = reference.factor(parameters(node))
        if not factor < 2.0**reference.MAX_SHIFT:
            yield f"left / (right * output scale) is {factor:g}, which the runtimes overflow on"

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.divide, p=parameters(node))


table(
    "DIV",
    Variant(Div, EIGHT_BIT),
    int16(Div, Int16BinaryOp),
    plain(
        Div, elementwise(plain_functions.divide), FLOAT_INT32, required=2, binary=BinaryFunction.DIV
    ),
)
