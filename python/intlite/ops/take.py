"""GATHER and GATHER_ND: elements that a tensor of indices names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..reference import movement as reference
from .base import QUANTIZED, Values, known, register, shape_error
from .movement import INDEX, POSITIONS, Movement, resolve_axis

TYPES = (*QUANTIZED, *INDEX, "FLOAT32", "FLOAT16", "BOOL")


@register("GATHER")
class Gather(Movement):
    operands: ClassVar[int] = 2
    types: ClassVar[Sequence[str]] = TYPES
    indices: ClassVar[dict[int, Sequence[str]]] = {1: POSITIONS}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        x, indices = shapes
        axis, batch = _axis_and_batch(node, x, indices)
        _check(node, values[1], x[axis])
        return [x[:axis] + indices[batch:] + x[axis + 1 :]]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x], indices = arrays, known(node, values, 1)
        axis, batch = _axis_and_batch(node, x.shape, indices.shape)
        return [reference.gather(x, indices, axis, batch)]


def _axis_and_batch(node: Node, x: Shape, indices: Shape) -> tuple[int, int]:
    axis = resolve_axis(node, int(getattr(node.options, "axis", 0)), len(x))
    batch = int(getattr(node.options, "batch_dims", 0))
    batch += len(indices) * (batch < 0)
    if not 0 <= batch <= min(axis, len(indices)) or x[:batch] != indices[:batch]:
        raise shape_error(
            node,
            f"cannot gather {list(indices)} from axis {axis} of {list(x)} "
            f"with {batch} batch dimensions",
        )
    return axis, batch


@register("GATHER_ND")
class GatherNd(Movement):
    operands: ClassVar[int] = 2
    types: ClassVar[Sequence[str]] = TYPES
    indices: ClassVar[dict[int, Sequence[str]]] = {1: POSITIONS}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        x, indices = shapes
        if not x or not indices or indices[-1] > len(x):
            raise shape_error(node, f"cannot gather {list(indices)} from {list(x)}")
        _check(node, values[1], np.array(x[: indices[-1]]))
        return [indices[:-1] + x[indices[-1] :]]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return [reference.gather_nd(arrays[0], known(node, values, 1))]


def _check(node: Node, indices: NDArray[Any] | None, sizes: int | NDArray[Any]) -> None:
    """Refuse indices outside of the dimensions, once they are known: none counts from the end."""
    if indices is not None and ((indices < 0) | (indices >= sizes)).any():
        raise shape_error(node, f"there are indices outside of {np.array(sizes).tolist()}")
