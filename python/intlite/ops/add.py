"""ADD and SUB: sum and difference of two quantized tensors, with a fused activation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar

import numpy as np

from .._native import BinaryFunction, FixedBinaryKind
from ..graph.types import Node, Shape
from ..quantization import quantize_multiplier
from ..reference import elementwise as reference
from ..reference.broadcast import broadcast_runs
from ..runtimes.policy import Policy
from .arithmetic import SumSpec
from .base import EIGHT_BIT, INT16, Constants, KernelSpec, Values, elements
from .binary import BinaryOp, Blocks, Formula, Int16BinaryOp, fixed_point_factors, parameters
from .fixed_binary import FixedNumbers
from .operator_table import Variant, int16, table
from .plain import NUMBERS, elementwise, plain

MERGED_LANES, FLOOR_LANES = 16, 8
# Of the bits of an int16.
MAX_SHIFT = 15


class _AddOrSub(BinaryOp):
    sign: ClassVar[int]

    def hazards(self, node: Node) -> Iterator[str]:
        p = parameters(node)
        _, _, factor = reference.add_factors(p)
        if quantize_multiplier(factor)[1] > 0:
            yield (
                f"the output's scale is 2**{1 - reference.add_left_shift(p)} of the greater "
                "input's or less, where the runtimes abort"
            )

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.add, p=parameters(node), policy=policy, sign=self.sign)

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        left, right, out = map(quantize_multiplier, reference.add_factors(parameters(node)))
        return FixedNumbers(FixedBinaryKind.SUM, left, right, out, negated=self.sign < 0)

    def factors(self, node: Node, policy: Policy) -> Constants:
        p = parameters(node)
        if policy.sum_rounds_once:
            left, right, shift = reference.sum_factors(p, self.sign)
            return {"left_factor": left, "right_factor": right, "shift": shift}
        factors = dict(zip(("left", "right", "output"), reference.add_factors(p), strict=True))
        headroom = {"left_shift_of_operands": reference.add_left_shift(p)}
        return headroom | fixed_point_factors(**factors)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        if not policy.sum_rounds_once:
            return super().kernel(node, shapes, values, policy)
        return SumSpec(shapes[0], shapes[1], parameters(node), sign=self.sign)


class Add(_AddOrSub):
    sign = 1

    def blocks(self, node: Node, left: Shape, right: Shape, policy: Policy) -> Blocks | None:
        if not policy.vector_blocks:
            return None
        runs = broadcast_runs(left, right)
        if runs is None:
            return None
        merged = node.outputs[0].type == "INT8" and not runs.repeats
        formula = partial(reference.add_in_blocks, p=parameters(node), merged=merged)
        if merged:
            return Blocks(formula, runs.size, MERGED_LANES, FixedBinaryKind.SUM_MERGED)
        return Blocks(formula, runs.size, FLOOR_LANES, FixedBinaryKind.SUM_FLOOR)


class Sub(_AddOrSub):
    sign = -1


class _Int16(Int16BinaryOp, _AddOrSub):
    def hazards(self, node: Node) -> Iterator[str]:
        yield from super().hazards(node)
        shifts = _shifts(node)
        if shifts is not None and max(shifts) > MAX_SHIFT:
            yield (
                f"an operand's scale is 2**{-1 - MAX_SHIFT} of the output's or less, "
                "which LiteRT shifts wrongly"
            )

    def formula(self, node: Node, policy: Policy) -> Formula:
        p, shifts = parameters(node), _shifts(node)
        if shifts is not None and policy.shifts_powers_of_two:
            return partial(reference.add_powers_of_two, p=p, shifts=shifts, sign=self.sign)
        return super().formula(node, policy)

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers:
        shifts = _shifts(node)
        if shifts is None or not policy.shifts_powers_of_two:
            return super().numbers(node, policy)
        # As if rescaled: what the operands are moved to the left by is part of their shifts.
        left, right = ((2**30, 1 - reference.ADD_LEFT_SHIFT_INT16 - shift) for shift in shifts)
        return FixedNumbers(FixedBinaryKind.SUM, left, right, (2**30, 1), negated=self.sign < 0)


class AddInt16(_Int16, Add):
    def blocks(self, node: Node, left: Shape, right: Shape, policy: Policy) -> Blocks | None:
        """The vector code: only where nothing broadcasts."""
        rank = max(len(left), len(right))
        padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in (left, right)]
        if not policy.vector_blocks or padded[0] != padded[1] or _shifts(node) is not None:
            return None
        formula = partial(reference.add_in_blocks, p=parameters(node), merged=True)
        return Blocks(formula, elements(left), MERGED_LANES, FixedBinaryKind.SUM_MERGED)


def _shifts(node: Node) -> tuple[int, int] | None:
    """Of operands whose scales are powers of two; only LiteRT looks at that."""
    if not getattr(node.options, "pot_scale_int16", False):
        return None
    return reference.power_of_two_shifts(parameters(node))


table(
    "ADD",
    Variant(Add, EIGHT_BIT),
    Variant(AddInt16, INT16),
    plain(Add, elementwise(np.add), NUMBERS, required=2, binary=BinaryFunction.ADD),
)
table(
    "SUB",
    Variant(Sub, EIGHT_BIT),
    int16(Sub, _Int16),
    plain(Sub, elementwise(np.subtract), NUMBERS, required=2, binary=BinaryFunction.SUB),
)
