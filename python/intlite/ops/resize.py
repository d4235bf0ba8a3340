"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR of NHWC images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._native import BlendKind
from .._util.memory_limit import check_memory
from ..graph.types import Node, Shape
from ..reference import resize as reference
from ..reference.resize import Grid
from ..runtimes.policy import Policy
from ..runtimes.rounding import ResizeKind
from .base import QUANTIZED, KernelSpec, Op, Values, arity, elements, known, shape_error
from .element_copies import GatherSpec, element_numbers
from .movement import BYTES_PER_ELEMENT, Movement, vector
from .operator_table import register
from .plain_rows import PlainResizeSpec

_IMAGE_RANK: Final = 4


@dataclass(frozen=True, eq=False)
class ResizeSpec(KernelSpec):
    """csrc/kernels/resize.h, of int8, uint8 and int16.

    Attributes:
        shape: Of the input, NHWC.
        rows, columns: Where the outputs lie.
        dtype: The element type.
        kind: Which weights and rounding.
    """

    shape: Shape
    rows: Grid
    columns: Grid
    dtype: np.dtype[Any]
    kind: ResizeKind

    def make(self, isa: str = "") -> _native.Kernel:
        images, height, width, channels = self.shape
        return _native.resize_bilinear(
            images=images,
            input=(height, width),
            channels=channels,
            rows=self._axis(self.rows),
            columns=self._axis(self.columns),
            is_unsigned=self.dtype == np.uint8,
            is_int16=self.dtype == np.int16,
            kind=self.kind,
            isa=isa,
        )

    def _axis(self, grid: Grid) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        found = reference.sampling(grid, self.kind)
        weight = found.weight
        if self.kind == ResizeKind.HALF_UP:
            weight = reference.half_up_weights(weight)
        return (
            found.low.astype(np.int32),
            found.high.astype(np.int32),
            weight.astype(np.float32),
        )

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def work(self) -> float:
        return 4.0 * self.shape[0] * self.rows.wanted * self.columns.wanted * self.shape[3]


def _grids(node: Node, shape: Shape, values: Values) -> tuple[Grid, Grid]:
    """Rows and columns.

    Raises:
        ShapeError: It is no image, or the size is none.
    """
    if len(shape) != _IMAGE_RANK:
        raise shape_error(node, f"input of shape {list(shape)} is not NHWC")
    height, width = wanted = vector(node, values, 1, 2)
    if height < 1 or width < 1:
        raise shape_error(node, f"cannot resize to {wanted}")
    if 0 in shape[1:3]:
        raise shape_error(node, f"cannot resize {list(shape)}, which has no pixels")
    align = bool(getattr(node.options, "align_corners", False))
    half = bool(getattr(node.options, "half_pixel_centers", False))
    return Grid(shape[1], height, align, half), Grid(shape[2], width, align, half)


def _held_grids(node: Node, shape: Shape, values: Values) -> tuple[Grid, Grid]:
    """The same, to be sampled, if there is the memory."""
    grids = _grids(node, shape, values)
    if 0 not in shape:
        wanted = sum(grid.wanted for grid in grids)
        check_memory(BYTES_PER_ELEMENT * wanted, f"{node.label}: its plan")
    return grids


def _resized(node: Node, shape: Shape, values: Values) -> Shape:
    rows, columns = _grids(node, shape, values)
    return (shape[0], rows.wanted, columns.wanted, shape[3])


@register("RESIZE_NEAREST_NEIGHBOR")
class ResizeNearestNeighbor(Movement):
    operands: ClassVar[int] = 2
    types: ClassVar[Sequence[str]] = (
        *("INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32"),
        *("FLOAT32", "FLOAT16", "BOOL"),
    )
    indices: ClassVar[dict[int, Sequence[str]]] = {1: ("INT32",)}

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [_resized(node, shapes[0], values)]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        return [reference.resize_nearest(x, *_grids(node, x.shape, values))]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [wanted] = self.output_shapes(node, shapes, values)
        if elements(wanted) == 0:
            return super().kernel(node, shapes, values, policy)
        # Whole pixels move: numbering their channels too would take many times the memory.
        pixels, channels = (shapes[0][:3],), shapes[0][3]
        size = elements(pixels[0]) + elements(wanted[:3])
        check_memory(BYTES_PER_ELEMENT * size, f"{node.label}: its plan")
        [numbers] = element_numbers(pixels)
        source = reference.resize_nearest(numbers, *_grids(node, shapes[0], values))
        pixel = f"V{channels * node.input(0).dtype.itemsize}"
        return GatherSpec(pixels, (source,), pixel, b"", by_row=True)


_KINDS: Final = {
    ResizeKind.HALF_UP: BlendKind.ACROSS_FIRST,
    ResizeKind.FLOAT: BlendKind.ONE_BY_ONE,
    ResizeKind.FLOAT_WEIGHTS_ONCE: BlendKind.WEIGHTS_ONCE,
}


def _plain(shape: Shape, rows: Grid, columns: Grid, policy: Policy) -> PlainResizeSpec:
    kind = policy.resize_kind(np.float32)
    blend = _KINDS[kind]
    if policy.doubles_images and reference.doubles(rows, columns):
        blend = BlendKind.MEANS
    along = [reference.sampling(grid, kind) for grid in (rows, columns)]
    axes = [
        (s.low.astype(np.int32), s.high.astype(np.int32), s.weight.astype(np.float32))
        for s in along
    ]
    return PlainResizeSpec(shape, axes[0], axes[1], blend, policy.flushes_subnormals)


@register("RESIZE_BILINEAR")
class ResizeBilinear(Op):
    """Stored values are averaged as they are: the quantizations are not looked at."""

    types: ClassVar[Sequence[str]] = ("INT8", "UINT8", "INT16", "FLOAT32")

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2):
            yield from reasons
            return
        x, size, y = node.input(0), node.input(1), node.outputs[0]
        if x.type not in self.types or x.type != y.type:
            yield f"{x.type} to {y.type} is not supported"
        if size.type != "INT32":
            yield f"size of type {size.type} is not supported"
        if x.is_sparse:
            yield f"input {x!r} is sparse"
        o = node.options
        if o is not None and o.align_corners and o.half_pixel_centers:
            yield "both align_corners and half_pixel_centers are set"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [_resized(node, shapes[0], values)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        x = node.input(0)
        [wanted] = self.output_shapes(node, shapes, values)
        if x.type == "FLOAT32" and elements(wanted) != 0:
            return _plain(shapes[0], *_held_grids(node, shapes[0], values), policy)
        if x.type not in QUANTIZED or elements(wanted) == 0:
            return super().kernel(node, shapes, values, policy)
        return ResizeSpec(
            shapes[0], *_held_grids(node, shapes[0], values), x.dtype, policy.resize_kind(x.dtype)
        )

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = known(node, inputs, 0)
        grids = _held_grids(node, x.shape, inputs)
        with np.errstate(all="ignore"):  # float32 may overflow, as in C
            return [reference.resize_bilinear(x, *grids, policy)]
