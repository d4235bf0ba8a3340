"""SUM and the REDUCE_ operators, over any axes: of quantized values, plain numbers, or bool."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._native import ReductionFunction
from ..graph.types import NUMPY_TYPES, Node, Shape, Tensor
from ..reference import sum_and_prod
from ..reference.reduction import MeanParameters
from ..runtimes.policy import Policy
from .base import (
    INT8,
    INT16,
    QUANTIZED,
    KernelSpec,
    Op,
    Values,
    arity,
    check_quantized,
    elements,
    known,
    quantization,
    shape_error,
)
from .movement import is_quantized_alike
from .operator_table import Variant, register, table
from .plain import NUMBERS
from .plain_rows import PlainReductionSpec
from .reduced import ExtremeSpec, QuantizedProductSpec, TotalSpec
from .reshape import CopySpec

_INTEGERS = ("INT32", "INT64", "BOOL")


class Reduction(Op):
    """An operator that makes one value of all along some axes.

    Attributes:
        types: The element types that it takes.
        reduction: What it is to the kernel of integers.
    """

    types: ClassVar[Sequence[str]] = NUMBERS
    reduction: ClassVar[_native.Reduction]

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2):
            yield from reasons
            return
        x, axes, y = node.input(0), node.input(1), node.outputs[0]
        if x.type not in self.types or x.type != y.type:
            yield f"{x.type} to {y.type} is not supported"
        elif axes.type != "INT32":
            yield f"axes of type {axes.type} are not supported"
        else:
            yield from self.quantization_refusals(node)
        if x.is_sparse:
            yield f"input {x!r} is sparse"

    def quantization_refusals(self, node: Node) -> Iterator[str]:
        return iter(())

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        shape, axes = shapes[0], self.axes(node, len(shapes[0]), values)
        if keeps_dims(node):
            return [tuple(1 if a in axes else d for a, d in enumerate(shape))]
        return [tuple(d for a, d in enumerate(shape) if a not in axes)]

    def axes(self, node: Node, rank: int, values: Values) -> tuple[int, ...]:
        """In order, counted from the first dimension; a scalar has none, whatever is asked."""
        found = known(node, values, 1).ravel().tolist()
        if rank and not all(-rank <= a < rank for a in found):
            raise shape_error(node, f"axes {found} are not all among {rank} dimensions")
        return tuple(sorted({a % rank for a in found})) if rank else ()

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        x = node.input(0)
        if x.type not in (*_INTEGERS, "FLOAT32"):
            return super().kernel(node, shapes, values, policy)
        self.output_shapes(node, shapes, values)
        axes = self.axes(node, len(shapes[0]), values)
        if x.type == "FLOAT32":
            return self.plain(node, shapes[0], axes, policy)
        from .integer_reduce import IntegerReduceSpec

        return IntegerReduceSpec(shapes[0], axes, x.dtype, self.reduction)

    def plain(
        self, node: Node, shape: Shape, axes: tuple[int, ...], policy: Policy
    ) -> PlainReductionSpec:
        """The kernel of float32."""
        raise NotImplementedError

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = known(node, inputs, 0)
        self.output_shapes(node, [x.shape, ()], inputs)
        axes = self.axes(node, x.ndim, inputs)
        if x.dtype == np.float32:
            return [self.plain(node, x.shape, axes, policy).computed(x)]
        with np.errstate(all="ignore"):  # as in C: infinities, NaN, and integers that wrap
            return [np.asarray(self.reduce(node, x, axes, policy), x.dtype)]

    def reduce(
        self, node: Node, x: NDArray[Any], axes: tuple[int, ...], policy: Policy
    ) -> NDArray[Any]:
        raise NotImplementedError


def keeps_dims(node: Node) -> bool:
    return bool(getattr(node.options, "keep_dims", False))


def _parameters(node: Node, axes: tuple[int, ...]) -> MeanParameters:
    x, y = node.input(0), node.outputs[0]
    return MeanParameters(
        quantization(x), quantization(y), NUMPY_TYPES[y.type], axes, keeps_dims(node)
    )


class _QuantizedTotal(Reduction):
    """Of SUM or REDUCE_PROD, where that of nothing is not defined."""

    def quantization_refusals(self, node: Node) -> Iterator[str]:
        x, y = node.input(0), node.outputs[0]
        reasons = [*check_quantized(x, "input"), *check_quantized(y, "output")]
        yield from reasons or _check_zero_points(x, y)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if 0 in shapes[0]:
            raise shape_error(node, f"{list(shapes[0])} has no elements")
        return super().output_shapes(node, shapes, values)


def _plain(
    node: Node,
    shape: Shape,
    axes: tuple[int, ...],
    policy: Policy,
    function: ReductionFunction,
    start: float,
) -> PlainReductionSpec:
    return PlainReductionSpec(
        shape,
        axes,
        keeps_dims(node),
        function,
        policy.functions.sum_order,
        start=start,
        flushes=policy.flushes_subnormals,
    )


class Sum(Reduction):
    reduction = _native.Reduction.SUM

    def plain(
        self, node: Node, shape: Shape, axes: tuple[int, ...], policy: Policy
    ) -> PlainReductionSpec:
        return _plain(node, shape, axes, policy, ReductionFunction.SUM, 0.0)

    def reduce(
        self, node: Node, x: NDArray[Any], axes: tuple[int, ...], policy: Policy
    ) -> NDArray[Any]:
        return np.asarray(x.sum(axes, x.dtype, keepdims=keeps_dims(node)))


class QuantizedSum(_QuantizedTotal):
    types = QUANTIZED

    def reduce(
        self, node: Node, x: NDArray[Any], axes: tuple[int, ...], policy: Policy
    ) -> NDArray[Any]:
        return sum_and_prod.total(x, _parameters(node, axes), policy)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        axes = self.axes(node, len(shapes[0]), values)
        return TotalSpec(shapes[0], axes, _parameters(node, axes), policy)


class ReduceProd(Reduction):
    reduction = _native.Reduction.PRODUCT

    def plain(
        self, node: Node, shape: Shape, axes: tuple[int, ...], policy: Policy
    ) -> PlainReductionSpec:
        return _plain(node, shape, axes, policy, ReductionFunction.PRODUCT, 1.0)

    def reduce(
        self, node: Node, x: NDArray[Any], axes: tuple[int, ...], policy: Policy
    ) -> NDArray[Any]:
        return np.asarray(x.prod(axes, x.dtype, keepdims=keeps_dims(node)))


class QuantizedReduceProd(_QuantizedTotal):
    types = (*INT8, *INT16)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        found = super().output_shapes(node, shapes, values)
        axes = self.axes(node, len(shapes[0]), values)
        count = elements(tuple(shapes[0][a] for a in axes))
        factor = sum_and_prod.product_factor(_parameters(node, axes), count)
        if factor >= sum_and_prod.PRODUCT_LIMIT:
            raise shape_error(node, f"its steps of {factor:g} overflow in the runtimes")
        return found

    def reduce(
        self, node: Node, x: NDArray[Any], axes: tuple[int, ...], policy: Policy
    ) -> NDArray[Any]:
        return sum_and_prod.product(x, _parameters(node, axes), policy.product_of_one_is_copy)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [shape] = self.output_shapes(node, shapes, values)
        axes = self.axes(node, len(shapes[0]), values)
        if policy.product_of_one_is_copy and elements(shape) == elements(shapes[0]):
            return CopySpec(elements(shape) * node.input(0).dtype.itemsize)
        return QuantizedProductSpec(shapes[0], axes, _parameters(node, axes))


class _Selection(Reduction):
    """REDUCE_MAX or REDUCE_MIN: stored values, which must mean the same in the output."""

    types = (*QUANTIZED, *NUMBERS)
    greatest: ClassVar[bool]

    def plain(
        self, node: Node, shape: Shape, axes: tuple[int, ...], policy: Policy
    ) -> PlainReductionSpec:
        least, most = (-math.inf, math.inf) if policy.keeps_infinity else _ends(np.dtype("f"))
        function = ReductionFunction.MAXIMUM if self.greatest else ReductionFunction.MINIMUM
        return _plain(node, shape, axes, policy, function, least if self.greatest else most)

    def quantization_refusals(self, node: Node) -> Iterator[str]:
        x, y = node.input(0), node.outputs[0]
        if x.type not in QUANTIZED:
            return
        if not is_quantized_alike(x, y):
            yield f"{x!r} and {y!r} are quantized differently"
        else:
            yield from _check_zero_points(x, y)

    def reduce(
        self, node: Node, x: NDArray[Any], axes: tuple[int, ...], policy: Policy
    ) -> NDArray[Any]:
        function: Any = np.fmax if self.greatest else np.fmin
        start = _ends(x.dtype)[0 if self.greatest else 1]
        return np.asarray(function.reduce(x, axes, keepdims=keeps_dims(node), initial=start))


def _check_zero_points(*tensors: Tensor) -> Iterator[str]:
    for t in tensors:
        if t.type == "INT16" and t.quantization is not None and t.quantization.zero_point[0] != 0:
            yield f"{t!r} must have zero point 0"


def _ends(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """What the runtimes begin with: the least and the greatest finite value."""
    info = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return info.min, info.max


class ReduceMax(_Selection):
    greatest = True
    reduction = _native.Reduction.MAXIMUM


class ReduceMin(_Selection):
    greatest = False
    reduction = _native.Reduction.MINIMUM


class _Quantized(_Selection):
    """First of the bases of what has a kernel."""

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        axes = self.axes(node, len(shapes[0]), values)
        return ExtremeSpec(shapes[0], axes, node.input(0).dtype, least=not self.greatest)


class QuantizedMax(_Quantized, ReduceMax):
    pass


class QuantizedMin(_Quantized, ReduceMin):
    pass


class _Logical(Reduction):
    types = ("BOOL",)


@register("REDUCE_ANY")
class ReduceAny(_Logical):
    reduction = _native.Reduction.MAXIMUM

    def reduce(
        self, node: Node, x: NDArray[Any], axes: tuple[int, ...], policy: Policy
    ) -> NDArray[Any]:
        return np.asarray(x.any(axes, keepdims=keeps_dims(node)))


@register("REDUCE_ALL")
class ReduceAll(_Logical):
    reduction = _native.Reduction.MINIMUM

    def reduce(
        self, node: Node, x: NDArray[Any], axes: tuple[int, ...], policy: Policy
    ) -> NDArray[Any]:
        return np.asarray(x.all(axes, keepdims=keeps_dims(node)))


table(
    "SUM",
    Variant(QuantizedSum, QUANTIZED),
    Variant(Sum, NUMBERS),
)
table("REDUCE_MAX", Variant(QuantizedMax, QUANTIZED), Variant(ReduceMax, NUMBERS))
table("REDUCE_MIN", Variant(QuantizedMin, QUANTIZED), Variant(ReduceMin, NUMBERS))
table(
    "REDUCE_PROD",
    Variant(QuantizedReduceProd, (*INT8, *INT16)),
    Variant(ReduceProd, NUMBERS),
)
