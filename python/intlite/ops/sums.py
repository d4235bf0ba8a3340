"""CUMSUM and ADD_N of plain numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import KernelSpec, Op, Values, arity, elements, shape_error
from .computation import Arrays, Computation
from .movement import INDEX, resolve_axis, scalar
from .operator_table import register


@dataclass(frozen=True, eq=False)
class CumSumSpec(KernelSpec):
    """csrc/kernels/plain/cumsum.h."""

    shape: Shape
    dtype: np.dtype[Any]
    exclusive: bool
    reverse: bool
    refusal: str
    inputs: tuple[int, ...] = (0, 1)

    def make(self) -> _native.Kernel:
        return _native.cumsum(
            shape=self.shape,
            dtype=self.dtype,
            exclusive=self.exclusive,
            reverse=self.reverse,
            refusal=self.refusal,
        )

    @property
    def work(self) -> float:
        return float(elements(self.shape))


@register("CUMSUM")
class CumSum(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = ((*INDEX, "FLOAT32"), ("INT32",))

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if not shapes[0] or elements(shapes[1]) != 1:
            raise shape_error(node, f"cannot sum {list(shapes[0])} along {list(shapes[1])} axes")
        if values[1] is not None:
            resolve_axis(node, scalar(node, values, 1), len(shapes[0]))
        return [shapes[0]]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        return CumSumSpec(
            shapes[0],
            node.input(0).dtype,
            _option(node, "exclusive"),
            _option(node, "reverse"),
            str(shape_error(node, f"there is no such axis of {len(shapes[0])} dimensions")),
        )

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        x, axis = np.moveaxis(arrays[0], int(arrays[1].ravel()[0]), 0), int(arrays[1].ravel()[0])
        reverse = _option(node, "reverse")
        x = x[::-1] if reverse else x
        y = np.add.accumulate(x, dtype=x.dtype) + x.dtype.type(0)  # from 0: there is no -0.0
        if _option(node, "exclusive"):
            y = np.concatenate([np.zeros_like(x[:1]), y[:-1]])
        return np.moveaxis(y[::-1] if reverse else y, 0, axis)


def _option(node: Node, name: str) -> bool:
    return bool(getattr(node.options, name, False))


@dataclass(frozen=True, eq=False)
class AddNSpec(KernelSpec):
    """csrc/kernels/plain/elementwise.h, AddN."""

    size: int
    dtype: np.dtype[Any]
    from_zero: bool
    saturates: bool
    inputs: tuple[int, ...] = (0, 1)

    def make(self) -> _native.Kernel:
        return _native.add_n(
            count=len(self.inputs),
            size=self.size,
            dtype=self.dtype,
            from_zero=self.from_zero,
            saturates=self.saturates,
        )

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def work(self) -> float:
        return float(self.size * len(self.inputs))


@register("ADD_N")
class AddN(Op):
    types: ClassVar[Sequence[str]] = ("FLOAT32", "INT32")

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, max(2, len(node.inputs))):
            yield from reasons
            return
        tensors = [node.input(i) for i in range(len(node.inputs))]
        found = {t.type for t in (*tensors, *node.outputs)}
        if len(found) != 1 or not found <= set(self.types):
            listed = ", ".join(t.type for t in tensors)
            yield f"{listed} to {node.outputs[0].type} is not supported"
        yield from (f"input {x!r} is sparse" for x in tensors if x.is_sparse)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if len(set(shapes)) != 1:
            raise shape_error(node, f"cannot add {', '.join(str(list(s)) for s in shapes)}")
        return [shapes[0]]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        return AddNSpec(
            elements(shapes[0]),
            node.input(0).dtype,
            policy.add_n_from_zero,
            policy.add_n_saturates,
            tuple(range(len(shapes))),
        )

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        total = np.asarray(inputs[0])
        greatest = np.finfo(np.float32).max
        with np.errstate(all="ignore"):
            if policy.add_n_from_zero:
                total = np.asarray(total + total.dtype.type(0))  # -0.0 becomes 0.0
            for x in inputs[1:]:
                total = np.asarray(total + np.asarray(x))
                if total.dtype.kind == "f" and policy.add_n_saturates:
                    total = np.clip(total, -greatest, greatest)
        return [total]
