"""Operators on numbers that are not quantized: islands of float32, and computed shapes.

numpy computes them. Integers are exact; float32 results are within ``TOLERANCE`` of the
runtimes', which themselves add up in an order that differs between processors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..numerics import Arithmetic
from .base import Op, Values, arity, check_activation, fused_activation

# Of float32 results, relative to the greatest term that goes into one.
TOLERANCE: Final = 1e-5
FLOAT: Final = ("FLOAT32",)
NUMBERS: Final = ("FLOAT32", "INT32", "INT64")
_CLAMPS: Final = {"RELU": (0, None), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}

PlainFunction = Callable[[Node, Sequence["NDArray[Any]"]], "Sequence[NDArray[Any]]"]


class PlainOp(Op):
    """An operator whose first input has one of ``types``.

    Shapes are those of the quantized operator; absent inputs are left out of what the
    function gets, which may only happen at the end.
    """

    def __init__(
        self,
        quantized: Op,
        function: PlainFunction,
        types: Sequence[str],
        required: int,
        optional: int,
    ) -> None:
        self._quantized = quantized
        self._function = function
        self._types = types
        self._required = required
        self._optional = optional

    def takes(self, node: Node) -> bool:
        first = next((t for t in node.inputs if t is not None), None)
        return first is not None and first.type in self._types

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, self._required, self._optional, len(node.outputs)):
            yield from reasons
            return
        x, y = node.input(0), node.outputs[0]
        others = [node.input(i) for i in range(1, self._required)]
        if any(t.type != x.type for t in (*others, y)):
            types = ", ".join(t.type for t in (x, *others))
            yield f"{types} to {y.type} is not supported"
        yield from check_activation(node)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return self._quantized.output_shapes(node, shapes, values)

    def reference(self, node: Node, inputs: Values, arithmetic: Arithmetic) -> list[NDArray[Any]]:
        given = [np.asarray(v) for v in inputs if v is not None]
        with np.errstate(all="ignore"):  # as in C: infinities, NaN, and integers that wrap
            outputs = self._function(node, given)
        bounds = _CLAMPS.get(fused_activation(node))
        if bounds is not None:
            outputs = [np.clip(y, *bounds) for y in outputs]
        return [np.asarray(y, t.dtype) for y, t in zip(outputs, node.outputs, strict=True)]


def plain(
    function: PlainFunction, types: Sequence[str] = FLOAT, required: int = 1, optional: int = 0
) -> Callable[[Op], PlainOp]:
    """For ``register``: this function is the operator on plain numbers of these types."""

    def make(quantized: Op) -> PlainOp:
        return PlainOp(quantized, function, types, required, optional)

    return make


def elementwise(function: Callable[..., NDArray[Any]]) -> PlainFunction:
    """A numpy function of the inputs that gives the one output."""

    def run(node: Node, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        return [function(*inputs)]

    return run
