"""SLICE, STRIDED_SLICE and REVERSE_V2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import QUANTIZED, KernelSpec, Values, elements, shape_error
from .movement import INDEX, Movement, View, resolve_axis, vector
from .operator_table import register


@dataclass(frozen=True, eq=False)
class SliceSpec(KernelSpec):
    """csrc/kernels/slice.h: of known sizes, from where a run says."""

    shape: Shape
    sizes: Shape
    element_bytes: int
    index_bytes: int
    refusal: str
    inputs: tuple[int, ...] = (0, 1)

    def make(self) -> _native.Kernel:
        return _native.slice(
            shape=self.shape,
            sizes=self.sizes,
            element_bytes=self.element_bytes,
            index_bytes=self.index_bytes,
            refusal=self.refusal,
        )

    @property
    def work(self) -> float:
        return float(elements(self.sizes))


@register("SLICE")
class Slice(View):
    operands: ClassVar[int] = 3
    indices: ClassVar[dict[int, Sequence[str]]] = {1: INDEX, 2: INDEX}

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        if values[1] is not None:
            return super().kernel(node, shapes, values, policy)
        [sizes] = self.output_shapes(node, shapes, values)
        refusal = str(shape_error(node, f"cannot slice {list(shapes[0])} by {list(sizes)} there"))
        bytes_of = node.input(0).dtype.itemsize, node.input(1).dtype.itemsize
        return SliceSpec(shapes[0], sizes, *bytes_of, refusal)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if values[1] is None and values[2] is not None and shapes[0]:
            sizes = vector(node, values, 2, len(shapes[0]))
            if shapes[1] == (len(sizes),) and -1 not in sizes:
                if not all(0 <= n <= d for n, d in zip(sizes, shapes[0], strict=True)):
                    raise shape_error(node, f"cannot slice {list(shapes[0])} by {sizes}")
                return [tuple(sizes)]
        return [tuple(stop - start for start, stop in _ranges(node, shapes[0], values))]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        return [x[tuple(slice(*r) for r in _ranges(node, x.shape, values))]]


def _ranges(node: Node, shape: Shape, values: Values) -> list[tuple[int, int]]:
    """Where SLICE starts and stops in each dimension; a size of -1 goes to the end."""
    starts = vector(node, values, 1, len(shape))
    sizes = vector(node, values, 2, len(shape))
    ranges = []
    for d, start, size in zip(shape, starts, sizes, strict=True):
        stop = d if size == -1 else start + size
        if not 0 <= start <= stop <= d:
            raise shape_error(node, f"cannot slice {list(shape)} from {starts} by {sizes}")
        ranges.append((start, stop))
    return ranges


@dataclass(frozen=True)
class _Selection:
    """What STRIDED_SLICE takes of one dimension of the input, 1 where it adds one.

    ``shrinks``: the dimension goes.
    """

    size: int
    indices: range
    shrinks: bool = False


@register("STRIDED_SLICE")
class StridedSlice(View):
    operands: ClassVar[int] = 4
    indices: ClassVar[dict[int, Sequence[str]]] = {1: ("INT32",), 2: ("INT32",), 3: ("INT32",)}

    def refusals(self, node: Node) -> Iterator[str]:
        yield from super().refusals(node)
        if node.options is None:
            yield "has no options"
        elif node.options.offset:
            yield "ends relative to begins are not supported"
        elif node.options.ellipsis_mask.bit_count() > 1:
            yield f"ellipsis_mask {node.options.ellipsis_mask:#b} has more than one ellipsis"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        found = _selections(node, shapes[0], values)
        return [tuple(len(s.indices) for s in found if not s.shrinks)]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        found = _selections(node, x.shape, values)
        y = x.reshape([s.size for s in found])
        y = y[tuple(_slice(s.indices) for s in found)]
        return [np.squeeze(y, tuple(axis for axis, s in enumerate(found) if s.shrinks))]


def _slice(indices: range) -> slice:
    if len(indices) == 0:
        return slice(0, 0)
    # Stopping before the first would be counted from the end.
    stop = None if indices.stop < 0 else indices.stop
    return slice(indices.start, stop, indices.step)


def _selections(node: Node, shape: Shape, values: Values) -> list[_Selection]:
    """One for each dimension of the input and each that is added, as LiteRT reads the masks."""
    begins = vector(node, values, 1)
    ends, strides = vector(node, values, 2, len(begins)), vector(node, values, 3, len(begins))
    options, count = node.options, len(begins)
    positions = [1 << i for i in range(count)]
    added = sum(
        bool(options.new_axis_mask & bit and not options.ellipsis_mask & bit) for bit in positions
    )
    full = [_Selection(d, range(d)) for d in shape]
    found: list[_Selection] = []
    taken = 0  # dimensions of the input
    for i, bit in enumerate(positions):
        if options.ellipsis_mask & bit:
            # It covers one dimension even where none is left to it.
            covered = max(1, len(shape) - (count - 1 - added))
            found += full[taken : taken + covered]
            taken += covered
        elif options.new_axis_mask & bit:
            found.append(_Selection(1, range(1)))
        elif taken >= len(shape):
            raise shape_error(node, f"has more than {len(shape)} indices of {list(shape)}")
        else:
            begin = None if options.begin_mask & bit else begins[i]
            end = None if options.end_mask & bit else ends[i]
            shrinks = bool(options.shrink_axis_mask & bit)
            found.append(_selection(node, shape[taken], begin, end, strides[i], shrinks))
            taken += 1
    return found + full[taken:]


def _selection(
    node: Node, size: int, begin: int | None, end: int | None, stride: int, shrinks: bool
) -> _Selection:
    if stride == 0 or stride == -(2**31) or (shrinks and stride < 0):
        raise shape_error(node, f"cannot take strides of {stride}")
    if shrinks:
        index = 0 if begin is None else begin + size * (begin < 0)
        if index >= size or size == 0:
            raise shape_error(node, f"index {begin} of a dimension of {size}")
        start = max(0, index)  # LiteRT takes the first where TensorFlow refuses
        return _Selection(size, range(start, start + 1), shrinks=True)
    return _Selection(size, range(*slice(begin, end, stride).indices(size)))


@register("REVERSE_V2")
class Reverse(Movement):
    operands: ClassVar[int] = 2
    types: ClassVar[Sequence[str]] = (*QUANTIZED, *INDEX, "FLOAT32", "FLOAT16", "BOOL")
    indices: ClassVar[dict[int, Sequence[str]]] = {1: ("INT32",)}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        _axes(node, len(shapes[0]), values)
        return [shapes[0]]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        return [np.flip(x, tuple(_axes(node, x.ndim, values)))]


def _axes(node: Node, rank: int, values: Values) -> list[int]:
    """Neighbouring axes, each once: LiteRT takes no others."""
    axes = sorted(resolve_axis(node, axis, rank) for axis in vector(node, values, 1))
    if any(axis != axes[0] + k for k, axis in enumerate(axes)):
        raise shape_error(node, f"cannot reverse axes {axes}: they are no neighbours")
    return axes
