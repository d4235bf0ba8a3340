"""SQUARED_DIFFERENCE of two int8 tensors, and of int16 ones as TFLite Micro has it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from .._native import BinaryFunction, FixedBinaryKind
from ..graph.types import Node
from ..quantization import quantize_multiplier
from ..reference import elementwise as reference
from ..reference import plain_functions
from ..runtimes.policy import Policy
from .base import INT8, INT16
from .binary import BinaryOp, Formula, Int16BinaryOp, parameters
from .fixed_binary import FixedNumbers
from .operator_table import Variant, table
from .plain import FLOAT_INT32, elementwise, plain


class SquaredDifference(BinaryOp):
    types = INT8

    def hazards(self, node: Node) -> Iterator[str]:
        _, _, factor = reference.squared_difference_factors(parameters(node))
        if not math.isfinite(factor) or quantize_multiplier(factor)[1] > 0:
            yield (
                "the output's scale is 2**-12 of the greater input's squared or less, "
                "where LiteRT aborts"
            )

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.squared_difference, p=parameters(node), policy=policy)

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        factors = reference.squared_difference_factors(parameters(node))
        left, right, out = map(quantize_multiplier, factors)
        return FixedNumbers(FixedBinaryKind.SQUARED_DIFFERENCE, left, right, out)


class SquaredDifferenceInt16(Int16BinaryOp, SquaredDifference):
    def hazards(self, node: Node) -> Iterator[str]:
        _, _, factor = reference.squared_difference_factors(parameters(node))
        if not math.isfinite(factor):
            yield "the output's scale is too small beside the inputs'"


table(
    "SQUARED_DIFFERENCE",
    Variant(SquaredDifference, INT8),
    Variant(SquaredDifferenceInt16, INT16),
    plain(
        SquaredDifference,
        elementwise(plain_functions.squared_difference),
        FLOAT_INT32,
        required=2,
        binary=BinaryFunction.SQUARED_DIFFERENCE,
    ),
)
