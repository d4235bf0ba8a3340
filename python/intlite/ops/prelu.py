"""PRELU: negative values times a slope of their own, constant or not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

from .._native import BinaryFunction, FixedBinaryKind
from ..graph.types import Node, Shape
from ..quantization import quantize_multiplier
from ..reference import elementwise as reference
from ..runtimes.policy import Policy
from .base import EIGHT_BIT, Values, shape_error
from .binary import BinaryOp, Formula, parameters
from .fixed_binary import FixedNumbers
from .operator_table import Variant, table
from .plain import plain


class Prelu(BinaryOp):
    def hazards(self, node: Node) -> Iterator[str]:
        if not all(map(math.isfinite, reference.prelu_factors(parameters(node)))):
            yield "input * slope / output scale is not finite"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        [shape] = super().output_shapes(node, shapes, values)
        if shape != shapes[0]:
            raise shape_error(node, f"slopes {shapes[1]} do not broadcast to input {shapes[0]}")
        return [shape]

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.prelu, p=parameters(node), policy=policy)

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        positive, negative = map(quantize_multiplier, reference.prelu_factors(parameters(node)))
        return FixedNumbers(FixedBinaryKind.PRELU, positive, negative)


table(
    "PRELU",
    Variant(Prelu, EIGHT_BIT),
    plain(Prelu, required=2, binary=BinaryFunction.PRELU),
)
