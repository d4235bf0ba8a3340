"""SQUARED_DIFFERENCE of two int8 tensors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from ..graph.types import Node
from ..numerics import Arithmetic
from ..quantization import quantize_multiplier
from ..reference import elementwise
from .base import register
from .binary import BinaryOp, Formula, parameters


@register("SQUARED_DIFFERENCE")
class SquaredDifference(BinaryOp):
    types = ("INT8",)

    def hazards(self, node: Node) -> Iterator[str]:
        _, _, factor = elementwise.squared_difference_factors(parameters(node))
        if not math.isfinite(factor) or quantize_multiplier(factor)[1] > 0:
            yield (
                "the output's scale is 2**-12 of the greater input's squared or less, "
                "where LiteRT aborts"
            )

    def formula(self, node: Node, arithmetic: Arithmetic) -> Formula:
        return partial(elementwise.squared_difference, p=parameters(node), arithmetic=arithmetic)
