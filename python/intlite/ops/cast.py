"""CAST: stored values from one type to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..reference import cast as reference
from ..runtimes.policy import Policy
from .base import KernelSpec, Op, Values, arity, elements
from .operator_table import register

_TYPES: Final = (
    *("INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64"),
    *("FLOAT32", "FLOAT64", "BOOL"),
)


@dataclass(frozen=True, eq=False)
class CastSpec(KernelSpec):
    """csrc/kernels/plain/cast.h."""

    size: int
    dtype: np.dtype[Any]
    to: np.dtype[Any]
    nan_is_zero: bool

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.cast(
            size=self.size, dtype=self.dtype, to=self.to, nan_is_zero=self.nan_is_zero, isa=isa
        )

    @property
    def is_batch_free(self) -> bool:
        return True

    def of_elements(self, size: int) -> CastSpec:
        return replace(self, size=size)

    @property
    def work(self) -> float:
        return float(self.size)


@register("CAST")
class Cast(Op):
    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1):
            yield from reasons
            return
        x, y = node.input(0), node.outputs[0]
        if x.type not in _TYPES or y.type not in _TYPES:
            yield f"{x.type} to {y.type} is not supported"
        if x.is_sparse:
            yield f"input {x!r} is sparse"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [shapes[0]]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        types = node.input(0).dtype, node.outputs[0].dtype
        return CastSpec(elements(shapes[0]), *types, policy.nan_is_zero)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        return [reference.cast(np.asarray(inputs[0]), node.outputs[0].dtype, policy.nan_is_zero)]
