"""Kernels of one float32 number, and which formula of them an operator has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node
from ..runtimes.policy import Policy
from .base import KernelSpec


@dataclass(frozen=True)
class Formula:
    """A function of csrc/simd/plain/unary.h and its parameters."""

    function: _native.UnaryFunction
    a: float = 0.0
    b: float = 0.0


BLOCK: Final = 4
# What is left of whole blocks is computed otherwise.
_IN_BLOCKS: Final = (
    _native.UnaryFunction.HARD_SWISH_SIXTH_FIRST,
    _native.UnaryFunction.LOGISTIC_BY_SQUARE,
    _native.UnaryFunction.PLAIN_GELU,
)
# Of a node, by what the policy says.
Choice = Callable[[Node, Policy], Formula]


def of_policy(name: str) -> Choice:
    """The policy's function of that name."""
    return lambda node, policy: Formula(getattr(policy.functions, name))


def always(function: _native.UnaryFunction, a: float = 0.0, b: float = 0.0) -> Choice:
    """This function, in all runtimes."""
    return lambda node, policy: Formula(function, a, b)


@dataclass(frozen=True, eq=False)
class WidenSpec(KernelSpec):
    """csrc/kernels/plain/unary.h, float16 to float32."""

    size: int

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.widen(size=self.size, isa=isa)

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def work(self) -> float:
        return float(self.size)


@dataclass(frozen=True, eq=False)
class PlainUnarySpec(KernelSpec):
    """csrc/kernels/plain/unary.h."""

    size: int
    formula: Formula
    flushes: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.plain_unary(
            size=self.size,
            function=self.formula.function,
            a=self.formula.a,
            b=self.formula.b,
            flushes=self.flushes,
            isa=isa,
        )

    def computed(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The definition: as plain C++ has it, a number after the other."""
        y = np.empty_like(x, order="C")
        replace(self, size=x.size).make("portable").run([np.ascontiguousarray(x)], [y])
        return y

    @property
    def _is_whole(self) -> bool:
        """Whether each element is computed as all others are."""
        return self.formula.function not in _IN_BLOCKS or self.size % BLOCK == 0

    def of_elements(self, size: int) -> PlainUnarySpec | None:
        alike = self._is_whole and (self.formula.function not in _IN_BLOCKS or size % BLOCK == 0)
        return replace(self, size=size) if alike else None

    @property
    def is_batch_free(self) -> bool:
        return self._is_whole

    @property
    def work(self) -> float:
        return float(self.size)
