"""QUANTIZE: float32 to stored integers, or from one quantization to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import NUMPY_TYPES, Node, Shape
from ..reference import quantize as reference
from ..runtimes.policy import Policy
from ..runtimes.rounding import IntegerRounding, RealRounding
from .base import (
    EIGHT_BIT,
    FLOAT,
    INT16,
    KernelSpec,
    Op,
    Values,
    arity,
    check_quantized,
    elements,
    quantization,
)
from .operator_table import Variant, table

# Output types by input type: the pairs that LiteRT or TFLite Micro takes.
PAIRS = {
    "FLOAT32": ("INT8", "UINT8", "INT16"),
    "INT8": ("INT8", "UINT8", "INT16", "INT32"),
    "UINT8": ("INT8", "UINT8", "INT16"),
    "INT16": ("INT8", "INT16", "INT32"),
    "INT32": ("INT8", "INT16"),
}


@dataclass(frozen=True, eq=False)
class QuantizeSpec(KernelSpec):
    """csrc/simd/quantize.h, QuantizeArgs."""

    size: int
    scale: float
    zero_point: int
    dtype: np.dtype[Any]
    rounding: RealRounding

    def make(self) -> _native.Kernel:
        return _native.quantize(
            size=self.size,
            scale=self.scale,
            zero_point=self.zero_point,
            dtype=self.dtype,
            rounding=self.rounding,
        )

    def of_elements(self, size: int) -> QuantizeSpec | None:
        some = replace(self, size=size)
        return some if self.is_batch_free and some.is_batch_free else None

    @property
    def is_batch_free(self) -> bool:
        blocks = self.rounding == RealRounding.MULTIPLY_IN_BLOCKS
        return not blocks or self.size % reference.FLOAT_BLOCK == 0

    @property
    def work(self) -> float:
        return float(self.size)


@dataclass(frozen=True, eq=False)
class RequantizeSpec(KernelSpec):
    """csrc/kernels/quantize.h, RequantizeArgs."""

    size: int
    input_dtype: np.dtype[Any]
    output_dtype: np.dtype[Any]
    input_zero_point: int
    output_zero_point: int
    multiplier: int
    shift: int
    rounding: IntegerRounding

    def make(self) -> _native.Kernel:
        return _native.requantize(
            size=self.size,
            input_dtype=self.input_dtype,
            output_dtype=self.output_dtype,
            input_zero_point=self.input_zero_point,
            output_zero_point=self.output_zero_point,
            multiplier=self.multiplier,
            shift=self.shift,
            rounding=self.rounding,
        )

    def of_elements(self, size: int) -> RequantizeSpec | None:
        some = replace(self, size=size)
        return some if self.is_batch_free and some.is_batch_free else None

    @property
    def is_batch_free(self) -> bool:
        blocks = self.rounding == IntegerRounding.RUY_IN_BLOCKS and not self.is_sign_flip
        return not blocks or self.size % reference.INTEGER_BLOCK == 0

    @property
    def is_sign_flip(self) -> bool:
        # A factor of exactly 1 rounds nothing under any of the roundings.
        types = {self.input_dtype, self.output_dtype}
        one = (1 << 30, 1) if self.rounding != IntegerRounding.FRACTION else (256, 0)
        return (
            types == {np.dtype(np.int8), np.dtype(np.uint8)}
            and (self.multiplier, self.shift) == one
            and abs(self.input_zero_point - self.output_zero_point) == 128
        )

    @property
    def work(self) -> float:
        return float(self.size)


class _Quantize(Op):
    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1):
            yield from reasons
            return
        x, y = node.input(0), node.outputs[0]
        if y.type not in PAIRS.get(x.type, ()):
            yield f"{x.type} to {y.type} is not supported"
            return
        yield from self.check(node)

    def check(self, node: Node) -> Iterator[str]:
        """Why the runtimes don't take the quantizations."""
        return check_quantized(node.outputs[0], "output")

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [shapes[0]]


class Quantize(_Quantize):
    """Real numbers."""

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        y = node.outputs[0]
        out = quantization(y)
        return QuantizeSpec(
            elements(shapes[0]),
            float(out.scale[0]),
            int(out.zero_point[0]),
            NUMPY_TYPES[y.type],
            policy.quantize,
        )

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        y = node.outputs[0]
        x, dtype = np.asarray(inputs[0]), NUMPY_TYPES[y.type]
        return [reference.quantize(x, quantization(y), dtype, policy.quantize)]


class Requantize(_Quantize):
    """Quantized numbers."""

    def check(self, node: Node) -> Iterator[str]:
        yield from super().check(node)
        yield from check_quantized(node.input(0), "input")

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        x, y = node.input(0), node.outputs[0]
        in_, out = quantization(x), quantization(y)
        rounding = policy.integer_rounding(x.dtype, y.dtype)
        multiplier, shift = reference.integer_factor(in_, out, rounding)
        return RequantizeSpec(
            elements(shapes[0]),
            NUMPY_TYPES[x.type],
            NUMPY_TYPES[y.type],
            int(in_.zero_point[0]),
            int(out.zero_point[0]),
            multiplier,
            shift,
            rounding,
        )

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x, y = node.input(0), node.outputs[0]
        rounding = policy.integer_rounding(x.dtype, y.dtype)
        stored, dtype = np.asarray(inputs[0]), NUMPY_TYPES[y.type]
        return [reference.requantize(stored, quantization(x), quantization(y), dtype, rounding)]


class RequantizeInt16(Requantize):
    def check(self, node: Node) -> Iterator[str]:
        yield from super().check(node)
        for tensor in (node.input(0), node.outputs[0]):
            q = tensor.quantization
            if q is not None and q.zero_point.any():
                yield f"INT16 to INT16 needs zero points of 0, {tensor!r}"


table(
    "QUANTIZE",
    Variant(Requantize, (*EIGHT_BIT, "INT32")),
    Variant(Quantize, FLOAT),
    Variant(RequantizeInt16, INT16, output=INT16),
    Variant(Requantize, INT16),
)
