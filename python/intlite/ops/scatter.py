"""SCATTER_ND, REVERSE_SEQUENCE and EMBEDDING_LOOKUP: places that only a run may tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import QUANTIZED, KernelSpec, Values, elements, quantization, shape_error
from .computation import Arrays, Computation
from .movement import INDEX, known_shape
from .operator_table import register
from .take import TakeSpec

_INT32 = ("INT32",)


@dataclass(frozen=True, eq=False)
class ScatterSpec(KernelSpec):
    """csrc/kernels/plain/places.h, Scatter."""

    sizes: Shape
    row: int
    count: int
    dtype: np.dtype[Any]
    refusal: str
    inputs: tuple[int, ...] = (0, 1)

    def make(self) -> _native.Kernel:
        return _native.scatter(
            sizes=self.sizes,
            row=self.row,
            count=self.count,
            dtype=self.dtype,
            refusal=self.refusal,
        )

    @property
    def work(self) -> float:
        return float(elements(self.sizes) * self.row + self.count * self.row)


@dataclass(frozen=True, eq=False)
class ReverseSequenceSpec(KernelSpec):
    """csrc/kernels/plain/places.h, ReverseSequence.

    Attributes:
        shape: Of the sequences.
        along, batch: The axes.
        element_bytes, length_bytes: Of an element, and of a length.
        refusal: What is said of lengths that are too large.
    """

    shape: Shape
    along: int
    batch: int
    element_bytes: int
    length_bytes: int
    refusal: str
    inputs: tuple[int, ...] = (0, 1)

    def make(self) -> _native.Kernel:
        first, second = sorted((self.along, self.batch))
        return _native.reverse_sequence(
            outer=elements(self.shape[:first]),
            first=self.shape[first],
            middle=elements(self.shape[first + 1 : second]),
            second=self.shape[second],
            inner_bytes=elements(self.shape[second + 1 :]) * self.element_bytes,
            along_second=self.along == second,
            length_bytes=self.length_bytes,
            refusal=self.refusal,
        )

    @property
    def is_batch_free(self) -> bool:
        return self.batch == 0

    @property
    def work(self) -> float:
        return float(elements(self.shape))


@dataclass(frozen=True, eq=False)
class ScaledRowsSpec(KernelSpec):
    """csrc/kernels/plain/places.h, ScaledRows: rows of an int8 table, as float32."""

    table: Shape
    count: int
    scales: NDArray[np.float32]
    refusal: str
    inputs: tuple[int, ...] = (0, 1)

    def make(self) -> _native.Kernel:
        return _native.scaled_rows(
            rows=self.table[0],
            row=elements(self.table[1:]),
            count=self.count,
            scales=self.scales,
            refusal=self.refusal,
        )

    @property
    def work(self) -> float:
        return float(self.count * elements(self.table[1:]))


@register("SCATTER_ND")
class ScatterNd(Computation):
    """Zeros, and the sums of what goes to the same place."""

    types: ClassVar[Sequence[Sequence[str]]] = (
        _INT32,
        ("FLOAT32", "UINT8", "BOOL", "INT8", "INT64", "INT32"),
        _INT32,
    )
    output_like: ClassVar[int] = 1

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        indices, updates, _ = shapes
        shape = known_shape(node, values, 2)
        depth = indices[-1] if indices else 0
        if not indices or depth > len(shape) or updates != indices[:-1] + shape[depth:]:
            raise shape_error(
                node, f"cannot scatter {list(updates)} into {list(shape)} by {list(indices)}"
            )
        if values[0] is not None:
            _check_inside(node, values[0], np.array(shape[:depth]))
        return [shape]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [shape] = self.output_shapes(node, shapes, values)
        *count, depth = shapes[0]
        return ScatterSpec(
            shape[:depth],
            elements(shape[depth:]),
            elements(tuple(count)),
            node.input(1).dtype,
            _refusal(node, shape[:depth]),
        )

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        indices, updates, shape = arrays
        y = np.zeros(tuple(shape.tolist()), updates.dtype)
        _check_inside(node, indices, np.array(y.shape[: indices.shape[-1]]))
        if indices.shape[-1] == 0:  # each update is of everything
            for update in updates.reshape(-1, *y.shape):
                y = y + update
            return y
        np.add.at(y, tuple(np.moveaxis(indices, -1, 0)), updates)
        return y


def _check_inside(node: Node, indices: NDArray[Any], sizes: NDArray[Any]) -> None:
    if ((indices < 0) | (indices >= sizes)).any():
        raise shape_error(node, f"there are indices outside of {sizes.tolist()}")


def _refusal(node: Node, sizes: int | Shape) -> str:
    """What a kernel says that finds such indices in a run."""
    outside = sizes if isinstance(sizes, int) else list(sizes)
    return str(shape_error(node, f"there are indices outside of {outside}"))


@register("REVERSE_SEQUENCE")
class ReverseSequence(Computation):
    """Of each sample the first elements backwards, as many as its length says."""

    types: ClassVar[Sequence[Sequence[str]]] = (
        ("FLOAT32", "UINT8", "INT16", "INT32", "INT64"),
        INDEX,
    )

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        x, lengths = shapes
        along, batch = _sequence_axes(node)
        if not (0 <= along < len(x) and 0 <= batch < len(x)) or along == batch:
            raise shape_error(node, f"cannot reverse {list(x)} along {along} in batches of {batch}")
        if lengths != (x[batch],):
            raise shape_error(node, f"{list(x)} has other samples than {list(lengths)} lengths")
        if values[1] is not None and ((values[1] < 0) | (values[1] > x[along])).any():
            raise shape_error(node, f"there are lengths outside of {x[along]}")
        return [x]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [x] = self.output_shapes(node, shapes, values)
        along, batch = _sequence_axes(node)
        return ReverseSequenceSpec(
            x,
            along,
            batch,
            node.input(0).dtype.itemsize,
            node.input(1).dtype.itemsize,
            str(shape_error(node, f"there are lengths outside of {x[along]}")),
        )

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        x, lengths = arrays
        along, batch = _sequence_axes(node)
        places = np.arange(x.shape[along])
        turned = np.where(places < lengths[:, None], lengths[:, None] - 1 - places, places)
        rows = np.moveaxis(x, (batch, along), (0, 1))
        y = rows[np.arange(len(rows))[:, None], turned]
        return np.moveaxis(y, (0, 1), (batch, along))


def _sequence_axes(node: Node) -> tuple[int, int]:
    return getattr(node.options, "seq_dim", 0), getattr(node.options, "batch_dim", 0)


@register("EMBEDDING_LOOKUP")
class EmbeddingLookup(Computation):
    """Rows of a table, as they are, or those of an 8-bit one as float32."""

    types: ClassVar[Sequence[Sequence[str]]] = (
        _INT32,
        (*QUANTIZED, *INDEX, "FLOAT32"),
    )
    output_types: ClassVar[Sequence[str]] = types[1]

    def refusals(self, node: Node) -> Iterator[str]:
        reasons = list(super().refusals(node))
        yield from reasons
        if reasons:
            return
        table, y = node.input(1), node.outputs[0]
        q = table.quantization
        if table.type == y.type:
            if q is not None and q.per_channel:
                yield f"table {table!r} is quantized per channel"
        elif y.type != "FLOAT32" or table.type not in ("INT8", "UINT8"):
            yield f"{table.type} to {y.type} is not supported"
        elif q is None or q.zero_point.any():
            yield f"table {table!r} is not quantized symmetrically"
        elif q.per_channel and (q.axis != 0 or q.scale.size != table.shape[0]):
            yield f"table {table!r} has {q.scale.size} scales along axis {q.axis}"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        rows, table = shapes
        if len(rows) != 1 or len(table) < 2:
            raise shape_error(node, f"cannot look {list(rows)} up in {list(table)}")
        if values[0] is not None:
            _check_inside(node, values[0], np.array(table[0]))
        return [rows + table[1:]]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        [count], table = shapes
        x, refusal = node.input(1), _refusal(node, table[0])
        if x.type != node.outputs[0].type:
            return ScaledRowsSpec(table, count, quantization(x).scale, refusal)
        row = elements(table[1:]) * x.dtype.itemsize
        return TakeSpec(1, 1, table[:1], row, count, 4, refusal, inputs=(1, 0))

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        rows, table = arrays
        _check_inside(node, rows, np.array(table.shape[0]))
        if table.dtype == node.outputs[0].dtype:
            return table[rows]
        scale = quantization(node.input(1)).scale
        factors = scale[rows] if scale.size > 1 else np.broadcast_to(scale, rows.shape)
        # LiteRT reads uint8 as int8.
        return table.view(np.int8)[rows] * factors.reshape(-1, *(1,) * (table.ndim - 1))
