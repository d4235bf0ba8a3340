"""Kernels of two operands of plain numbers, which broadcast."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Shape
from .base import KernelSpec, elements
from .lookup import broadcast_dimensions, has_rows


@dataclass(frozen=True, eq=False)
class PlainBinarySpec(KernelSpec):
    """csrc/kernels/plain/binary.h.

    Attributes:
        left, right: Shapes of the operands, which broadcast against each other.
        function: What is computed of each pair.
        dtype: The operands' type.
        low, high: Bounds of the result, of floats.
        flushes: Subnormal numbers are 0.
        refusal: What is said of a right operand that is 0; "" where there is a result.
    """

    left: Shape
    right: Shape
    function: _native.BinaryFunction
    dtype: np.dtype[Any]
    low: float = -math.inf
    high: float = math.inf
    flushes: bool = False
    refusal: str = ""
    inputs: tuple[int, ...] = (0, 1)

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.plain_binary(
            left_size=elements(self.left),
            right_size=elements(self.right),
            dimensions=broadcast_dimensions(self.left, self.right),
            function=self.function,
            dtype=self.dtype,
            low=self.low,
            high=self.high,
            flushes=self.flushes,
            refusal=self.refusal,
            isa=isa,
        )

    def computed(self, left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
        """The definition, where that is the C library's: a pair of numbers after the other."""
        y = np.empty(np.broadcast_shapes(left.shape, right.shape), self.dtype)
        operands = [np.ascontiguousarray(left), np.ascontiguousarray(right)]
        self.make("portable").run(operands, [y])
        return y

    def of_elements(self, size: int) -> PlainBinarySpec | None:
        if self.left != self.right or self.refusal:
            return None
        return replace(self, left=(size,), right=(size,))

    @property
    def is_batch_free(self) -> bool:
        return has_rows(self.left, self.right)

    @property
    def work(self) -> float:
        return float(elements(np.broadcast_shapes(self.left, self.right)))
