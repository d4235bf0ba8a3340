"""Sums and products of two 8-bit operands that are rounded once, by vector code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import _native
from ..graph.types import Shape
from ..quantization import activation_range
from ..reference import elementwise as reference
from ..reference.elementwise import BinaryParameters
from ..reference.fixed_point import wrap_int32
from .base import KernelSpec, elements
from .lookup import broadcast_dimensions, has_rows


@dataclass(frozen=True, eq=False)
class ArithmeticSpec(KernelSpec):
    """csrc/kernels/elementwise.h."""

    left: Shape
    right: Shape
    parameters: BinaryParameters
    inputs: tuple[int, ...] = (0, 1)

    def arguments(self, isa: str) -> dict[str, Any]:
        p = self.parameters
        low, high = activation_range(p.activation, p.output, p.dtype, half_even=True)
        return {
            "left_size": elements(self.left),
            "right_size": elements(self.right),
            "dimensions": broadcast_dimensions(self.left, self.right),
            "is_unsigned": np.dtype(p.dtype) == np.uint8,
            "zero_point": int(p.output.zero_point[0]),
            "activation_min": low,
            "activation_max": high,
            "isa": isa,
        }

    def of_elements(self, size: int) -> ArithmeticSpec | None:
        return replace(self, left=(size,), right=(size,)) if self.left == self.right else None

    @property
    def is_batch_free(self) -> bool:
        return has_rows(self.left, self.right)

    @property
    def work(self) -> float:
        return float(elements(np.broadcast_shapes(self.left, self.right)))


@dataclass(frozen=True, eq=False)
class SumSpec(ArithmeticSpec):
    sign: int = 1

    def make(self, isa: str = "") -> _native.Kernel:
        p = self.parameters
        left, right, shift = reference.sum_factors(p, self.sign)
        zero_points = int(p.left.zero_point[0]) * left + int(p.right.zero_point[0]) * right
        bias = wrap_int32(np.int64((1 << (shift - 1)) - zero_points))
        return _native.add(
            left_factor=left,
            right_factor=right,
            shift=shift,
            bias=int(bias),
            **self.arguments(isa),
        )


@dataclass(frozen=True, eq=False)
class ProductSpec(ArithmeticSpec):
    def make(self, isa: str = "") -> _native.Kernel:
        p = self.parameters
        return _native.multiply(
            left_zero_point=int(p.left.zero_point[0]),
            right_zero_point=int(p.right.zero_point[0]),
            scale=reference.mul_factor(p, np.float32),
            **self.arguments(isa),
        )
