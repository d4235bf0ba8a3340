"""MUL: product of two quantized tensors, with a fused activation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from .._native import BinaryFunction, FixedBinaryKind
from ..graph.types import Node, Shape
from ..quantization import quantize_multiplier
from ..reference import elementwise as reference
from ..reference.broadcast import broadcast_runs
from ..runtimes.policy import Policy
from ..runtimes.rounding import Rounding
from .arithmetic import ProductSpec
from .base import EIGHT_BIT, INT16, Constants, KernelSpec, Values
from .binary import BinaryOp, Blocks, Formula, Int16BinaryOp, fixed_point_factors, parameters
from .fixed_binary import FixedNumbers
from .operator_table import Variant, table
from .plain import NUMBERS, elementwise, plain

LANES = {"INT8": 16, "UINT8": 8}


class Mul(BinaryOp):
    def hazards(self, node: Node) -> Iterator[str]:
        if not math.isfinite(reference.mul_factor(parameters(node), np.float32)):
            yield "left * right / output scale is not finite"

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.mul, p=parameters(node), policy=policy)

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        factor = reference.mul_factor(parameters(node), policy.factor_type)
        return FixedNumbers(FixedBinaryKind.PRODUCT, output=quantize_multiplier(factor))

    def factors(self, node: Node, policy: Policy) -> Constants:
        factor = reference.mul_factor(parameters(node), policy.factor_type)
        if policy.product == Rounding.FP32:
            return {"scale": factor}
        return fixed_point_factors(output=factor)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        if policy.product != Rounding.FP32:
            return super().kernel(node, shapes, values, policy)
        return ProductSpec(shapes[0], shapes[1], parameters(node))

    def blocks(self, node: Node, left: Shape, right: Shape, policy: Policy) -> Blocks | None:
        runs = broadcast_runs(left, right)
        if not policy.vector_blocks or runs is None:
            return None
        dtype = node.outputs[0].type
        saturates = dtype == "INT8" or not runs.repeats
        kinds = FixedBinaryKind.PRODUCT_WRAPPED, FixedBinaryKind.PRODUCT_SATURATED
        formula = partial(reference.mul_in_blocks, p=parameters(node), saturates=saturates)
        return Blocks(formula, runs.size, LANES[dtype], kinds[saturates])


class MulInt16(Int16BinaryOp, Mul):
    def blocks(self, node: Node, left: Shape, right: Shape, policy: Policy) -> Blocks | None:
        return None


table(
    "MUL",
    Variant(Mul, EIGHT_BIT),
    Variant(MulInt16, INT16),
    plain(Mul, elementwise(np.multiply), NUMBERS, required=2, binary=BinaryFunction.MUL),
)
