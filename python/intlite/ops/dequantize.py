"""DEQUANTIZE: stored integers to float32; and float16, which float32 holds exactly."""

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
from .base import (
    EIGHT_BIT,
    QUANTIZED,
    KernelSpec,
    Op,
    Values,
    arity,
    check_quantized,
    elements,
    quantization,
)
from .operator_table import Variant, table
from .plain import PlainOp, elementwise
from .plain_unary_kernel import WidenSpec


@dataclass(frozen=True, eq=False)
class DequantizeSpec(KernelSpec):
    """csrc/simd/quantize.h, DequantizeArgs."""

    size: int
    scale: float
    zero_point: int
    dtype: np.dtype[Any]
    blocks: bool

    def make(self) -> _native.Kernel:
        return _native.dequantize(
            size=self.size,
            scale=self.scale,
            zero_point=self.zero_point,
            dtype=self.dtype,
            blocks=self.blocks,
        )

    def of_elements(self, size: int) -> DequantizeSpec | None:
        some = replace(self, size=size)
        return some if self.is_batch_free and some.is_batch_free else None

    @property
    def is_batch_free(self) -> bool:
        return not self.blocks or self.size % reference.FLOAT_BLOCK == 0

    @property
    def work(self) -> float:
        return float(self.size)


class Dequantize(Op):
    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1):
            yield from reasons
            return
        x, y = node.input(0), node.outputs[0]
        if x.type not in (*EIGHT_BIT, "INT16") or y.type != "FLOAT32":
            yield f"{x.type} to {y.type} is not supported"
            return
        yield from check_quantized(x, "input")

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [shapes[0]]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        in_ = quantization(node.input(0))
        return DequantizeSpec(
            elements(shapes[0]),
            float(in_.scale[0]),
            int(in_.zero_point[0]),
            NUMPY_TYPES[node.input(0).type],
            policy.dequantize_in_blocks,
        )

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        in_ = quantization(node.input(0))
        return [reference.dequantize(np.asarray(inputs[0]), in_, policy.dequantize_in_blocks)]


class _Widen(PlainOp):
    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        return WidenSpec(elements(shapes[0]))


table(
    "DEQUANTIZE",
    Variant(Dequantize, QUANTIZED),
    Variant(lambda: _Widen(Dequantize(), elementwise(np.float32), output="FLOAT32"), ("FLOAT16",)),
)
