"""Operators on numbers that are not quantized: islands of float32, and computed shapes.

Integers are exact, and so is float32, but for products of matrices and a few functions of
LiteRT's own kernels, which are within ``TOLERANCE``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..reference.floor import without_subnormals
from ..runtimes.policy import Policy
from .base import (
    EIGHT_BIT,
    FLOAT,
    KernelSpec,
    Op,
    Values,
    arity,
    check_activation,
    elements,
    fused_activation,
    shape_error,
)
from .operator_table import Variant

if TYPE_CHECKING:
    from .. import _native
    from .plain_binary import PlainBinarySpec
    from .plain_rows import DefinedNatively
    from .plain_unary_kernel import Choice, PlainUnarySpec

# Of float32 results, relative to the sum of the magnitudes that go into one.
TOLERANCE: Final = 1e-5
FLOAT_INT32: Final = ("FLOAT32", "INT32")
NUMBERS: Final = ("FLOAT32", "INT32", "INT64")
# Weights that LiteRT multiplies by float32 activations, which it quantizes first.
HYBRID: Final = (*EIGHT_BIT, "INT4")
# Whose binary operators have native rows.
NATIVE: Final = ("FLOAT32",)
_GREATEST: Final = float(np.finfo(np.float32).max)
_BOUNDS: Final = {"RELU": (0.0, math.inf), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}

# Of a node, its input's shape and the policy.
SpecOf = Callable[[Node, Shape, Policy], "DefinedNatively"]
PlainFunction = Callable[[Node, Sequence["NDArray[Any]"]], "Sequence[NDArray[Any]]"]


@dataclass(eq=False)
class PlainOp(Op):
    """An operator on plain numbers of one type.

    Shapes are those of the quantized operator, and so are the refusals of options.
    Absent inputs are left out of what the function gets, which may only happen at the end.

    Attributes:
        quantized: The same operator on quantized numbers.
        function: The outputs, from the arrays of the inputs; None: native code defines them.
        required, optional: How many inputs there are.
        indices: The inputs that say where; the quantized operator checks them.
        output: The outputs' type; "": the first input's.
        binary: The native function of two operands that computes it, of ``NATIVE`` types.
        repeated: And where the right operand is one number, which repeats.
        unary: The native function of one float32 number that does.
        spec: The native kernel that defines it, of a node whose input is float32.
    """

    quantized: Op
    function: PlainFunction | None
    required: int = 1
    optional: int = 0
    indices: Sequence[int] = ()
    output: str = ""
    binary: _native.BinaryFunction | None = None
    repeated: _native.BinaryFunction | None = None
    unary: Choice | None = None
    spec: SpecOf | None = None

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
        if x.type == "FLOAT32" and self.unary is not None:
            return self._unary_spec(node, elements(shapes[0]), policy)
        if x.type == "FLOAT32" and self.spec is not None:
            return self.spec(node, shapes[0], policy)
        if x.type in NATIVE and self.binary is not None:
            left, right = shapes
            return self._binary_spec(node, left, right, policy)
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

    def _unary_spec(self, node: Node, size: int, policy: Policy) -> PlainUnarySpec:
        from .plain_unary_kernel import PlainUnarySpec

        assert self.unary is not None
        return PlainUnarySpec(size, self.unary(node, policy), policy.flushes_subnormals)

    def _binary_spec(
        self, node: Node, left: Shape, right: Shape, policy: Policy
    ) -> PlainBinarySpec:
        from .plain_binary import PlainBinarySpec

        function, x = self.binary, node.input(0)
        if self.repeated is not None and left != right and elements(right) == 1:
            function = self.repeated
        assert function is not None
        low, high = bounds(node, policy)
        flushes = policy.flushes_subnormals and x.type == "FLOAT32"
        return PlainBinarySpec(left, right, function, x.dtype, low, high, flushes)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        self.output_shapes(node, [() if v is None else v.shape for v in inputs], inputs)
        given = [np.asarray(v) for v in inputs if v is not None]
        x = given[0]
        if x.dtype == np.float32 and self.unary is not None:
            return [self._unary_spec(node, x.size, policy).computed(x)]
        if x.dtype == np.float32 and self.spec is not None:
            return [self.spec(node, x.shape, policy).computed(x)]
        flushes = policy.flushes_subnormals and self.binary is not None
        if flushes:
            given = [without_subnormals(v) if v.dtype == np.float32 else v for v in given]
        if self.function is None or (x.dtype == np.float32 and self.repeated is not None):
            left, right = given
            return [self._binary_spec(node, left.shape, right.shape, policy).computed(left, right)]
        with np.errstate(all="ignore"):  # as in C: infinities, NaN, and integers that wrap
            outputs = self.computed_by(node, given, policy)
        by = None if self.binary is None else policy
        outputs = [clamped(node, y, by) for y in outputs]
        if flushes:
            outputs = [without_subnormals(y) if y.dtype == np.float32 else y for y in outputs]
        return [np.asarray(y, t.dtype) for y, t in zip(outputs, node.outputs, strict=True)]

    def computed_by(
        self, node: Node, inputs: Sequence[NDArray[Any]], policy: Policy
    ) -> Sequence[NDArray[Any]]:
        """The outputs before the fused activation."""
        assert self.function is not None
        return self.function(node, inputs)


def bounds(node: Node, policy: Policy | None = None) -> tuple[float, float]:
    """Of the fused activation, of floats; by the policy, if one is given, the finite numbers."""
    low, high = _BOUNDS.get(fused_activation(node), (-math.inf, math.inf))
    if (
        policy is None
        or policy.keeps_infinity
        or not hasattr(node.options, "fused_activation_function")
    ):
        return low, high
    return max(low, -_GREATEST), min(high, _GREATEST)


def clamped(node: Node, y: NDArray[Any], policy: Policy | None = None) -> NDArray[Any]:
    """After the fused activation; NaN stays."""
    if y.dtype != np.float32:
        return y
    low, high = map(np.float32, bounds(node, policy))
    return np.where(y < low, low, np.where(y > high, high, y))


def plain(
    quantized: type[Op],
    function: PlainFunction | None = None,
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
