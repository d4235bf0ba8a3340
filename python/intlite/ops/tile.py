"""TILE, BROADCAST_TO, FILL and ZEROS_LIKE: the same values many times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from .base import Values, shape_error
from .movement import INDEX, Movement, known_shape, vector
from .operator_table import register


@register("TILE")
class Tile(Movement):
    operands: ClassVar[int] = 2
    indices: ClassVar[dict[int, Sequence[str]]] = {1: INDEX}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        times = _times(node, len(shapes[0]), values)
        return [tuple(d * n for d, n in zip(shapes[0], times, strict=True))]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        return [np.tile(x, _times(node, x.ndim, values))]


def _times(node: Node, rank: int, values: Values) -> list[int]:
    times = vector(node, values, 1, rank)
    if any(n < 0 for n in times):
        raise shape_error(node, f"cannot repeat {times} times")
    return times


@register("BROADCAST_TO")
class BroadcastTo(Movement):
    operands: ClassVar[int] = 2
    indices: ClassVar[dict[int, Sequence[str]]] = {1: INDEX}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        shape = known_shape(node, values, 1)
        given = (1,) * (len(shape) - len(shapes[0])) + shapes[0]
        fits = len(given) == len(shape) and all(
            d in (1, n) for d, n in zip(given, shape, strict=True)
        )
        if not fits:
            raise shape_error(node, f"cannot broadcast {list(shapes[0])} to {list(shape)}")
        return [shape]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return [np.broadcast_to(arrays[0], known_shape(node, values, 1))]


@register("FILL")
class Fill(Movement):
    operands: ClassVar[int] = 2
    indices: ClassVar[dict[int, Sequence[str]]] = {0: INDEX}
    same_quantization: ClassVar[bool] = True

    def moved(self, node: Node) -> tuple[int, ...]:
        return (1,)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if shapes[1] != ():
            raise shape_error(node, f"input 1 has shape {list(shapes[1])}, expected a scalar")
        return [known_shape(node, values, 0)]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return [np.broadcast_to(arrays[0], known_shape(node, values, 0))]


@register("ZEROS_LIKE")
class ZerosLike(Movement):
    types: ClassVar[Sequence[str]] = (*INDEX, "FLOAT32")

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [shapes[0]]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return [np.full_like(arrays[0], fill)]
