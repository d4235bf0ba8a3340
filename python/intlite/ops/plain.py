"""Operators on numbers that are not quantized: islands of float32, and computed shapes.

numpy computes them. Integers are exact; float32 results are within ``TOLERANCE`` of the
runtimes', which themselves add up in an order that differs between processors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import (
    EIGHT_BIT,
    FLOAT,
    KernelSpec,
    Op,
    Values,
    arity,
    check_activation,
    fused_activation,
    shape_error,
)
from .operator_table import Variant

if TYPE_CHECKING:
    from .. import _native

# Of float32 results, relative to the sum of the magnitudes that go into one.
TOLERANCE: Final = 1e-5
FLOAT_INT32: Final = ("FLOAT32", "INT32")
NUMBERS: Final = ("FLOAT32", "INT32", "INT64")
# Weights that LiteRT multiplies by float32 activations, which it quantizes first.
HYBRID: Final = (*EIGHT_BIT, "INT4")
# Whose binary operators have native rows.
NATIVE: Final = ("FLOAT32",)
_BOUNDS: Final = {"RELU": (0.0, math.inf), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}

PlainFunction = Callable[[Node, Sequence["NDArray[Any]"]], "Sequence[NDArray[Any]]"]


@dataclass(eq=False)
class PlainOp(Op):
    """An operator on plain numbers of one type.

    Shapes are those of the quantized operator, and so are the refusals of options.
    Absent inputs are left out of what the function gets, which may only happen at the end.

    Attributes:
        quantized: The same operator on quantized numbers.
        function: The outputs, from the arrays of the inputs.
        required, optional: How many inputs there are.
        indices: The inputs that say where; the quantized operator checks them.
        output: The outputs' type; "": the first input's.
        binary: The native function of two operands that computes it, of ``NATIVE`` types.
    """

    quantized: Op
    function: PlainFunction
    required: int = 1
    optional: int = 0
    indices: Sequence[int] = ()
    output: str = ""
    binary: _native.BinaryFunction | None = None

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, self.required, self.optional):
            yield from reasons
            return
        numbers = [t for i, t in enumerate(node.inputs) if t is not None and i not in self.indices]
        x, y = numbers[0], node.outputs[0]
        types = [t.type for t in numbers]
        place = self.quantized.filter_input
        weights = x if place is None else node.input(place)
        if weights.type != x.type and weights.type in HYBRID:
            yield (
                f"{x.type} input by {weights.type} weights (a hybrid, or dynamic range "
                "quantization) is not supported"
            )
        elif set(types) != {x.type} or y.type != (self.output or x.type):
            yield f"{', '.join(types)} to {y.type} is not supported"
        yield from (f"input {t!r} is sparse" for t in numbers if t.is_sparse)
        yield from check_activation(node)
        if x.type != "FLOAT32" and fused_activation(node) != "NONE":
            # TFLite Micro's ADD leaves it out.
            yield f"fused activation {fused_activation(node)} of {x.type} is not supported"
        yield from self.quantized.option_refusals(node)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return self.quantized.output_shapes(node, shapes, values)

    def macs(self, node: Node, shapes: Sequence[Shape]) -> int:
        return self.quantized.macs(node, shapes)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        from .numpy_kernel import NumpySpec

        x = node.input(0)
        if self.binary is not None and x.type in NATIVE:
            from .plain_binary import PlainBinarySpec

            left, right = shapes
            low, high = bounds(node)
            return PlainBinarySpec(left, right, self.binary, x.dtype, low, high)
        if x.type != "FLOAT32" and isinstance(self.function, elementwise):
            from .integers import spec_of

            self.output_shapes(node, shapes, values)
            found = spec_of(node, shapes, self.function.function, self.binary)
            if found is not None:
                return found
        spec = super().kernel(node, shapes, values, policy)
        alone = isinstance(self.function, elementwise) and len(node.inputs) == 1
        if not alone or not isinstance(spec, NumpySpec):
            return spec
        return replace(spec, is_elementwise=True)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        self.output_shapes(node, [() if v is None else v.shape for v in inputs], inputs)
        given = [np.asarray(v) for v in inputs if v is not None]
        with np.errstate(all="ignore"):  # as in C: infinities, NaN, and integers that wrap
            outputs = self.computed_by(node, given, policy)
        outputs = [clamped(node, y) for y in outputs]
        return [np.asarray(y, t.dtype) for y, t in zip(outputs, node.outputs, strict=True)]

    def computed_by(
        self, node: Node, inputs: Sequence[NDArray[Any]], policy: Policy
    ) -> Sequence[NDArray[Any]]:
        """The outputs before the fused activation."""
        return self.function(node, inputs)


def bounds(node: Node) -> tuple[float, float]:
    """Of the fused activation."""
    return _BOUNDS.get(fused_activation(node), (-math.inf, math.inf))


def clamped(node: Node, y: NDArray[Any]) -> NDArray[Any]:
    """After the fused activation; NaN stays."""
    if fused_activation(node) == "NONE":
        return y
    low, high = map(np.float32, bounds(node))
    return np.where(y < low, low, np.where(y > high, high, y))


def plain(
    quantized: type[Op],
    function: PlainFunction,
    types: Sequence[str] = FLOAT,
    required: int = 1,
    **more: Any,
) -> Variant:
    """The row of an operator on plain numbers, whose first input has one of ``types``.

    The others are as for PlainOp; ``quantized`` is the class of that operator.
    """
    return Variant(lambda: PlainOp(quantized(), function, required, **more), types)


@dataclass(frozen=True)
class by_function:
    """A numpy function of the inputs that gives the one output.

    Its ValueError says that it is not defined for these inputs.
    """

    function: Callable[..., Any]

    def __call__(self, node: Node, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        try:
            return [self.function(*inputs)]
        except ValueError as error:
            raise shape_error(node, str(error)) from None


class elementwise(by_function):
    """A function of which each element is made of the inputs' at its place alone."""


class NotQuantized(Op):
    """In place of the quantized operator, for one that is only run on plain numbers."""

    def refusals(self, node: Node) -> Iterator[str]:
        types = ", ".join(t.type for t in node.inputs if t is not None)
        yield f"{types or 'an operator without inputs'} is not supported"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        try:
            return [np.broadcast_shapes(*shapes)]
        except ValueError:
            text = " and ".join(map(str, shapes))
            raise shape_error(node, f"{text} do not broadcast") from None

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        raise NotImplementedError
