"""CUMSUM and ADD_N of plain numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import Op, Values, arity, elements, shape_error
from .computation import Arrays, Computation
from .movement import INDEX, resolve_axis, scalar
from .operator_table import register


@register("CUMSUM")
class CumSum(Computation):
    types: ClassVar[Sequence[Sequence[str]]] = ((*INDEX, "FLOAT32"), ("INT32",))

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if not shapes[0] or elements(shapes[1]) != 1:
            raise shape_error(node, f"cannot sum {list(shapes[0])} along {list(shapes[1])} axes")
        if values[1] is not None:
            resolve_axis(node, scalar(node, values, 1), len(shapes[0]))
        return [shapes[0]]

    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        x, axis = np.moveaxis(arrays[0], int(arrays[1].ravel()[0]), 0), int(arrays[1].ravel()[0])
        reverse = bool(getattr(node.options, "reverse", False))
        x = x[::-1] if reverse else x
        y = np.add.accumulate(x, dtype=x.dtype)
        if getattr(node.options, "exclusive", False):
            y = np.concatenate([np.zeros_like(x[:1]), y[:-1]])
        return np.moveaxis(y[::-1] if reverse else y, 0, axis)


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
