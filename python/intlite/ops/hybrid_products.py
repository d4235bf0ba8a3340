"""Matrix products and convolutions of float32 by int8 or int4 weights: native kernels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..reference import hybrid as reference
from ..runtimes.policy import HybridPolicy, Policy
from .base import KernelSpec, elements
from .batch_matmul import BatchMatMul, sizes_of
from .convolution import Convolution
from .fully_connected import FullyConnected
from .hybrid import HybridOp, HybridWeights
from .plain import bounds
from .transpose_conv import TransposeConv, has_few_phases, transposed_bytes
from .window import window


@dataclass(frozen=True)
class Finish:
    """csrc/simd/epilogue.h, RealStage: what follows the sums; and how rows are quantized."""

    weights: HybridWeights
    rounding: _native.RowRounding
    formula: _native.RealFormula
    bounds: tuple[float, float]
    block_end: int = 0

    def arguments(self) -> dict[str, Any]:
        return {
            "scale": np.ascontiguousarray(self.weights.scale, np.float32),
            "bias": np.ascontiguousarray(self.weights.bias, np.float32),
            "rounding": self.rounding,
            "formula": self.formula,
            "block_end": self.block_end,
            "activation_min": self.bounds[0],
            "activation_max": self.bounds[1],
        }


@dataclass(frozen=True, eq=False)
class HybridMatMulSpec(KernelSpec):
    """csrc/kernels/hybrid_matmul.h.

    Attributes:
        matrices: Weights, [matrices, columns, depth].
        products: As for batch_matmul.h.
    """

    rows: int
    left_matrices: int
    left_adjoint: bool
    matrices: NDArray[np.int8]
    products: NDArray[np.int64]
    finish: Finish

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.hybrid_matmul(
            rows=self.rows,
            left_matrices=self.left_matrices,
            left_adjoint=self.left_adjoint,
            weights=np.ascontiguousarray(self.matrices),
            products=self.products,
            **self.finish.arguments(),
            isa=isa,
        )

    @property
    def is_batch_free(self) -> bool:
        # A matrix of zeros, all of a sample, leaves a bias of -0.0.
        return self.finish.formula is not _native.RealFormula.SCALES_FIRST

    @property
    def weight_bytes(self) -> int:
        return self.matrices.nbytes

    @property
    def packed_bytes(self) -> int:
        count, columns, depth = self.matrices.shape
        return int(count * _native.packed_bytes(depth, columns))

    @property
    def work(self) -> float:
        _, columns, depth = self.matrices.shape
        return float(self.products[:, 2].sum() * self.rows * columns * depth)


@dataclass(frozen=True, eq=False)
class HybridConvolutionSpec(KernelSpec):
    """csrc/kernels/hybrid_convolution.h."""

    depthwise: bool
    shape: Shape
    place: dict[str, tuple[int, int]]
    finish: Finish
    inputs: tuple[int, ...] = (0,)

    def make(self, isa: str = "") -> _native.Kernel:
        make = _native.hybrid_depthwise_conv_2d if self.depthwise else _native.hybrid_conv_2d
        return make(**self.arguments(), dilation=self.place["dilation"], isa=isa)

    def arguments(self) -> dict[str, Any]:
        """What all of them are made of."""
        images, height, width, channels = self.shape
        return {
            "images": images,
            "input": (height, width),
            "input_channels": channels,
            "output": self.place["size"],
            "stride": self.place["stride"],
            "padding": self.place["pad"],
            "weights": np.ascontiguousarray(self._filter),
            **self.finish.arguments(),
        }

    @property
    def _filter(self) -> NDArray[np.int8]:
        return self.finish.weights.values

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def output_rows(self) -> int:
        return self.shape[0] * self.place["size"][0]

    @property
    def weight_bytes(self) -> int:
        return self._filter.nbytes

    @property
    def packed_bytes(self) -> int:
        outputs, height, width, depth = self._filter.shape
        if self.depthwise:
            return _native.packed_bytes(2 * (height + 3) * (width + 1), depth)
        taps = height * width * (-(-depth // 4) * 4)
        groups = max(self.shape[3] // max(depth, 1), 1)
        return int(groups * _native.packed_bytes(taps, -(-outputs // groups)))

    @property
    def work(self) -> float:
        return float(self.shape[0] * elements(self.place["size"]) * self._filter.size)


@dataclass(frozen=True, eq=False)
class HybridTransposeConvSpec(HybridConvolutionSpec):
    """csrc/kernels/hybrid_transpose_conv.h.

    Attributes:
        scattered: No sums of integers.
    """

    scattered: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.hybrid_transpose_conv_2d(
            **self.arguments(), scattered=self.scattered, isa=isa
        )

    @property
    def output_rows(self) -> int:
        return 0

    @property
    def packed_bytes(self) -> int:
        if self.scattered:
            return 4 * self._filter.size
        return transposed_bytes(self._filter.shape, self.place["stride"])

    @property
    def work(self) -> float:
        return float(elements(self.shape[:3]) * self._filter.size)


def _row_rounding(policy: HybridPolicy, is_asymmetric: bool) -> _native.RowRounding:
    if policy.always_asymmetric:
        return _native.RowRounding.HALF_EVEN
    return _native.RowRounding.ASYMMETRIC if is_asymmetric else _native.RowRounding.SYMMETRIC


def _row_formula(policy: HybridPolicy) -> _native.RealFormula:
    return _native.RealFormula.FUSED if policy.fused_bias else _native.RealFormula.SCALES_FIRST


def _asks_asymmetric(node: Node) -> bool:
    return bool(getattr(node.options, "asymmetric_quantize_inputs", False))


def _one_matrix(rows: int, weights: NDArray[np.int8], finish: Finish) -> HybridMatMulSpec:
    return HybridMatMulSpec(rows, 1, False, weights[None], np.array([[0, 0, 1]]), finish)


class HybridFullyConnected(HybridOp):
    quantized = FullyConnected()
    output_axis = 0

    def run(
        self,
        node: Node,
        x: NDArray[Any],
        weights: HybridWeights,
        shape: Shape,
        policy: Policy,
    ) -> NDArray[Any]:
        values, scale, bias = weights.values, weights.scale, weights.bias
        rows = x.reshape(elements(shape[:-1]), values.shape[1])
        if self._is_packed(node, values.shape, policy):
            return reference.packed_fully_connected(rows, values, scale, bias)
        return reference.fully_connected(
            rows, values, scale, bias, policy.hybrid, _asks_asymmetric(node)
        )

    def spec(
        self, node: Node, x: Shape, weights: HybridWeights, shape: Shape, policy: Policy
    ) -> KernelSpec:
        values = weights.values
        if self._is_packed(node, values.shape, policy):
            rounding = _native.RowRounding.SYMMETRIC_HALF_AWAY
            finish = Finish(weights, rounding, _native.RealFormula.OFFSET, bounds(node))
            return _one_matrix(elements(shape[:-1]), values + np.int8(7), finish)
        rounding = _row_rounding(policy.hybrid, _asks_asymmetric(node))
        finish = Finish(weights, rounding, _row_formula(policy.hybrid), bounds(node))
        return _one_matrix(elements(shape[:-1]), values, finish)

    @staticmethod
    def _is_packed(node: Node, weights: Shape, policy: Policy) -> bool:
        packs = policy.hybrid.packs_int4 and node.input(1).type == "INT4"
        return packs and reference.is_packed((weights[0], weights[1]))


class HybridConvolution(HybridOp):
    def __init__(self, quantized: type[Convolution]) -> None:
        self.quantized = quantized()
        self.depthwise = quantized.depthwise
        self.output_axis = quantized.output_axis
        self.needs_channels = self.depthwise

    def run(
        self,
        node: Node,
        x: NDArray[Any],
        weights: HybridWeights,
        shape: Shape,
        policy: Policy,
    ) -> NDArray[Any]:
        function = reference.depthwise_conv_2d if self.depthwise else reference.conv_2d
        values, scale, bias = weights.values, weights.scale, weights.bias
        place = _place(node, x.shape, values.shape)
        return function(x, values, scale, bias, policy.hybrid, **place)

    def spec(
        self, node: Node, x: Shape, weights: HybridWeights, shape: Shape, policy: Policy
    ) -> KernelSpec:
        filter_, hybrid = weights.values.shape, policy.hybrid
        place = _place(node, x, filter_)
        if self.depthwise:
            finish = self._depthwise_finish(node, weights, hybrid)
            return HybridConvolutionSpec(True, x, place, finish)
        way = reference.convolution_way(x[3], weights.values, weights.scale, hybrid, place)
        rounding = _row_rounding(hybrid, way.is_asymmetric)
        formula = _native.RealFormula.COLUMN_FIRST if way.column_first else _row_formula(hybrid)
        finish = Finish(weights, rounding, formula, bounds(node))
        if way.pixels_are_rows:
            return _one_matrix(elements(x[:3]), weights.values.reshape(filter_[0], -1), finish)
        return HybridConvolutionSpec(False, x, place, finish)

    def _depthwise_finish(self, node: Node, weights: HybridWeights, hybrid: HybridPolicy) -> Finish:
        formula, end = _row_formula(hybrid), 0
        if hybrid.depthwise_block is not None:
            formula = _native.RealFormula.COLUMN_BLOCKS
            end = weights.scale.size // hybrid.depthwise_block * hybrid.depthwise_block
        rounding = _native.RowRounding.ASYMMETRIC
        return Finish(weights, rounding, formula, bounds(node), end)


class HybridBatchMatMul(HybridOp):
    quantized = BatchMatMul()
    output_axis = -1

    def refusals(self, node: Node) -> Iterator[str]:
        yield from super().refusals(node)
        if len(node.inputs) > 2:
            yield f"has {len(node.inputs)} inputs, expected 2"
        q = None if len(node.inputs) < 2 else node.input(1).quantization
        if q is not None and q.per_channel:
            yield f"{node.input(1)!r} is quantized per channel"

    def run(
        self,
        node: Node,
        x: NDArray[Any],
        weights: HybridWeights,
        shape: Shape,
        policy: Policy,
    ) -> NDArray[Any]:
        left = np.swapaxes(x, -1, -2) if getattr(node.options, "adj_x", False) else x
        right = self._columns(node, weights.values)
        factor = weights.scale[0] if weights.scale.size else np.float32(1)  # of no columns
        return reference.batch_matmul(left, right, factor, policy.hybrid, _asks_asymmetric(node))

    def spec(
        self, node: Node, x: Shape, weights: HybridWeights, shape: Shape, policy: Policy
    ) -> KernelSpec | None:
        sizes = sizes_of(node, [x, weights.values.shape])
        if not sizes.is_native:
            return None
        columns = (sizes.columns,)
        factor = weights.scale[0] if weights.scale.size else np.float32(1)
        right = self._columns(node, weights.values)
        of_columns = HybridWeights(
            right, np.full(columns, factor, np.float32), np.zeros(columns, np.float32)
        )
        rounding = _row_rounding(policy.hybrid, _asks_asymmetric(node))
        formula = _row_formula(policy.hybrid)
        return HybridMatMulSpec(
            sizes.rows,
            prod(sizes.left),
            bool(getattr(node.options, "adj_x", False)),
            np.ascontiguousarray(right).reshape(-1, sizes.columns, sizes.depth),
            sizes.products(),
            Finish(of_columns, rounding, formula, bounds(node)),
        )

    @staticmethod
    def _columns(node: Node, weights: NDArray[np.int8]) -> NDArray[np.int8]:
        """Stored column by column."""
        return weights if getattr(node.options, "adj_y", False) else np.swapaxes(weights, -1, -2)


class HybridTransposeConv(HybridOp):
    quantized = TransposeConv()
    output_axis = 0
    data_input = 2
    bias_input = 3

    def run(
        self,
        node: Node,
        x: NDArray[Any],
        weights: HybridWeights,
        shape: Shape,
        policy: Policy,
    ) -> NDArray[Any]:
        values, scale, bias = weights.values, weights.scale, weights.bias
        place = _transposed_place(node, values.shape, shape)
        return reference.transpose_conv(x, values, scale, bias, policy.hybrid, **place)

    def spec(
        self, node: Node, x: Shape, weights: HybridWeights, shape: Shape, policy: Policy
    ) -> KernelSpec | None:
        place = _transposed_place(node, weights.values.shape, shape)
        if not has_few_phases(weights.values.shape, place["stride"]):
            return None
        rounding = _row_rounding(policy.hybrid, True)
        finish = Finish(weights, rounding, _row_formula(policy.hybrid), bounds(node))
        scattered = policy.hybrid.transposed_in_float
        return HybridTransposeConvSpec(False, x, place, finish, (2,), scattered)


def _transposed_place(node: Node, filter_: Shape, shape: Shape) -> dict[str, tuple[int, int]]:
    placed = window(node.options, filter_[1:3])
    _, pad = placed.place(node, shape[1:3])
    return {"stride": placed.stride, "size": (shape[1], shape[2]), "pad": pad}


def _place(node: Node, shape: Shape, filter_: Shape) -> dict[str, tuple[int, int]]:
    """As the reference's ``strips`` takes it."""
    placed = window(node.options, filter_[1:3])
    size, pad = placed.place(node, shape[1:3])
    return {"stride": placed.stride, "dilation": placed.dilation, "size": size, "pad": pad}
