"""Sums, products, maxima, minima and means of integers and bool, over any axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _native
from ..graph.types import Shape
from .base import KernelSpec, elements


@dataclass(frozen=True, eq=False)
class IntegerReduceSpec(KernelSpec):
    """csrc/kernels/plain/reduce.h."""

    shape: Shape
    axes: tuple[int, ...]
    dtype: np.dtype[Any]
    reduction: _native.Reduction

    def make(self) -> _native.Kernel:
        return _native.integer_reduce(
            dimensions=[(d, a in self.axes) for a, d in enumerate(self.shape)],
            dtype=self.dtype,
            reduction=self.reduction,
        )

    @property
    def is_batch_free(self) -> bool:
        return len(self.shape) > 0 and 0 not in self.axes

    @property
    def work(self) -> float:
        return float(elements(self.shape))
