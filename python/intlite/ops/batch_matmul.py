"""BATCH_MATMUL: matrices by others, constant or not, in batches that broadcast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import NUMPY_TYPES, Node, Shape, Tensor
from ..quantization import type_range
from ..reference import batch_matmul as reference
from ..reference.batch_matmul import BatchMatMulParameters
from ..runtimes.policy import BlockRounding, Policy
from ..runtimes.rounding import ScalePrecision
from .base import (
    FLOAT,
    INT8,
    INT16,
    KernelSpec,
    Op,
    Values,
    arity,
    check_quantized,
    check_scales,
    known,
    quantization,
    shape_error,
)
from .operator_table import Variant, lazily, table
from .requantize import WIDE_SCALE_LIMIT, Requantization

# Left side and output, right side.
TYPES: Final = (("INT8", "INT8"), ("INT16", "INT16"), ("INT16", "INT8"))
MIN_RANK, MAX_RANK = 2, 5
# Of the native kernel: what its lists and its packed constants may take.
MAX_PRODUCTS: Final = 2**20
MAX_PACKED_BYTES: Final = 2**26


@dataclass(frozen=True)
class Sizes:
    """Matrices of one product, (rows x depth) by (depth x columns), and all the batches.

    Attributes:
        left, right: How the batches of each side are numbered, at the output's shape.
    """

    rows: int
    depth: int
    columns: int
    batches: Shape
    left: Shape
    right: Shape

    @property
    def is_native(self) -> bool:
        """Whether there is something to multiply, and memory for the native kernel's lists."""
        packed = prod(self.right) * (self.columns + 16) * (self.depth + 64)
        return (
            0 < prod(self.batches) <= MAX_PRODUCTS
            and min(self.rows, self.depth, self.columns) > 0
            and packed <= max(MAX_PACKED_BYTES, 16 * self.depth * self.columns * prod(self.right))
        )

    def products(self) -> NDArray[np.int64]:
        """Left and right matrix of each product, and how many left ones follow each other."""
        pairs = [
            np.broadcast_to(np.arange(prod(batch)).reshape(batch), self.batches).ravel()
            for batch in (self.left, self.right)
        ]
        left, right = pairs
        starts = np.ones(left.size, bool)
        starts[1:] = (np.diff(left) != 1) | (np.diff(right) != 0)
        (first,) = np.nonzero(starts)
        counts = np.diff(np.append(first, left.size))
        return np.stack([left[first], right[first], counts], 1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class BatchMatMulSpec(KernelSpec):
    """csrc/kernels/batch_matmul.h."""

    sizes: Sizes
    right: NDArray[Any] | None
    parameters: BatchMatMulParameters
    policy: Policy
    left_unsigned: bool
    left_zero_point: int
    flip: bool = False
    inputs: tuple[int, ...] = (0, 1)

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.batch_matmul(
            **self.arguments(),
            left_unsigned=self.left_unsigned,
            left_zero_point=self.left_zero_point,
            right_zero_point=int(self.parameters.right.zero_point[0]),
            epilogue=self.requantization.make(),
            isa=isa,
        )

    def arguments(self) -> dict[str, Any]:
        """What the kernel of any types is made of."""
        s = self.sizes
        return {
            "rows": s.rows,
            "depth": s.depth,
            "columns": s.columns,
            "left_matrices": prod(s.left),
            "right_matrices": prod(s.right),
            "left_adjoint": self.parameters.adjoint[0],
            "right_adjoint": self.parameters.adjoint[1],
            "right": self.right,
            "products": s.products(),
        }

    @property
    def requantization(self) -> Requantization:
        p = self.parameters
        return Requantization(
            None,
            reference.effective_scale(p, self.policy.batch_matmul_scale),
            self.sizes.columns,
            BlockRounding(rounding=self.policy.batch_matmul),
            int(p.output.zero_point[0]),
            type_range(p.dtype),
            flip=self.flip,
        )

    @property
    def is_batch_free(self) -> bool:
        return True

    def with_flipped_input(self) -> KernelSpec | None:
        if self.right is None:
            return None  # two inputs: which one is meant?
        moved = self.left_zero_point + (-128 if self.left_unsigned else 128)
        return replace(self, left_unsigned=not self.left_unsigned, left_zero_point=moved)

    def with_flipped_output(self) -> KernelSpec | None:
        return replace(self, flip=not self.flip)

    @property
    def work(self) -> float:
        s = self.sizes
        return float(prod(s.batches)) * s.rows * s.depth * s.columns


@dataclass(frozen=True, eq=False)
class BatchMatMulInt16Spec(BatchMatMulSpec):
    """csrc/kernels/batch_matmul_int16.h."""

    right_is_int16: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.batch_matmul_int16(
            **self.arguments(),
            right_is_int16=self.right_is_int16,
            epilogue=replace(self.requantization, is_int16=True, wide=True).make(),
            isa=isa,
        )

    def with_flipped_input(self) -> None:
        return None

    def with_flipped_output(self) -> None:
        return None


class BatchMatMul(Op):
    filter_input = 1

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2):
            yield from reasons
            return
        left, right, y = node.input(0), node.input(1), node.outputs[0]
        if (left.type, right.type) not in TYPES or left.type != y.type:
            yield (
                f"{left.type} by {right.type} to {y.type} is not supported; "
                "all INT8, all INT16 and INT16 by INT8 are"
            )
            return
        for tensor, what in ((left, "left side"), (right, "right side"), (y, "output")):
            yield from self.check(tensor, what)
        yield from check_scales(left, right)
        if all(t.quantization is not None for t in (left, right, y)):
            yield from self.hazards(node)

    def check(self, tensor: Tensor, what: str) -> Iterator[str]:
        """Why the runtimes don't take a quantization."""
        return check_quantized(tensor, what)

    def hazards(self, node: Node) -> Iterator[str]:
        """Why they fail on those of a node."""
        return iter(())

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        sizes = sizes_of(node, shapes)
        return [(*sizes.batches, sizes.rows, sizes.columns)]

    def macs(self, node: Node, shapes: Sequence[Shape]) -> int:
        sizes = sizes_of(node, shapes)
        return prod(sizes.batches) * sizes.rows * sizes.depth * sizes.columns

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        sizes = sizes_of(node, shapes)
        if not sizes.is_native:
            return super().kernel(node, shapes, values, policy)
        right = values[1]
        return self.spec(
            node,
            sizes,
            None if right is None else np.ascontiguousarray(right),
            policy,
            (0, 1) if right is None else (0,),
        )

    def spec(
        self,
        node: Node,
        sizes: Sizes,
        right: NDArray[Any] | None,
        policy: Policy,
        inputs: tuple[int, ...],
    ) -> KernelSpec:
        """The native kernel, of the right side where it is constant."""
        p = _parameters(node)
        zero_point = int(p.left.zero_point[0])
        return BatchMatMulSpec(sizes, right, p, policy, False, zero_point, inputs=inputs)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        left, right = known(node, inputs, 0), known(node, inputs, 1)
        sizes_of(node, [left.shape, right.shape])
        return [reference.batch_matmul(left, right, _parameters(node), policy)]


