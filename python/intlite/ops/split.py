"""SPLIT, SPLIT_V and UNPACK: one input, several outputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from .base import QUANTIZED, Values, arity, shape_error
from .movement import INDEX, View, resolve_axis, scalar, vector
from .operator_table import register


class Parting(View):
    """As many outputs as ``count_option`` says."""

    types: ClassVar[Sequence[str]] = (*QUANTIZED, *INDEX, "FLOAT32")
    count_option: ClassVar[str] = "num_splits"

    def arity(self, node: Node) -> list[str]:
        return arity(node, self.operands, outputs=getattr(node.options, self.count_option, 1))

    def refusals(self, node: Node) -> Iterator[str]:
        yield from super().refusals(node)
        if not node.outputs:
            yield "has no outputs"

    @abstractmethod
    def parts(self, node: Node, shape: Shape, values: Values) -> tuple[int, list[int]]:
        """The axis, and the outputs' sizes along it."""

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        shape = shapes[self.moved(node)[0]]
        axis, sizes = self.parts(node, shape, values)
        return [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        axis, sizes = self.parts(node, x.shape, values)
        return np.split(x, np.cumsum(sizes)[:-1], axis)


@register("SPLIT")
class Split(Parting):
    operands: ClassVar[int] = 2
    indices: ClassVar[dict[int, Sequence[str]]] = {0: ("INT32",)}

    def moved(self, node: Node) -> tuple[int, ...]:
        return (1,)

    def parts(self, node: Node, shape: Shape, values: Values) -> tuple[int, list[int]]:
        axis, count = resolve_axis(node, scalar(node, values, 0), len(shape)), len(node.outputs)
        if shape[axis] % count:
            raise shape_error(node, f"cannot split {list(shape)} into {count} along axis {axis}")
        return axis, [shape[axis] // count] * count


@register("SPLIT_V")
class SplitV(Parting):
    operands: ClassVar[int] = 3
    indices: ClassVar[dict[int, Sequence[str]]] = {1: INDEX, 2: ("INT32",)}

    def parts(self, node: Node, shape: Shape, values: Values) -> tuple[int, list[int]]:
        axis = resolve_axis(node, scalar(node, values, 2), len(shape))
        sizes = vector(node, values, 1, len(node.outputs))
        if sizes.count(-1) == 1:
            sizes[sizes.index(-1)] = shape[axis] - sum(sizes) - 1
        if any(size < 0 for size in sizes) or sum(sizes) != shape[axis]:
            raise shape_error(node, f"cannot split {list(shape)} into {sizes} along axis {axis}")
        return axis, sizes


@register("UNPACK")
class Unpack(Parting):
    types: ClassVar[Sequence[str]] = (*QUANTIZED, "INT32", "FLOAT32", "FLOAT16", "BOOL")
    same_quantization: ClassVar[bool] = True
    count_option: ClassVar[str] = "num"

    def parts(self, node: Node, shape: Shape, values: Values) -> tuple[int, list[int]]:
        axis = resolve_axis(node, int(getattr(node.options, "axis", 0)), len(shape))
        if shape[axis] != len(node.outputs):
            outputs = len(node.outputs)
            raise shape_error(node, f"cannot unpack axis {axis} of {list(shape)} into {outputs}")
        return axis, [1] * len(node.outputs)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        axis, sizes = self.parts(node, shapes[0], values)
        return [(*shapes[0][:axis], *shapes[0][axis + 1 :])] * len(sizes)

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        axis, sizes = self.parts(node, x.shape, values)
        return [np.squeeze(y, axis) for y in np.split(x, len(sizes), axis)]
