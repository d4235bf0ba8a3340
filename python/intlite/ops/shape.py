"""SHAPE, RANK, SQUEEZE and EXPAND_DIMS: about shapes, whatever the values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import NUMPY_TYPES, Node, Shape
from ..runtimes.policy import Policy
from .base import KernelSpec, Op, Values, arity, elements, shape_error
from .movement import INDEX, Movement, resolve_axis, scalar
from .operator_table import register
from .reshape import CopySpec


@register("SHAPE")
class ShapeOf(Op):
    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1):
            yield from reasons
            return
        if node.outputs[0].type not in INDEX:
            yield f"output of type {node.outputs[0].type} is not supported"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [(len(shapes[0]),)]

    def outputs_of_shapes(self, node: Node, shapes: Sequence[Shape]) -> list[NDArray[Any]]:
        return [np.array(shapes[0], NUMPY_TYPES[node.outputs[0].type])]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        raise NotImplementedError("a value that is known wherever shapes are needs no kernel")

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        return self.outputs_of_shapes(node, [np.asarray(inputs[0]).shape])


@register("RANK")
class Rank(Op):
    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1):
            yield from reasons
            return
        if node.outputs[0].type != "INT32":
            yield f"output of type {node.outputs[0].type} is not supported"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [()]

    def outputs_of_shapes(self, node: Node, shapes: Sequence[Shape]) -> list[NDArray[Any]]:
        return [np.array(len(shapes[0]), np.int32)]

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        return self.outputs_of_shapes(node, [np.asarray(inputs[0]).shape])


class Renaming(Movement):
    """The same values under another shape."""

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        return CopySpec(elements(shapes[0]) * node.input(0).dtype.itemsize)

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        [shape] = self.output_shapes(node, [x.shape], values)
        return [x.reshape(shape)]


@register("SQUEEZE")
class Squeeze(Renaming):
    types: ClassVar[Sequence[str]] = tuple(NUMPY_TYPES)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        shape = shapes[0]
        dims = getattr(node.options, "squeeze_dims", None)
        if dims is None or not len(dims):
            return [tuple(d for d in shape if d != 1)]
        axes = {resolve_axis(node, int(axis), len(shape)) for axis in dims}
        if any(shape[axis] != 1 for axis in axes):
            raise shape_error(node, f"cannot squeeze dimensions {sorted(axes)} of {list(shape)}")
        return [tuple(d for axis, d in enumerate(shape) if axis not in axes)]


@register("EXPAND_DIMS")
class ExpandDims(Renaming):
    operands: ClassVar[int] = 2
    types: ClassVar[Sequence[str]] = tuple(NUMPY_TYPES)
    indices: ClassVar[dict[int, Sequence[str]]] = {1: INDEX}
    same_quantization: ClassVar[bool] = True

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        shape = shapes[0]
        axis = resolve_axis(node, scalar(node, values, 1), len(shape) + 1)
        return [(*shape[:axis], 1, *shape[axis:])]