class BatchMatMulInt16(BatchMatMul):
    def spec(
        self,
        node: Node,
        sizes: Sizes,
        right: NDArray[Any] | None,
        policy: Policy,
        inputs: tuple[int, ...],
    ) -> KernelSpec:
        words = node.input(1).type == "INT16"
        return BatchMatMulInt16Spec(
            sizes, right, _parameters(node), policy, False, 0, inputs=inputs, right_is_int16=words
        )

    def check(self, tensor: Tensor, what: str) -> Iterator[str]:
        yield from super().check(tensor, what)
        if tensor.quantization is not None and tensor.quantization.zero_point.any():
            yield f"{what} {tensor!r}: INT16 needs a zero point of 0"

    def hazards(self, node: Node) -> Iterator[str]:
        scale = reference.effective_scale(_parameters(node), ScalePrecision.FLOAT_PRODUCT)
        if scale >= WIDE_SCALE_LIMIT:
            yield f"left * right / output scale is {WIDE_SCALE_LIMIT} or more"


def sizes_of(node: Node, shapes: Sequence[Shape]) -> Sizes:
    left, right = shapes[0], shapes[1]
    for shape in (left, right):
        if not MIN_RANK <= len(shape) <= MAX_RANK:
            raise shape_error(node, f"{list(shape)} is not of rank {MIN_RANK} to {MAX_RANK}")
    adjoint = _adjoint(node)
    rows, left_depth = left[-2:][::-1] if adjoint[0] else left[-2:]
    right_depth, columns = right[-2:][::-1] if adjoint[1] else right[-2:]
    try:
        batches = np.broadcast_shapes(left[:-2], right[:-2])
    except ValueError:
        batches = None
    if batches is None or left_depth != right_depth:
        raise shape_error(node, f"{list(left)} does not multiply {list(right)}")
    return Sizes(rows, left_depth, columns, batches, left[:-2], right[:-2])


def _adjoint(node: Node) -> tuple[bool, bool]:
    options = node.options
    return bool(getattr(options, "adj_x", False)), bool(getattr(options, "adj_y", False))


def _parameters(node: Node) -> BatchMatMulParameters:
    left, right, y = node.input(0), node.input(1), node.outputs[0]
    return BatchMatMulParameters(
        quantization(left),
        quantization(right),
        quantization(y),
        _adjoint(node),
        NUMPY_TYPES[y.type],
    )


table(
    "BATCH_MATMUL",
    Variant(BatchMatMul, INT8),
    Variant(BatchMatMulInt16, INT16),
    Variant(lazily("hybrid_products", "HybridBatchMatMul"), FLOAT, INT8),
    Variant(lazily("float_products", "batch_matmul"), FLOAT),
)
