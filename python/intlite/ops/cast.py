"""CAST: stored values from one type to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..reference import cast as reference
from ..runtimes.policy import Policy
from .base import Op, Values, arity
from .operator_table import register

_TYPES: Final = (
    *("INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64"),
    *("FLOAT32", "FLOAT64", "BOOL"),
)


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

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        return [reference.cast(np.asarray(inputs[0]), node.outputs[0].dtype, policy.nan_is_zero)]
