"""Kernels of two 8-bit operands in fixed point, which broadcast."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .. import _native
from .._native import FixedBinaryKind
from ..graph.types import Shape
from .base import KernelSpec, elements
from .lookup import broadcast_dimensions, has_rows

# Multiplier and shift.
Factor = tuple[int, int]


@dataclass(frozen=True)
class FixedNumbers:
    """What a formula multiplies by.

    Attributes:
        kind: The formula.
        left, right, output: Of the operands and the result.
        negated: The right operand of a sum, or what a comparison says.
        swapped: The operands are exchanged first.
    """

    kind: FixedBinaryKind
    left: Factor = (0, 0)
    right: Factor = (0, 0)
    output: Factor = (0, 0)
    negated: bool = False
    swapped: bool = False

    @property
    def order(self) -> tuple[int, int]:
        return (1, 0) if self.swapped else (0, 1)


@dataclass(frozen=True, eq=False)
class FixedBinarySpec(KernelSpec):
    """csrc/kernels/fixed_binary.h.

    Attributes:
        shapes, zero_points: Of the operator's operands.
        output: The zero point of the result, and its range.
        block: What whole blocks of ``lanes`` elements of each row are instead, where rows have
            others too; None: the same.
        inputs: Which of the operator's inputs the kernel's operands are.
    """

    shapes: tuple[Shape, Shape]
    zero_points: tuple[int, int]
    numbers: FixedNumbers
    is_unsigned: bool
    output: tuple[int, int, int]
    block: FixedBinaryKind | None = None
    lanes: int = 1
    inputs: tuple[int, ...] = (0, 1)

    def make(self, isa: str = "") -> _native.Kernel:
        n = self.numbers
        left, right = (self.shapes[i] for i in n.order)
        dimensions = broadcast_dimensions(left, right)
        zero_point, low, high = self.output
        left_zero_point, right_zero_point = (self.zero_points[i] for i in n.order)
        return _native.fixed_binary(
            left_size=elements(left),
            right_size=elements(right),
            dimensions=dimensions,
            is_unsigned=self.is_unsigned,
            block=n.kind if self.block is None else self.block,
            tail=n.kind,
            lanes=self.lanes,
            left_zero_point=left_zero_point,
            left=n.left,
            right_zero_point=right_zero_point,
            right=n.right,
            output=n.output,
            negated=n.negated,
            zero_point=zero_point,
            activation_min=low,
            activation_max=high,
            isa=isa,
        )

    def of_elements(self, size: int) -> FixedBinarySpec | None:
        if self.shapes[0] != self.shapes[1] or self.block is not None:
            return None
        return replace(self, shapes=((size,), (size,)))

    @property
    def is_batch_free(self) -> bool:
        return self.block is None and has_rows(*self.shapes)

    @property
    def work(self) -> float:
        return float(elements(np.broadcast_shapes(*self.shapes)))
