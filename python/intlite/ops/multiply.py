"""MUL: product of two quantized tensors, with a fused activation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from ..graph.types import Node, Shape
from ..numerics import Arithmetic
from ..reference import elementwise as reference
from ..reference.broadcast import broadcast_runs
from .arithmetic import ProductSpec
from .base import QUANTIZED, Constants, KernelSpec, Values, register
from .binary import BinaryOp, Blocks, Formula, fixed_point_factors, parameters
from .plain import NUMBERS, elementwise, plain

LANES = {"INT8": 16, "UINT8": 8}


@register("MUL", plain(elementwise(np.multiply), NUMBERS, required=2))
class Mul(BinaryOp):
    types = QUANTIZED

    def hazards(self, node: Node) -> Iterator[str]:
        if not math.isfinite(reference.mul_factor(parameters(node), "builtin")):
            yield "left * right / output scale is not finite"

    def delegated(self, node: Node) -> bool:
        return 2.0**-16 <= reference.mul_factor(parameters(node), "xnnpack") < 2.0**8

    def formula(self, node: Node, arithmetic: Arithmetic) -> Formula:
        return partial(reference.mul, p=parameters(node), arithmetic=arithmetic)

    def factors(self, node: Node, arithmetic: Arithmetic) -> Constants:
        factor = reference.mul_factor(parameters(node), arithmetic)
        if arithmetic == "xnnpack":
            return {"scale": factor}
        return fixed_point_factors(output=factor)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, arithmetic: Arithmetic
    ) -> KernelSpec:
        if arithmetic != "xnnpack":
            return super().kernel(node, shapes, values, arithmetic)
        return ProductSpec(shapes[0], shapes[1], parameters(node))

    def blocks(
        self, node: Node, left: Shape, right: Shape, arithmetic: Arithmetic
    ) -> Blocks | None:
        runs = broadcast_runs(left, right)
        if arithmetic != "builtin" or runs is None or node.outputs[0].type == "INT16":
            return None
        dtype = node.outputs[0].type
        saturates = dtype == "INT8" or not runs.repeats
        formula = partial(reference.mul_in_blocks, p=parameters(node), saturates=saturates)
        return Blocks(formula, runs.size, LANES[dtype])
