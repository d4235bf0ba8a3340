"""Matrix products and convolutions on float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..reference import plain_convolution as plain_reference
from .base import elements
from .batch_matmul import BatchMatMul
from .convolution import Convolution
from .fully_connected import FullyConnected
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


def plain_convolution(quantized: type[Convolution]) -> PlainOp:
    depthwise = quantized.depthwise
    function = plain_reference.depthwise_conv_2d if depthwise else plain_reference.conv_2d

    def run(node: Node, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        x, filter_, *bias = inputs
        place = _place(node, x.shape, filter_.shape)
        return [function(x, filter_, bias[0].ravel() if bias else None, **place)]

    return PlainOp(quantized(), run, required=2, optional=1)


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


def _place(node: Node, shape: Shape, filter_: Shape) -> dict[str, tuple[int, int]]:
    """As the reference's ``strips`` takes it."""
    placed = window(node.options, filter_[1:3])
    size, pad = placed.place(node, shape[1:3])
    return {"stride": placed.stride, "dilation": placed.dilation, "size": size, "pad": pad}
