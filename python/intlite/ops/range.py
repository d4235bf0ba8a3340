"""RANGE, ONE_HOT and BROADCAST_ARGS: what computed shapes and indices are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..reference.range import range_size, range_values
from ..runtimes.policy import Policy
from .base import KernelSpec, Values, elements, known, shape_error
from .computation import Arrays, Computation
from .movement import INDEX, scalar
from .operator_table import register

_NUMBERS = (*INDEX, "FLOAT32")
_INT32_MAX = 2**31 - 1


@dataclass(frozen=True, eq=False)
class RangeSpec(KernelSpec):
    """csrc/kernels/plain/computed_shapes.h, Range."""

    size: int
    dtype: np.dtype[Any]
    inputs: tuple[int, ...] = (0, 2)

    def make(self) -> _native.Kernel:
        return _native.range(size=self.size, dtype=self.dtype)


@dataclass(frozen=True, eq=False)
class OneHotSpec(KernelSpec):
    """csrc/kernels/plain/places.h, OneHot."""

    outer: int
    depth: int
    inner: int
    index_bytes: int
    element_bytes: int
    inputs: tuple[int, ...] = (0, 2, 3)

    def make(self) -> _native.Kernel:
        return _native.one_hot(
            outer=self.outer,
            depth=self.depth,
            inner=self.inner,
            index_bytes=self.index_bytes,
            element_bytes=self.element_bytes,
        )

    @property
    def work(self) -> float:
        return float(self.outer * self.depth * self.inner)


@dataclass(frozen=True, eq=False)
class BroadcastArgsSpec(KernelSpec):
    """csrc/kernels/plain/computed_shapes.h, BroadcastShapes."""

    left: int
    right: int
    index_bytes: int
    refusal: str
    inputs: tuple[int, ...] = (0, 1)

    def make(self) -> _native.Kernel:
        return _native.broadcast_shapes(
            left=self.left, right=self.right, index_bytes=self.index_bytes, refusal=self.refusal
        )


@register("RANGE")
class Range(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = (_NUMBERS,) * 3
    like: ClassVar[dict[int, int]] = {1: 0, 2: 0}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if any(shapes):
            raise shape_error(node, f"{[list(shape) for shape in shapes]} are not all scalars")
        start, limit, delta = (known(node, values, i)[()] for i in range(3))
        size = range_size(start, limit, delta)
        if size is None or size > _INT32_MAX:
            raise shape_error(node, f"cannot go from {start} to {limit} by {delta}")
        return [(size,)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [(size,)] = self.output_shapes(node, shapes, values)
        return RangeSpec(size, node.input(0).dtype)

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        start, limit, delta = (x[()] for x in arrays)
        return range_values(start, delta, range_size(start, limit, delta) or 0)


@register("ONE_HOT")
class OneHot(Computation):
    """Two values, one of them where the index along a new axis is the one given."""

    _VALUES: ClassVar[Sequence[str]] = ("FLOAT32", "INT32", "INT64", "INT8", "UINT8", "BOOL")
    types: ClassVar[Sequence[Sequence[str]]] = (INDEX, ("INT32",), _VALUES, _VALUES)
    like: ClassVar[dict[int, int]] = {3: 2}
    output_like: ClassVar[int] = 2

    def refusals(self, node: Node) -> Iterator[str]:
        yield from super().refusals(node)
        if _one_hot_axis(node) < -1:
            yield f"axis {_one_hot_axis(node)} is not supported"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        for i in (2, 3):
            if elements(shapes[i]) != 1:
                raise shape_error(node, f"input {i} has shape {list(shapes[i])}, expected a scalar")
        indices, depth, axis = shapes[0], scalar(node, values, 1), _one_hot_axis(node)
        if depth < 0 or axis > len(indices):
            raise shape_error(node, f"cannot make {list(indices)} deeper by {depth} at axis {axis}")
        axis = len(indices) if axis == -1 else axis
        return [(*indices[:axis], depth, *indices[axis:])]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [shape] = self.output_shapes(node, shapes, values)
        axis = _one_hot_axis(node) % len(shape)
        sizes = elements(shape[:axis]), shape[axis], elements(shape[axis + 1 :])
        return OneHotSpec(*sizes, node.input(0).dtype.itemsize, node.input(2).dtype.itemsize)

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        indices, depth, on, off = arrays
        axis = _one_hot_axis(node)
        axis = indices.ndim if axis == -1 else axis
        shape = [1] * (indices.ndim + 1)
        shape[axis] = -1
        along = np.arange(int(depth.ravel()[0]), dtype=np.int32).reshape(shape)
        # The runtimes look at the low 32 bits.
        hot = np.expand_dims(indices.astype(np.int32), axis) == along
        return np.asarray(np.where(hot, on.ravel()[0], off.ravel()[0]))


def _one_hot_axis(node: Node) -> int:
    return int(getattr(node.options, "axis", 0))


@register("BROADCAST_ARGS")
class BroadcastArgs(Computation):
    """The shape that tensors of two shapes broadcast to."""

    types: ClassVar[Sequence[Sequence[str]]] = (INDEX, INDEX)
    like: ClassVar[dict[int, int]] = {1: 0}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if any(len(shape) != 1 for shape in shapes):
            raise shape_error(node, f"{[list(shape) for shape in shapes]} are not both vectors")
        length = max(shapes[0][0], shapes[1][0])
        if all(v is not None for v in values):
            a, b = (_padded(known(node, values, i), length) for i in range(2))
            if ((a != b) & (a != 1) & (b != 1)).any():
                raise shape_error(node, f"{a.tolist()} and {b.tolist()} do not broadcast")
        return [(length,)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        [left], [right] = shapes
        refusal = str(shape_error(node, "the shapes do not broadcast"))
        return BroadcastArgsSpec(left, right, node.input(0).dtype.itemsize, refusal)

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        length = max(x.size for x in arrays)
        a, b = (_padded(x, length) for x in arrays)
        return np.where(a == 1, b, a).astype(arrays[0].dtype)


def _padded(shape: NDArray[Any], length: int) -> NDArray[np.int32]:
    """With as many ones in front as it takes; the runtimes look at the low 32 bits."""
    return np.concatenate([np.ones(length - shape.size, np.int32), shape.astype(np.int32)])
