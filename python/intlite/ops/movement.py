"""What the operators share that only move stored values."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._util.memory_limit import check_memory
from ..graph.types import NUMPY_TYPES, Node, Shape, Tensor
from ..quantization import type_range
from ..runtimes.policy import Policy
from .base import QUANTIZED, KernelSpec, Op, Values, arity, elements, known, shape_error
from .element_copies import FILL, GatherSpec, element_numbers
from .strided_boxes import BoxSpec, Pair, boxes, stand_ins

# Where LiteRT only asks how many bits an element has.
ANY = tuple(name for name in NUMPY_TYPES if name != "COMPLEX128")
INDEX = ("INT32", "INT64")
POSITIONS = ("INT16", *INDEX)
# What planning takes of an element's memory: its number, and what runs are found by.
BYTES_PER_ELEMENT = 40


class Movement(Op):
    """An operator whose outputs are elements of its inputs, or one value that fills.

    ``move`` says it once: the reference calls it on values, and the kernel is made of
    what it does to elements' numbers. All runtimes move alike, whoever takes the node.

    Attributes:
        operands: How many inputs there are.
        types: The element types that LiteRT takes.
        indices: Types of the inputs that say where to, by position.
        same_quantization: Whether LiteRT refuses outputs quantized otherwise.
        fills: Whether the stored value of 0 stands where no element goes.
    """

    operands: ClassVar[int] = 1
    types: ClassVar[Sequence[str]] = ANY
    indices: ClassVar[Mapping[int, Sequence[str]]] = {}
    same_quantization: ClassVar[bool] = False
    fills: ClassVar[bool] = False

    def moved(self, node: Node) -> tuple[int, ...]:
        """The inputs whose elements are moved."""
        return (0,)

    def arity(self, node: Node) -> list[str]:
        return arity(node, self.operands)

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := self.arity(node):
            yield from reasons
            return
        for i in self.moved(node):
            yield from self._check(node, node.input(i))
        if self.fills and node.outputs[0].type in QUANTIZED:
            low, high = type_range(node.outputs[0].dtype)
            if not low <= self.fill(node) <= high:
                yield f"zero point of {node.outputs[0]!r} is no value of its type"
        for i, types in self.indices.items():
            if node.input(i).type not in types:
                yield f"input {i} of type {node.input(i).type} is not supported"

    def _check(self, node: Node, x: Tensor) -> Iterator[str]:
        for y in node.outputs:
            if x.type not in self.types or x.type != y.type:
                yield f"{x.type} to {y.type} is not supported"
            elif self.same_quantization and not is_quantized_alike(x, y):
                yield f"{x!r} and {y!r} are quantized differently"
        if x.is_sparse:
            yield f"input {x!r} is sparse"

    @abstractmethod
    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        """The outputs.

        Args:
            node: The operator.
            arrays: The inputs of ``moved``, or numbers in their place.
            values: All inputs that are known.
            fill: What stands where no element goes.
        """

    def fill(self, node: Node) -> int:
        """The stored value of 0."""
        y = node.outputs[0]
        if y.quantization is None or y.type not in QUANTIZED:
            return 0
        return int(y.quantization.zero_point[0])

    def pairs(
        self,
        node: Node,
        read: list[NDArray[Any]],
        written: list[NDArray[Any]],
        values: Values,
    ) -> Sequence[Pair] | None:
        """Views of inputs, and those of outputs where their elements go; None: there are none.

        No two go to the same place, and what goes nowhere else is the fill.

        Args:
            node: The operator.
            read: Arrays in place of the inputs of ``moved``.
            written: Arrays in place of the outputs.
            values: All inputs that are known.
        """
        return None

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        outputs = self.output_shapes(node, shapes, values)  # what does not fit is an error
        moved = self.moved(node)
        read = tuple(shapes[i] for i in moved)
        arrays = stand_ins(read), stand_ins(outputs)
        pairs = self.pairs(node, *arrays, values)
        found = None if pairs is None else boxes(pairs, *arrays)
        if found is not None:
            dtype = node.input(moved[0]).dtype
            return BoxSpec(read, tuple(outputs), found, dtype, self.fill(node), moved)
        if any(map(elements, outputs)):
            size = sum(elements(shape) for shape in (*read, *outputs))
            check_memory(BYTES_PER_ELEMENT * size, f"{node.label}: its plan")
            numbers: list[NDArray[Any]] = list(element_numbers(read))
            sources = self.move(node, numbers, values, FILL)
        else:  # of any length in the other dimensions
            sources = [np.empty(shape, np.int64) for shape in outputs]
        x = node.input(moved[0])
        return GatherSpec(read, tuple(sources), x.dtype, self.fill(node), moved)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        self.output_shapes(node, [() if v is None else v.shape for v in inputs], inputs)
        arrays = [np.asarray(inputs[i]) for i in self.moved(node)]
        return self.move(node, arrays, inputs, self.fill(node))


class View(Movement):
    """A movement whose outputs are views of its input."""

    def pairs(
        self,
        node: Node,
        read: list[NDArray[Any]],
        written: list[NDArray[Any]],
        values: Values,
    ) -> Sequence[Pair] | None:
        return list(zip(self.move(node, read, values, 0), written, strict=True))


def is_quantized_alike(x: Tensor, y: Tensor) -> bool:
    """Whether stored values of x mean the same in y, as far as LiteRT looks."""
    p, q = x.quantization, y.quantization
    if p is None or q is None:
        return p is q
    if p.per_channel != q.per_channel:
        return False
    return bool(p.scale[0] == q.scale[0] and p.zero_point[0] == q.zero_point[0])


def resolve_axis(node: Node, axis: int, rank: int) -> int:
    """An axis that may count from the end.

    Raises:
        ShapeError: There is no such axis.
    """
    if not -rank <= axis < rank:
        raise shape_error(node, f"axis {axis} is not one of {rank} dimensions")
    return axis % rank


def scalar(node: Node, values: Values, i: int) -> int:
    """The one element of input i."""
    value = known(node, values, i)
    if value.size != 1:
        raise shape_error(node, f"input {i} has {value.size} elements, expected 1")
    return int(value.ravel()[0])


def vector(node: Node, values: Values, i: int, length: int | None = None) -> list[int]:
    """The elements of input i, a vector.

    Raises:
        ShapeError: It is none, or not of this length.
    """
    value = known(node, values, i)
    if value.ndim != 1 or length not in (None, value.size):
        expected = "a vector" if length is None else f"[{length}]"
        raise shape_error(node, f"input {i} has shape {list(value.shape)}, expected {expected}")
    return [int(v) for v in value]


def pairs(node: Node, values: Values, i: int, count: int) -> list[tuple[int, int]]:
    """The rows of input i: what to add or take before and after, in each dimension.

    Raises:
        ShapeError: It is not of that shape, or something in it is negative.
    """
    value = known(node, values, i)
    if value.shape != (count, 2):
        shape = list(value.shape)
        raise shape_error(node, f"input {i} has shape {shape}, expected {[count, 2]}")
    rows = [(int(before), int(after)) for before, after in value]
    if any(n < 0 for row in rows for n in row):
        raise shape_error(node, f"input {i} has negative values: {rows}")
    return rows


def known_shape(node: Node, values: Values, i: int) -> Shape:
    """Input i as the shape that it states.

    Raises:
        ShapeError: It is no vector, or something in it is negative.
    """
    shape = tuple(vector(node, values, i))
    if any(d < 0 for d in shape):
        raise shape_error(node, f"{list(shape)} is no shape")
    return shape
