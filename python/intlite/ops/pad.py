"""PAD, PADV2 and MIRROR_PAD: more elements around those there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..reference import movement as reference
from .base import Values, elements, shape_error
from .movement import INDEX, Movement, pairs
from .operator_table import register
from .strided_boxes import Pair

TYPES = ("INT8", "UINT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT16", "BOOL")
REFLECT = 0


@register("PAD")
class Pad(Movement):
    operands: ClassVar[int] = 2
    types: ClassVar[Sequence[str]] = TYPES
    fills: ClassVar[bool] = True
    indices: ClassVar[dict[int, Sequence[str]]] = {1: ("INT8", "INT16", *INDEX)}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        widths = pairs(node, values, 1, len(shapes[0]))
        return [tuple(d + sum(w) for d, w in zip(shapes[0], widths, strict=True))]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        x = arrays[0]
        return [reference.pad(x, pairs(node, values, 1, x.ndim), fill)]

    def pairs(
        self,
        node: Node,
        read: list[NDArray[Any]],
        written: list[NDArray[Any]],
        values: Values,
    ) -> Sequence[Pair] | None:
        [x], [y] = read, written
        inside = zip(pairs(node, values, 1, x.ndim), x.shape, strict=True)
        return [(x, y[tuple(slice(before, before + d) for (before, _), d in inside)])]


@register("PADV2")
class PadV2(Pad):
    """The value to pad with is an element like others: it need not be known."""

    operands: ClassVar[int] = 3
    fills: ClassVar[bool] = False

    def moved(self, node: Node) -> tuple[int, ...]:
        return (0, 2)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if len(shapes) > 2 and elements(shapes[2]) != 1:
            raise shape_error(node, f"input 2 has shape {list(shapes[2])}, expected one element")
        return super().output_shapes(node, shapes, values)

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return super().move(node, arrays, values, arrays[1].ravel()[0])

    def pairs(
        self,
        node: Node,
        read: list[NDArray[Any]],
        written: list[NDArray[Any]],
        values: Values,
    ) -> Sequence[Pair] | None:
        return None


@register("MIRROR_PAD")
class MirrorPad(Movement):
    operands: ClassVar[int] = 2
    indices: ClassVar[dict[int, Sequence[str]]] = {1: INDEX}
    same_quantization: ClassVar[bool] = True

    def refusals(self, node: Node) -> Iterator[str]:
        yield from super().refusals(node)
        if node.options is None or node.options.mode not in (0, 1):
            yield "has no mode that is REFLECT or SYMMETRIC"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        widths = pairs(node, values, 1, len(shapes[0]))
        offset = int(node.options.mode == REFLECT)
        if any(max(w) > d - offset for d, w in zip(shapes[0], widths, strict=True)):
            raise shape_error(node, f"cannot mirror {list(shapes[0])} by {widths}")
        return [tuple(d + sum(w) for d, w in zip(shapes[0], widths, strict=True))]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        widths = pairs(node, values, 1, x.ndim)
        return [reference.mirror_pad(x, widths, node.options.mode == REFLECT)]
