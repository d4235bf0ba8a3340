"""L2_NORMALIZATION and LOG_SOFTMAX: int8, uint8 or float32, along the last dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._native import RowFunction
from ..graph.types import Node, Shape
from ..reference import normalization as reference
from ..reference.activations import UnaryParameters
from ..runtimes.policy import Policy
from .base import (
    EIGHT_BIT,
    KernelSpec,
    Op,
    Values,
    arity,
    check_quantized,
    elements,
    fused_activation,
    known,
    shape_error,
)
from .operator_table import Variant, table
from .plain import SpecOf, plain
from .plain_rows import PlainRowsSpec
from .unary import parameters


@dataclass(frozen=True, eq=False)
class _RowsSpec(KernelSpec):
    """csrc/kernels/normalization.h."""

    shape: Shape
    parameters: UnaryParameters

    @property
    def rows(self) -> dict[str, Any]:
        return {
            "rows": elements(self.shape[:-1]),
            "depth": self.shape[-1],
            "is_unsigned": np.dtype(self.parameters.dtype) == np.uint8,
        }

    @property
    def is_batch_free(self) -> bool:
        return len(self.shape) > 1

    @property
    def work(self) -> float:
        return float(elements(self.shape)) * 4


@dataclass(frozen=True, eq=False)
class LogSoftmaxSpec(_RowsSpec):
    fixed_point: bool

    def make(self) -> _native.Kernel:
        p = self.parameters
        tables = reference.log_softmax_tables(p)
        real = reference.log_softmax_exponentials(p)
        return _native.log_softmax(
            **self.rows,
            fixed_point=self.fixed_point,
            scaled=tables.scaled,
            fixed=tables.exponentials,
            least=tables.least,
            reverse=tables.reverse,
            real=real,
            input_scale=float(p.input.scale[0]),
            output_scale=float(p.output.scale[0]),
        )


@dataclass(frozen=True, eq=False)
class L2NormalizationSpec(_RowsSpec):
    def make(self) -> _native.Kernel:
        zero_point = int(self.parameters.input.zero_point[0])
        return _native.l2_normalization(**self.rows, zero_point=zero_point)


class _Normalization(Op):
    """The runtimes fix the output's quantization."""

    scale: ClassVar[float]
    zero_points: ClassVar[Mapping[str, int]]

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1):
            yield from reasons
            return
        x, y = node.input(0), node.outputs[0]
        if x.type not in EIGHT_BIT or x.type != y.type:
            yield f"{x.type} to {y.type} is not supported"
            return
        reasons = [*check_quantized(x, "input"), *check_quantized(y, "output")]
        yield from reasons or self.hazards(node)

    def hazards(self, node: Node) -> Iterator[str]:
        """What is wrong with quantizations, or options."""
        y, q = node.outputs[0], parameters(node).output
        zero_point = self.zero_points[y.type]
        if q.scale[0] != np.float32(self.scale) or q.zero_point[0] != zero_point:
            yield f"output {y!r} must have scale 1/{1 / self.scale:g} and zero point {zero_point}"
        yield from self.option_refusals(node)

    def option_refusals(self, node: Node) -> Iterator[str]:
        if fused_activation(node) != "NONE":
            yield f"fused activation {fused_activation(node)} is not supported"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if not shapes[0]:
            raise shape_error(node, "input is a scalar")
        return [shapes[0]]

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = known(node, inputs, 0)
        self.output_shapes(node, [x.shape], inputs)
        return [x.copy() if x.size == 0 else self.normalize(x, node, policy)]

    def normalize(self, x: NDArray[Any], node: Node, policy: Policy) -> NDArray[Any]:
        """Of an input that is not empty."""
        raise NotImplementedError


class L2Normalization(_Normalization):
    scale = 1 / 128
    zero_points: ClassVar = {"INT8": 0, "UINT8": 128}

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [shape] = self.output_shapes(node, shapes, values)
        return L2NormalizationSpec(shape, parameters(node))

    def normalize(self, x: NDArray[Any], node: Node, policy: Policy) -> NDArray[Any]:
        return reference.l2_normalization(x, parameters(node))


class LogSoftmax(_Normalization):
    scale = 1 / 16
    zero_points: ClassVar = {"INT8": 127, "UINT8": 255}

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [shape] = self.output_shapes(node, shapes, values)
        return LogSoftmaxSpec(shape, parameters(node), policy.fixed_point_softmax)

    def hazards(self, node: Node) -> Iterator[str]:
        yield from super().hazards(node)
        if reference.log_softmax_factor(parameters(node)) <= 1:
            yield f"scale of input {node.input(0)!r} is too small, the runtimes abort on it"

    def normalize(self, x: NDArray[Any], node: Node, policy: Policy) -> NDArray[Any]:
        return reference.log_softmax(x, parameters(node), policy.fixed_point_softmax)


def _rows(function: RowFunction) -> SpecOf:
    return lambda node, shape, policy: PlainRowsSpec(shape, function)


table(
    "L2_NORMALIZATION",
    Variant(L2Normalization, EIGHT_BIT),
    plain(L2Normalization, spec=_rows(RowFunction.L2_NORMALIZATION)),
)
table(
    "LOG_SOFTMAX",
    Variant(LogSoftmax, EIGHT_BIT),
    plain(LogSoftmax, spec=_rows(RowFunction.LOG_SOFTMAX)),
)
