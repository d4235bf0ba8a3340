"""SOFTMAX: int8, uint8 or int16, along the last dimension."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import NUMPY_TYPES, Node, Shape
from ..quantization import quantize_multiplier
from ..reference import softmax as reference
from ..reference.softmax import SoftmaxParameters
from ..runtimes.policy import Policy
from .base import (
    EIGHT_BIT,
    INT8,
    INT16,
    KernelSpec,
    Op,
    Values,
    arity,
    check_quantized,
    check_symmetric,
    elements,
    known,
    quantization,
    shape_error,
)
from .operator_table import Variant, table
from .plain import plain
from .plain_rows import PlainRowsSpec

# So many exponentials' sum still fits int32.
MAX_DEPTH_INT16 = 2**16
# Scale and zero point of the output, by the types of input and output; the runtimes
# compute 8 bits to int16 as if it said so.
OUTPUTS = {
    ("INT8", "INT8"): (1 / 256, -128),
    ("UINT8", "UINT8"): (1 / 256, 0),
    ("INT16", "INT16"): (1 / 32768, 0),
    ("INT8", "INT16"): (1 / 65536, -32768),
}


@dataclass(frozen=True, eq=False)
class _RowsSpec(KernelSpec):
    """Rows of this shape's last dimension."""

    shape: Shape

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def work(self) -> float:
        return float(elements(self.shape)) * 4


@dataclass(frozen=True, eq=False)
class SoftmaxSpec(_RowsSpec):
    """csrc/kernels/softmax.h."""

    parameters: SoftmaxParameters
    fixed_point: bool

    def make(self, isa: str = "") -> _native.Kernel:
        p = self.parameters
        fixed, distances = np.zeros(reference.DISTANCES, np.int32), 0
        real = np.zeros(reference.DISTANCES, np.float32)
        if self.fixed_point:
            fixed, distances = reference.fixed_table(p)
        else:
            real = reference.float_table(p)
        return _native.softmax(
            rows=elements(self.shape[:-1]),
            depth=self.shape[-1],
            is_unsigned=np.dtype(p.dtype) == np.uint8,
            fixed_point=self.fixed_point,
            fixed=fixed,
            distances=distances,
            real=real,
            scale=float(p.output.scale[0]),
            zero_point=int(p.output.zero_point[0]),
            isa=isa,
        )


@dataclass(frozen=True, eq=False)
class SoftmaxInt16Spec(_RowsSpec):
    """csrc/kernels/softmax_int16.h."""

    factor: tuple[int, int]
    tables: tuple[NDArray[np.int64], NDArray[np.int64]]

    def make(self, isa: str = "") -> _native.Kernel:
        exp, reciprocal = (table.astype(np.int16) for table in self.tables)
        return _native.softmax_int16(
            rows=elements(self.shape[:-1]),
            depth=self.shape[-1],
            multiplier=self.factor[0],
            shift=self.factor[1],
            exp=exp,
            reciprocal=reciprocal,
        )


def _plain(node: Node, shape: Shape, policy: Policy) -> PlainRowsSpec:
    beta = float(node.options.beta)
    return PlainRowsSpec(shape, policy.functions.softmax, beta, policy.flushes_subnormals)


class _Softmax(Op):
    """What all have in common.

    Attributes:
        tolerance: How far the output's scale may be off.
    """

    tolerance: ClassVar[float] = 0.0

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1):
            yield from reasons
            return
        x, y = node.input(0), node.outputs[0]
        wanted = OUTPUTS.get((x.type, y.type))
        if wanted is None:
            yield f"{x.type} to {y.type} is not supported; INT8, UINT8 and INT16 are"
            return
        yield from check_quantized(x, "input")
        yield from check_quantized(y, "output")
        yield from check_symmetric(x)
        q, (scale, zero_point) = y.quantization, wanted
        if q is not None and (
            abs(float(q.scale[0]) - scale) > self.tolerance * scale or q.zero_point[0] != zero_point
        ):
            yield f"output {y!r} must have scale 1/{1 / scale:.0f} and zero point {zero_point}"
        if reasons := list(self.option_refusals(node)):
            yield from reasons
        elif None not in (x.quantization, q):
            yield from self.hazards(node)

    def hazards(self, node: Node) -> Iterator[str]:
        """Why the runtimes fail on this node, whose types and quantizations are all right."""
        if reference.fixed_point_factor(_parameters(node)) <= 1:
            yield f"input {node.input(0)!r}: beta * scale is too small, the runtimes abort on it"

    def option_refusals(self, node: Node) -> Iterator[str]:
        if node.input(0).has_shape and not node.input(0).shape:
            yield f"input {node.input(0)!r} is a scalar"
        beta = getattr(node.options, "beta", 0.0)
        if not (np.isfinite(beta) and beta > 0):
            yield f"beta {beta} must be finite and > 0"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if not shapes[0]:
            raise shape_error(node, "input is a scalar")
        return [shapes[0]]

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = known(node, inputs, 0)
        if x.size == 0:
            return [x.astype(node.outputs[0].dtype)]
        return [self.probabilities(x, node, policy)]

    def probabilities(self, x: NDArray[Any], node: Node, policy: Policy) -> NDArray[Any]:
        """Of an input that is not empty."""
        return reference.softmax(x, _parameters(node), policy.fixed_point_softmax)


class Softmax(_Softmax):
    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        return SoftmaxSpec(shapes[0], _parameters(node), policy.fixed_point_softmax)


class SoftmaxInt16(_Softmax):
    tolerance = 1e-3

    def hazards(self, node: Node) -> Iterator[str]:
        if not np.isfinite(reference.int16_factor(_parameters(node), np.float32)):
            yield f"input {node.input(0)!r}: beta * scale is not finite"

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        if shapes[0][-1] > MAX_DEPTH_INT16:
            return super().kernel(node, shapes, values, policy)
        factor = reference.int16_factor(_parameters(node), policy.factor_type)
        tables = reference.int16_tables(policy.softmax_tables is np.float32)
        return SoftmaxInt16Spec(shapes[0], quantize_multiplier(factor), tables)

    def probabilities(self, x: NDArray[Any], node: Node, policy: Policy) -> NDArray[Any]:
        return reference.softmax_int16(x, _parameters(node), policy)


def _parameters(node: Node) -> SoftmaxParameters:
    y = node.outputs[0]
    return SoftmaxParameters(
        quantization(node.input(0)), quantization(y), NUMPY_TYPES[y.type], float(node.options.beta)
    )


table(
    "SOFTMAX",
    Variant(Softmax, EIGHT_BIT, output=EIGHT_BIT),
    Variant(_Softmax, INT8, output=INT16),
    Variant(SoftmaxInt16, INT16),
    plain(Softmax, spec=_plain),
)
