"""CONCATENATION and PACK: several inputs, one behind the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..reference.quantize import rescale_in_float
from ..runtimes.policy import Policy
from .base import (
    EIGHT_BIT,
    QUANTIZED,
    KernelSpec,
    Values,
    arity,
    elements,
    fused_activation,
    known,
    quantization,
    shape_error,
)
from .lookup import all_codes
from .movement import Movement, is_quantized_alike, resolve_axis
from .operator_table import register
from .strided_boxes import Pair


@dataclass(frozen=True, eq=False)
class JoinedLookupSpec(KernelSpec):
    """csrc/kernels/joined_lookup.h.

    Attributes:
        rows: How often a row of each input goes behind that of the one before.
        sizes: Of such rows.
        tables: What becomes of the 256 values of each input.
        inputs: All of them.
    """

    rows: int
    sizes: tuple[int, ...]
    tables: NDArray[np.uint8]
    inputs: tuple[int, ...] = (0,)

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.joined_lookup(rows=self.rows, sizes=self.sizes, tables=self.tables, isa=isa)

    @property
    def packed_bytes(self) -> int:
        return self.tables.nbytes

    @property
    def work(self) -> float:
        return float(self.rows * sum(self.sizes))


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
                if x is None or y.type not in EIGHT_BIT or is_quantized_alike(x, y):
                    continue
                both = (x.quantization, y.quantization)
                if y.type == "INT8" or any(q is None or q.per_channel for q in both):
                    yield f"{x!r} and {y!r} are quantized differently"

    @staticmethod
    def _rescales(node: Node) -> bool:
        inputs = (node.input(i) for i in range(len(node.inputs)))
        return node.outputs[0].type == "UINT8" and not all(
            is_quantized_alike(x, node.outputs[0]) for x in inputs
        )

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        if self._rescales(node):
            [shape] = self.output_shapes(node, shapes, values)
            axis, every = resolve_axis(node, _axis(node), len(shape)), range(len(shapes))
            tables = np.stack([_rescaled(node, i, all_codes(np.uint8)) for i in every])
            sizes = tuple(elements(s[axis:]) for s in shapes)
            return JoinedLookupSpec(elements(shape[:axis]), sizes, tables, tuple(every))
        return super().kernel(node, shapes, values, policy)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        if self._rescales(node):
            inputs = [_rescaled(node, i, known(node, inputs, i)) for i in range(len(inputs))]
        return super().reference(node, inputs, policy)

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

    def pairs(
        self,
        node: Node,
        read: list[NDArray[Any]],
        written: list[NDArray[Any]],
        values: Values,
    ) -> Sequence[Pair] | None:
        axis = _axis(node)
        ends = np.cumsum([x.shape[axis] for x in read])
        return list(zip(read, np.split(written[0], ends[:-1], axis), strict=True))


def _rescaled(node: Node, i: int, x: NDArray[Any]) -> NDArray[Any]:
    """Input i under the output's quantization."""
    if is_quantized_alike(node.input(i), node.outputs[0]):
        return x
    return rescale_in_float(x, quantization(node.input(i)), quantization(node.outputs[0]))


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

    def pairs(
        self,
        node: Node,
        read: list[NDArray[Any]],
        written: list[NDArray[Any]],
        values: Values,
    ) -> Sequence[Pair] | None:
        axis = _axis(node)
        layers = np.split(written[0], len(read), axis)
        return [(x, np.squeeze(y, axis)) for x, y in zip(read, layers, strict=True)]
