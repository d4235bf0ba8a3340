"""Kernels of two operands in fixed point, which broadcast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

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
        left, right = (self.zero_points[i] for i in self.numbers.order)
        return _native.fixed_binary(
            is_unsigned=self.is_unsigned,
            left_zero_point=left,
            right_zero_point=right,
            zero_point=self.output[0],
            **self._arguments(isa),
        )

    def _arguments(self, isa: str) -> dict[str, Any]:
        n = self.numbers
        left, right = (self.shapes[i] for i in n.order)
        return {
            "left_size": elements(left),
            "right_size": elements(right),
            "dimensions": broadcast_dimensions(left, right),
            "block": n.kind if self.block is None else self.block,
            "tail": n.kind,
            "lanes": self.lanes,
            "left": n.left,
            "right": n.right,
            "output": n.output,
            "negated": n.negated,
            "activation_min": self.output[1],
            "activation_max": self.output[2],
            "isa": isa,
        }

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


@dataclass(frozen=True, eq=False)
class FixedBinaryInt16Spec(FixedBinarySpec):
    """csrc/kernels/fixed_binary_int16.h: the same of int16, whose zero points are 0."""

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.fixed_binary_int16(**self._arguments(isa))
