"""Matrix products and convolutions on float32, by weights of float32 or of int8 (hybrid)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..reference import hybrid as hybrid_reference
from ..reference import plain_convolution as plain_reference
from ..runtimes.policy import Policy
from .base import elements
from .batch_matmul import BatchMatMul
from .convolution import Convolution
from .fully_connected import FullyConnected
from .hybrid import HybridOp
from .plain import PlainOp
from .transpose_conv import TransposeConv
from .window import window


def plain_fully_connected() -> PlainOp:
    op = FullyConnected()

    def run(node: Node, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        x, weights, *bias = inputs
        [shape] = op.output_shapes(node, [v.shape for v in inputs], inputs)
        rows = x.reshape(elements(shape[:-1]), weights.shape[1])
        y = plain_reference.fully_connected(rows, weights, bias[0].ravel() if bias else None)
        return [y.reshape(shape)]

    return PlainOp(op, run, required=2, optional=1)


def hybrid_fully_connected() -> HybridOp:
    op = FullyConnected()

    def run(
        node: Node,
        x: NDArray[Any],
        weights: NDArray[Any],
        scale: NDArray[Any],
        bias: NDArray[Any],
        policy: Policy,
    ) -> NDArray[Any]:
        [shape] = op.output_shapes(node, [x.shape, weights.shape, bias.shape], [x, weights, bias])
        rows = x.reshape(elements(shape[:-1]), weights.shape[1])
        asymmetric = bool(getattr(node.options, "asymmetric_quantize_inputs", False))
        if node.input(1).type == "INT4" and policy.hybrid.packs_int4:
            if hybrid_reference.is_packed(weights.shape):
                return hybrid_reference.packed_fully_connected(rows, weights, scale, bias)
        return hybrid_reference.fully_connected(
            rows, weights, scale, bias, policy.hybrid, asymmetric
        )

    return HybridOp(op, run, output_axis=0)


def plain_convolution(quantized: type[Convolution]) -> PlainOp:
    depthwise = quantized.depthwise
    function = plain_reference.depthwise_conv_2d if depthwise else plain_reference.conv_2d

    def run(node: Node, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        x, filter_, *bias = inputs
        place = _place(node, x.shape, filter_.shape)
        return [function(x, filter_, bias[0].ravel() if bias else None, **place)]

    return PlainOp(quantized(), run, required=2, optional=1)


def hybrid_convolution(quantized: type[Convolution]) -> HybridOp:
    depthwise = quantized.depthwise
    function = hybrid_reference.depthwise_conv_2d if depthwise else hybrid_reference.conv_2d

    def run(
        node: Node,
        x: NDArray[Any],
        filter_: NDArray[Any],
        scale: NDArray[Any],
        bias: NDArray[Any],
        policy: Policy,
    ) -> NDArray[Any]:
        place = _place(node, x.shape, filter_.shape)
        return function(x, filter_, scale, bias, policy.hybrid, **place)

    return HybridOp(quantized(), run, quantized.output_axis, needs_channels=depthwise)


def plain_transpose_conv() -> PlainOp:
    op = TransposeConv()

    def run(node: Node, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        size, filter_, x, *bias = inputs
        [shape] = op.output_shapes(node, [v.shape for v in inputs], inputs)
        placed = window(node.options, filter_.shape[1:3])
        _, pad = placed.place(node, shape[1:3])
        y = plain_reference.transpose_conv(x, filter_, placed.stride, shape[1:3], pad)
        return [y + bias[0].ravel() if bias else y]

    return PlainOp(op, run, required=3, optional=1, indices=(0,))


def plain_batch_matmul() -> PlainOp:
    def run(node: Node, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        sides = [
            np.swapaxes(side, -1, -2) if getattr(node.options, name, False) else side
            for side, name in zip(inputs, ("adj_x", "adj_y"), strict=True)
        ]
        return [np.matmul(*sides)]

    return PlainOp(BatchMatMul(), run, required=2)


class _HybridBatchMatMul(HybridOp):
    def refusals(self, node: Node) -> Iterator[str]:
        yield from super().refusals(node)
        if len(node.inputs) > 2:
            yield f"has {len(node.inputs)} inputs, expected 2"
        q = None if len(node.inputs) < 2 else node.input(1).quantization
        if q is not None and q.per_channel:
            yield f"{node.input(1)!r} is quantized per channel"


def hybrid_batch_matmul() -> HybridOp:
    def run(
        node: Node,
        x: NDArray[Any],
        weights: NDArray[Any],
        scale: NDArray[Any],
        bias: NDArray[Any],
        policy: Policy,
    ) -> NDArray[Any]:
        options = node.options
        left = np.swapaxes(x, -1, -2) if getattr(options, "adj_x", False) else x
        right = weights if getattr(options, "adj_y", False) else np.swapaxes(weights, -1, -2)
        is_asymmetric = bool(getattr(options, "asymmetric_quantize_inputs", False))
        factor = scale[0] if scale.size else np.float32(1)  # of no columns
        return hybrid_reference.batch_matmul(left, right, factor, policy.hybrid, is_asymmetric)

    return _HybridBatchMatMul(BatchMatMul(), run, output_axis=-1)


def _place(node: Node, shape: Shape, filter_: Shape) -> dict[str, tuple[int, int]]:
    """As the reference's ``strips`` takes it."""
    placed = window(node.options, filter_[1:3])
    size, pad = placed.place(node, shape[1:3])
    return {"stride": placed.stride, "dilation": placed.dilation, "size": size, "pad": pad}
