"""Boxes of elements that move as a whole, as strided copies.

Where an operator's outputs, or parts of them, are views of its inputs, numpy's strides
say all that there is to know: no element needs a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _native
from ..graph.types import Shape
from .base import Border, KernelSpec, elements

# A view of an input and one of an output, whose elements correspond.
Pair = tuple["NDArray[Any]", "NDArray[Any]"]


def stand_ins(shapes: Sequence[Shape]) -> list[NDArray[Any]]:
    """Arrays of bytes to take views of, of elements of one byte; their values mean nothing."""
    return [np.empty(shape, np.uint8) for shape in shapes]


@dataclass(frozen=True)
class Box:
    """Elements of one input that go to one output; positions and strides in elements."""

    input: int
    start: int
    output: int
    target: int
    shape: Shape
    input_strides: tuple[int, ...]
    output_strides: tuple[int, ...]


def boxes(
    pairs: Sequence[Pair], read: Sequence[NDArray[Any]], written: Sequence[NDArray[Any]]
) -> tuple[Box, ...] | None:
    """The pairs' boxes; None where one is no view of these arrays, or goes backwards."""
    found = []
    for source, target in pairs:
        if source.size == 0:
            continue
        places = [_place(source, read), _place(target, written)]
        if None in places or min((*source.strides, *target.strides), default=0) < 0:
            return None
        [(i, start), (o, to)] = [place for place in places if place is not None]
        found.append(Box(i, start, o, to, source.shape, source.strides, target.strides))
    return tuple(found)


def _place(view: NDArray[Any], arrays: Sequence[NDArray[Any]]) -> tuple[int, int] | None:
    """Which array it is a view of, and where it begins."""
    if np.isscalar(view):  # an element, which numpy copies
        return None
    for k, array in enumerate(arrays):
        start = view.ctypes.data - array.ctypes.data
        if 0 <= start < array.size and np.may_share_memory(view, array):
            return k, start
    return None


@dataclass(frozen=True, eq=False)
class BoxSpec(KernelSpec):
    """csrc/kernels/strided_copy.h.

    Attributes:
        shapes: Of the inputs that are read, in the order of ``inputs``.
        outputs: Of the outputs.
        boxes: What goes where; they do not overlap in the outputs.
        dtype: The element type.
        fill: The value where no box is.
        inputs: Which of the operator's inputs they are.
    """

    shapes: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    boxes: tuple[Box, ...]
    dtype: DTypeLike
    fill: Any = 0
    inputs: tuple[int, ...] = (0,)

    def make(self) -> _native.Kernel:
        dtype = np.dtype(self.dtype)
        n = dtype.itemsize

        def strides(box: Box) -> list[tuple[int, int, int]]:
            steps = zip(box.shape, box.input_strides, box.output_strides, strict=True)
            return [(size, a * n, b * n) for size, a, b in steps]

        covered = sum(elements(box.shape) for box in self.boxes)
        return _native.strided_copy(
            input_bytes=[elements(shape) * n for shape in self.shapes],
            output_bytes=[elements(shape) * n for shape in self.outputs],
            element_bytes=n,
            boxes=[(b.input, b.start * n, b.output, b.target * n, strides(b)) for b in self.boxes],
            fill=b"" if covered == self.work else np.array(self.fill, dtype).tobytes(),
        )

    @property
    def border(self) -> Border | None:
        whole = len(self.shapes) == len(self.outputs) == len(self.boxes) == 1
        if not whole or np.dtype(self.dtype).kind not in "iu":
            return None
        [shape], [output], [box] = self.shapes, self.outputs, self.boxes
        if box.shape != shape or len(shape) != 4 or shape[::3] != output[::3]:
            return None
        if (box.input_strides, box.output_strides) != (_contiguous(shape), _contiguous(output)):
            return None
        image, top, left, channel = np.unravel_index(box.target, output)
        if image or channel or box.start:
            return None
        return Border(shape, int(top), int(left), int(self.fill))

    @property
    def is_batch_free(self) -> bool:
        """Whether every box goes along the whole of each leading dimension."""
        return all(
            box.shape[:1] == self.shapes[box.input][:1] == self.outputs[box.output][:1] != ()
            and box.input_strides[0] == elements(self.shapes[box.input][1:])
            and box.output_strides[0] == elements(self.outputs[box.output][1:])
            for box in self.boxes
        )

    @property
    def work(self) -> float:
        return float(sum(elements(shape) for shape in self.outputs))


def _contiguous(shape: Shape) -> tuple[int, ...]:
    """Strides in C order, in elements."""
    return tuple(elements(shape[i + 1 :]) for i in range(len(shape)))
