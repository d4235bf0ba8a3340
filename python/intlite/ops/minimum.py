"""MINIMUM and MAXIMUM of stored values: the runtimes do not look at quantizations."""

from __future__ import annotations

import numpy as np

from .._native import BinaryFunction, FixedBinaryKind
from ..graph.types import Node
from ..reference import plain_functions
from ..runtimes.policy import Policy
from .base import EIGHT_BIT
from .binary import BinaryOp, Formula, Int16BinaryOp
from .fixed_binary import FixedNumbers
from .operator_table import Variant, int16, table
from .plain import NUMBERS, elementwise, plain


class _Selection(BinaryOp):
    is_quantized = False


class Minimum(_Selection):
    def formula(self, node: Node, policy: Policy) -> Formula:
        return lambda x, y: np.asarray(np.minimum(x, y))

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        return FixedNumbers(FixedBinaryKind.MINIMUM)


class Maximum(_Selection):
    def formula(self, node: Node, policy: Policy) -> Formula:
        return lambda x, y: np.asarray(np.maximum(x, y))

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        return FixedNumbers(FixedBinaryKind.MAXIMUM)


table(
    "MINIMUM",
    Variant(Minimum, EIGHT_BIT),
    int16(Minimum, Int16BinaryOp),
    plain(
        Minimum,
        elementwise(plain_functions.lesser),
        NUMBERS,
        required=2,
        binary=BinaryFunction.MINIMUM,
    ),
)
table(
    "MAXIMUM",
    Variant(Maximum, EIGHT_BIT),
    int16(Maximum, Int16BinaryOp),
    plain(
        Maximum,
        elementwise(plain_functions.greater),
        NUMBERS,
        required=2,
        binary=BinaryFunction.MAXIMUM,
    ),
)
