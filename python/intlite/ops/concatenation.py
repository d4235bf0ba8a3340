"""CONCATENATION and PACK: several inputs, one behind the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from .base import EIGHT_BIT, Values, arity, fused_activation, register, shape_error
from .movement import QUANTIZED, Movement, is_quantized_alike, resolve_axis


class Joining(Movement):
    """Any number of inputs, along an axis that the options name."""

    def arity(self, node: Node) -> list[str]:
        return arity(node, max(1, len(node.inputs)))

    def moved(self, node: Node) -> tuple[int, ...]:
        return tuple(range(len(node.inputs)))


def _axis(node: Node) -> int:
    return int(getattr(node.options, "axis", 0))


@register("CONCATENATION")
class Concatenation(Joining):
    types: ClassVar[Sequence[str]] = (
        *QUANTIZED,
        *("INT32", "INT64", "UINT32", "FLOAT32", "FLOAT16", "BOOL"),
    )

    def refusals(self, node: Node) -> Iterator[str]:
        yield from super().refusals(node)
        if fused_activation(node) != "NONE":
            yield f"fused activation {fused_activation(node)} is not supported"
        # LiteRT rescales uint8, refuses int8, and copies int16 as it is.
        for y in node.outputs:
            for x in node.inputs:
                if x is not None and y.type in EIGHT_BIT and not is_quantized_alike(x, y):
                    yield f"{x!r} and {y!r} are quantized differently"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        first = shapes[0]
        axis = resolve_axis(node, _axis(node), len(first))
        others = {(*shape[:axis], 0, *shape[axis + 1 :]) for shape in shapes}
        if len(others) != 1 or any(len(shape) != len(first) for shape in shapes):
            listed = ", ".join(str(list(shape)) for shape in shapes)
            raise shape_error(node, f"cannot join {listed} along axis {axis}")
        return [(*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return [np.concatenate(arrays, _axis(node))]


@register("PACK")
class Pack(Joining):
    types: ClassVar[Sequence[str]] = (*QUANTIZED, "INT32", "INT64", "UINT32", "FLOAT32")
    same_quantization: ClassVar[bool] = True

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        first = shapes[0]
        if any(shape != first for shape in shapes):
            listed = ", ".join(str(list(shape)) for shape in shapes)
            raise shape_error(node, f"cannot stack {listed}")
        axis = resolve_axis(node, _axis(node), len(first) + 1)
        return [(*first[:axis], len(shapes), *first[axis:])]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return [np.stack(arrays, _axis(node))]
