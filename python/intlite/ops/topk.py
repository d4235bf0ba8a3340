"""ARG_MAX, ARG_MIN and TOPK_V2: where the greatest or least values are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from ..schema.enums import TENSOR_TYPES, name_of
from .base import QUANTIZED, KernelSpec, Op, Values, arity, elements, known, shape_error
from .movement import INDEX, resolve_axis, scalar
from .operator_table import register
from .plain import NUMBERS

_INT16_MAX = 2**15 - 1


@dataclass(frozen=True, eq=False)
class ArgSpec(KernelSpec):
    """csrc/kernels/plain/arg.h."""

    shape: Shape
    axis: int
    dtype: np.dtype[Any]
    least: bool
    first_nan_wins: bool
    index_bytes: int

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.arg(
            outer=elements(self.shape[: self.axis]),
            axis=self.shape[self.axis],
            inner=elements(self.shape[self.axis + 1 :]),
            dtype=self.dtype,
            least=self.least,
            first_nan_wins=self.first_nan_wins,
            index_bytes=self.index_bytes,
            isa=isa,
        )

    @property
    def is_batch_free(self) -> bool:
        return self.axis > 0

    @property
    def work(self) -> float:
        return float(elements(self.shape))


@dataclass(frozen=True, eq=False)
class TopKSpec(KernelSpec):
    """csrc/kernels/plain/topk.h."""

    shape: Shape
    k: int
    dtype: np.dtype[Any]
    index_bytes: int

    def make(self) -> _native.Kernel:
        return _native.topk(
            rows=elements(self.shape[:-1]),
            size=self.shape[-1],
            k=self.k,
            dtype=self.dtype,
            index_bytes=self.index_bytes,
        )

    @property
    def is_batch_free(self) -> bool:
        return len(self.shape) > 1

    @property
    def work(self) -> float:
        return float(2 * elements(self.shape))


class _Arg(Op):
    """Of several such values the first."""

    types: ClassVar[Sequence[str]] = ("INT8", "UINT8", "INT32", "FLOAT32", "BOOL")
    sign: ClassVar[int]

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2):
            yield from reasons
            return
        x, axis, y = node.input(0), node.input(1), node.outputs[0]
        if x.type not in self.types or y.type not in INDEX:
            yield f"{x.type} to {y.type} is not supported"
        if axis.type not in INDEX:
            yield f"axis of type {axis.type} is not supported"
        stated = name_of(TENSOR_TYPES, getattr(node.options, "output_type", 0))
        if stated != y.type:
            yield f"output {y!r} should be of type {stated}, by the operator's output_type"
        if x.is_sparse:
            yield f"input {x!r} is sparse"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        shape = shapes[0]
        axis = resolve_axis(node, scalar(node, values, 1), len(shape))
        if shape[axis] == 0:
            raise shape_error(node, f"axis {axis} of {list(shape)} is empty")
        return [shape[:axis] + shape[axis + 1 :]]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        axis = scalar(node, values, 1) % len(shapes[0])
        x, index = node.input(0).dtype, node.outputs[0].dtype
        least, nan = self.sign < 0, policy.first_nan_wins
        return ArgSpec(shapes[0], axis, x, least, nan, index.itemsize)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = known(node, inputs, 0)
        self.output_shapes(node, [x.shape, ()], inputs)
        axis = scalar(node, inputs, 1) % x.ndim
        keys = self.sign * (x if x.dtype == np.float32 else x.astype(np.int64))
        # NaN comes after all else, unless a kernel stays at one that comes first.
        best = np.fmax.reduce(keys, axis, keepdims=True)
        found = (keys == best).argmax(axis)
        if policy.first_nan_wins:
            found = np.where(np.isnan(keys.take(0, axis)), 0, found)
        return [np.asarray(found, node.outputs[0].dtype)]


@register("ARG_MAX")
class ArgMax(_Arg):
    sign = 1


@register("ARG_MIN")
class ArgMin(_Arg):
    sign = -1


@register("TOPK_V2")
class TopK(Op):
    """The k greatest along the last dimension, in order; of equal ones the first come first."""

    types: ClassVar[Sequence[str]] = (*QUANTIZED, *NUMBERS)
    index_types: ClassVar[Sequence[str]] = ("INT16", "INT32")

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2, outputs=2):
            yield from reasons
            return
        x, k, (y, where) = node.input(0), node.input(1), node.outputs
        if x.type not in self.types or y.type != x.type:
            yield f"{x.type} to {y.type} is not supported"
        for what, t in (("k", k), ("indices", where)):
            if t.type not in self.index_types:
                yield f"{what} of type {t.type} is not supported"
        if x.is_sparse:
            yield f"input {x!r} is sparse"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        shape, k = shapes[0], max(scalar(node, values, 1), 0)
        if not shape:
            raise shape_error(node, "input is a scalar")
        if k > shape[-1]:
            raise shape_error(node, f"k is {k}, of {shape[-1]} values")
        if k and shape[-1] > _INT16_MAX and node.outputs[1].type == "INT16":
            raise shape_error(node, f"{shape[-1]} values are too many for INT16 indices")
        return [(*shape[:-1], k)] * 2

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        k = self.output_shapes(node, shapes, values)[0][-1]
        return TopKSpec(shapes[0], k, node.input(0).dtype, node.outputs[1].dtype.itemsize)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = known(node, inputs, 0)
        k = self.output_shapes(node, [x.shape, ()], inputs)[0][-1]
        keys = -x if x.dtype == np.float32 else ~x.astype(np.int64)
        order = keys.argsort(-1, kind="stable")[..., :k]  # NaN comes last
        return [np.take_along_axis(x, order, -1), order.astype(node.outputs[1].dtype)]
