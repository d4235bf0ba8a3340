"""SQRT, RSQRT and NEG: tables of int8 and int16, and plain numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from ..graph.types import Node
from ..reference import functions
from ..reference import rsqrt as reference
from ..runtimes.policy import Policy
from .base import INT8, INT16
from .operator_table import Variant, int16, table
from .plain import NUMBERS, elementwise, plain
from .plain_unary_kernel import of_policy
from .unary import Formula, Int16UnaryOp, UnaryOp, parameters


class Sqrt(UnaryOp):
    """The runtimes fail when they meet a value below zero; here it counts as zero."""

    types = INT8

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(functions.sqrt, p=parameters(node))


class Rsqrt(UnaryOp):
    """The runtimes fail when they meet a value below zero; here it gives the greatest result."""

    types = INT8

    def hazards(self, node: Node) -> Iterator[str]:
        if not math.isfinite(reference.output_factor(parameters(node), np.float32)):
            yield "1 / (sqrt(input scale) * output scale) is not finite"

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.rsqrt, p=parameters(node), real=policy.factor_type)


class RsqrtInt16(Int16UnaryOp, Rsqrt):
    def formula(self, node: Node, policy: Policy) -> Formula:
        if policy.rsqrt_int16_by_table:
            return partial(reference.rsqrt_by_table, p=parameters(node))
        return super().formula(node, policy)


class Neg(UnaryOp):
    """Of stored values, whatever their zero points, as LiteRT has it: -128 remains."""

    types = INT8
    is_quantized = False

    def formula(self, node: Node, policy: Policy) -> Formula:
        return lambda x: np.asarray(np.negative(x))


table("SQRT", Variant(Sqrt, INT8), int16(Sqrt, Int16UnaryOp), plain(Sqrt, unary=of_policy("sqrt")))
table(
    "RSQRT",
    Variant(Rsqrt, INT8),
    Variant(RsqrtInt16, INT16),
    plain(Rsqrt, unary=of_policy("rsqrt")),
)
table(
    "NEG",
    Variant(Neg, INT8),
    int16(Neg, Int16UnaryOp),
    plain(Neg, elementwise(np.negative), NUMBERS, unary=of_policy("negate")),
)
