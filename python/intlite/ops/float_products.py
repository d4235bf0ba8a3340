"""Matrix products and convolutions of float32 by float32, whose sums are those of the policy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..reference import plain_convolution as reference
from ..runtimes.policy import Policy
from .base import KernelSpec, Op, Values, elements
from .batch_matmul import BatchMatMul
from .convolution import Convolution
from .fully_connected import FullyConnected
from .plain import PlainOp, bounds
from .transpose_conv import BIAS, FILTER, IMAGE, TransposeConv
from .window import window

FLOAT_BYTES = 4
# Columns of one panel: csrc/simd/gemm.h.
PANEL = 16

Real = NDArray[np.float32]


@dataclass(frozen=True)
class Place:
    """Where a filter goes over an image: height first."""

    stride: tuple[int, int]
    dilation: tuple[int, int]
    size: tuple[int, int]
    pad: tuple[int, int]


@dataclass(frozen=True, eq=False)
class FloatWindowSpec(KernelSpec):
    """What the kernels of float32 convolutions are made of.

    Attributes:
        shape: The image's.
        filter: Height, width and input channels of a filter.
        outputs: The output's channels.
        place: Where the filter goes.
        weights, bias: The constants; None where a run gives them, or where there is no bias.
        has_bias: Whether there is one.
        activation: The bounds of the output.
        fused: How products are added: ``Policy.fused_sums``.
        inputs: The operator's inputs that a run gives.
    """

    shape: Shape
    filter: tuple[int, int, int]
    outputs: int
    place: Place
    weights: Real | None
    bias: Real | None
    has_bias: bool
    activation: tuple[float, float]
    fused: bool
    inputs: tuple[int, ...] = (0,)

    @abstractmethod
    def make(self, isa: str = "") -> _native.Kernel: ...

    def arguments(self) -> dict[str, Any]:
        """What all of them take."""
        images, height, width, channels = self.shape
        return {
            "images": images,
            "input": (height, width),
            "input_channels": channels,
            "output": self.place.size,
            "output_channels": self.outputs,
            "filter": self.filter[:2],
            "stride": self.place.stride,
            "padding": self.place.pad,
            "weights": self.weights,
            "bias": self.bias,
            "has_bias": self.has_bias,
            "activation": self.activation,
            "fused": self.fused,
        }

    @property
    def is_batch_free(self) -> bool:
        return len(self.inputs) == 1

    @property
    def weight_bytes(self) -> int:
        return 0 if self.weights is None else self.weights.nbytes

    @property
    def packed_bytes(self) -> int:
        depth = prod(self.filter)
        # Padded columns of all groups, or of all phases of the taps.
        groups = max(self.shape[3] // max(self.filter[2], 1), 1)
        return FLOAT_BYTES * depth * (self.outputs + groups * PANEL)

    @property
    def work(self) -> float:
        pixels = self.shape[0] * elements(self.place.size)
        return float(pixels) * prod(self.filter) * self.outputs


class FloatConvSpec(FloatWindowSpec):
    """csrc/kernels/plain/conv.h."""

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.float_conv_2d(
            **self.arguments(),
            dilation=self.place.dilation,
            group_channels=self.filter[2],
            isa=isa,
        )


@dataclass(frozen=True, eq=False)
class FloatDepthwiseSpec(FloatWindowSpec):
    """csrc/kernels/plain/depthwise_conv.h.

    Attributes:
        by_column: Whether taps are added column by column.
        from_bias: Whether rounded sums start from the bias, as fused ones do.
    """

    by_column: bool = False
    from_bias: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.float_depthwise_conv_2d(
            **self.arguments(),
            dilation=self.place.dilation,
            columns_first=self.by_column,
            from_bias=self.from_bias,
            isa=isa,
        )

    @property
    def packed_bytes(self) -> int:
        taps = self.filter[0] * self.filter[1]
        return FLOAT_BYTES * ((taps + 1) * self.outputs + 2 * taps + self.shape[2] * self.outputs)


@dataclass(frozen=True, eq=False)
class FloatTransposeConvSpec(FloatWindowSpec):
    """csrc/kernels/plain/transpose_conv.h.

    Attributes:
        later_taps_first: Whether the last taps of the filter are added first.
    """

    later_taps_first: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.float_transpose_conv_2d(
            **self.arguments(), taps_descend=self.later_taps_first, isa=isa
        )

    @property
    def work(self) -> float:
        return float(elements(self.shape[:3])) * prod(self.filter) * self.outputs


@dataclass(frozen=True, eq=False)
class FloatBatchMatMulSpec(KernelSpec):
    """csrc/kernels/plain/batch_matmul.h.

    Attributes:
        left, right, output: Shapes, as they are stored.
        adjoint: Which sides are stored transposed.
        constant: The right side, or None where a run gives it.
        fused: How products are added.
    """

    left: Shape
    right: Shape
    output: Shape
    adjoint: tuple[bool, bool]
    constant: Real | None
    fused: bool
    inputs: tuple[int, ...] = (0, 1)

    @property
    def depth(self) -> int:
        return self.left[-2 if self.adjoint[0] else -1]

    def make(self, isa: str = "") -> _native.Kernel:
        batches = self.output[:-2]
        pairs = [
            np.broadcast_to(np.arange(prod(s[:-2])).reshape(s[:-2]), batches).ravel()
            for s in (self.left, self.right)
        ]
        return _native.float_batch_matmul(
            rows=self.output[-2],
            depth=self.depth,
            columns=self.output[-1],
            left_matrices=prod(self.left[:-2]),
            right_matrices=prod(self.right[:-2]),
            left_adjoint=self.adjoint[0],
            right_adjoint=self.adjoint[1],
            right=self.constant,
            products=np.stack(pairs, 1).astype(np.int64),
            fused=self.fused,
            isa=isa,
        )

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def packed_bytes(self) -> int:
        matrices = 1 if self.constant is None else prod(self.right[:-2])
        pairs = 2 * 8 * elements(self.output[:-2])
        return FLOAT_BYTES * matrices * self.depth * (self.output[-1] + PANEL) + 2 * pairs

    @property
    def work(self) -> float:
        return float(elements(self.output)) * self.depth


class FloatProductOp(PlainOp):
    """An operator whose ``product`` is what the policy makes of its inputs."""

    def __init__(
        self, quantized: Op, required: int, optional: int = 0, indices: Sequence[int] = ()
    ) -> None:
        super().__init__(quantized, _no_function, required, optional, indices)

    def product(
        self, node: Node, inputs: Sequence[NDArray[Any]], shape: Shape, policy: Policy
    ) -> NDArray[Any]:
        """The output, of this shape, before its activation."""
        raise NotImplementedError

    def computed_by(
        self, node: Node, inputs: Sequence[NDArray[Any]], policy: Policy
    ) -> Sequence[NDArray[Any]]:
        [shape] = self.output_shapes(node, [v.shape for v in inputs], inputs)
        return [self.product(node, inputs, shape, policy).reshape(shape)]


def _no_function(node: Node, inputs: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
    raise NotImplementedError


def _bias(inputs: Sequence[NDArray[Any]], i: int) -> Real | None:
    return inputs[i].ravel() if len(inputs) > i else None


def _constants(node: Node, values: Values, image: int, weights: int, bias: int) -> dict[str, Any]:
    """The spec's weights, its bias, and the inputs that a run gives."""
    given = [i for i in (weights, bias) if node.optional(i) is not None and values[i] is None]
    found = values[bias] if node.optional(bias) is not None else None
    return {
        "weights": _stored(values[weights]),
        "bias": None if found is None else _stored(found.ravel()),
        "has_bias": node.optional(bias) is not None,
        "activation": bounds(node),
        "inputs": tuple(sorted((image, *given))),
    }


def _stored(value: NDArray[Any] | None) -> Real | None:
    return None if value is None else np.ascontiguousarray(value, np.float32)


class FloatFullyConnected(FloatProductOp):
    def product(
        self, node: Node, inputs: Sequence[NDArray[Any]], shape: Shape, policy: Policy
    ) -> NDArray[Any]:
        x, weights = inputs[:2]
        rows = x.reshape(elements(shape[:-1]), weights.shape[1])
        return reference.fully_connected(rows, weights, _bias(inputs, 2), policy)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [shape] = self.output_shapes(node, shapes, values)
        units, depth = shapes[1]
        rows = elements(shape[:-1])
        return FloatConvSpec(
            shape=(1, rows, 1, depth),
            filter=(1, 1, depth),
            outputs=units,
            place=Place((1, 1), (1, 1), (rows, 1), (0, 0)),
            fused=policy.fused_sums,
            **_constants(node, values, 0, 1, 2),
        )


class FloatConvolution(FloatProductOp):
    """CONV_2D, and DEPTHWISE_CONV_2D whose class is ``depthwise``."""

    def __init__(self, quantized: type[Convolution]) -> None:
        super().__init__(quantized(), required=2, optional=1)
        self.depthwise = quantized.depthwise

    def product(
        self, node: Node, inputs: Sequence[NDArray[Any]], shape: Shape, policy: Policy
    ) -> NDArray[Any]:
        x, filter_ = inputs[:2]
        define = reference.depthwise_conv_2d if self.depthwise else reference.conv_2d
        place = _place(node, x.shape, filter_.shape)
        return define(x, filter_, _bias(inputs, 2), policy, **vars(place))

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        image, filter_ = shapes[:2]
        found = _constants(node, values, 0, 1, 2)
        weights, channels = found.pop("weights"), image[3]
        by_channel, outputs = filter_[2 if self.depthwise else 3], filter_[0]
        if self.depthwise:
            by_channel, outputs = 1, filter_[3]
        # Each output channel that sees one input channel alone is depthwise, and of one input
        # channel a depthwise filter of several outputs is dense: it fills vectors.
        alone = by_channel == 1 and outputs == channels
        from_bias = self.depthwise and policy.depthwise_from_bias
        is_depthwise = alone or from_bias or (self.depthwise and channels > 1)
        if is_depthwise != self.depthwise and outputs > 1 and weights is None:
            is_depthwise = self.depthwise  # the layouts of weights differ
        elif is_depthwise != self.depthwise and weights is not None:
            weights = np.ascontiguousarray(weights.transpose(3, 1, 2, 0))
        more: dict[str, Any] = {}
        if is_depthwise:
            multiplier = outputs // channels
            more["from_bias"] = from_bias
            more["by_column"] = reference.adds_by_column(filter_[1:3], multiplier, policy)
        return (FloatDepthwiseSpec if is_depthwise else FloatConvSpec)(
            shape=image,
            filter=(filter_[1], filter_[2], by_channel),
            outputs=outputs,
            place=_place(node, image, filter_),
            weights=weights,
            fused=policy.fused_sums,
            **found,
            **more,
        )


class FloatTransposeConv(FloatProductOp):
    def product(
        self, node: Node, inputs: Sequence[NDArray[Any]], shape: Shape, policy: Policy
    ) -> NDArray[Any]:
        filter_, x = inputs[FILTER], inputs[IMAGE]
        placed = window(node.options, filter_.shape[1:3])
        _, pad = placed.place(node, shape[1:3])
        bias = _bias(inputs, BIAS)
        return reference.transpose_conv(x, filter_, bias, policy, placed.stride, shape[1:3], pad)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [shape] = self.output_shapes(node, shapes, values)
        outputs, height, width, channels = shapes[FILTER]
        placed = window(node.options, (height, width))
        size = (shape[1], shape[2])
        _, pad = placed.place(node, size)
        return FloatTransposeConvSpec(
            shape=shapes[IMAGE],
            filter=(height, width, channels),
            outputs=outputs,
            place=Place(placed.stride, placed.dilation, size, pad),
            fused=policy.fused_sums,
            later_taps_first=policy.later_taps_first,
            **_constants(node, values, IMAGE, FILTER, BIAS),
        )


class FloatBatchMatMul(FloatProductOp):
    def product(
        self, node: Node, inputs: Sequence[NDArray[Any]], shape: Shape, policy: Policy
    ) -> NDArray[Any]:
        left, right = (
            np.swapaxes(side, -1, -2) if is_adjoint else side
            for side, is_adjoint in zip(inputs, _adjoint(node), strict=True)
        )
        return reference.batch_matmul(left, right, policy)

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [shape] = self.output_shapes(node, shapes, values)
        constant = _stored(values[1])
        return FloatBatchMatMulSpec(
            left=shapes[0],
            right=shapes[1],
            output=shape,
            adjoint=_adjoint(node),
            constant=constant,
            fused=policy.fused_sums,
            inputs=(0, 1) if constant is None else (0,),
        )


def _adjoint(node: Node) -> tuple[bool, bool]:
    options = node.options
    return bool(getattr(options, "adj_x", False)), bool(getattr(options, "adj_y", False))


def _place(node: Node, shape: Shape, filter_: Shape) -> Place:
    placed = window(node.options, filter_[1:3])
    size, pad = placed.place(node, shape[1:3])
    return Place(placed.stride, placed.dilation, size, pad)


def fully_connected() -> PlainOp:
    return FloatFullyConnected(FullyConnected(), required=2, optional=1)


def convolution(quantized: type[Convolution]) -> PlainOp:
    return FloatConvolution(quantized)


def transpose_conv() -> PlainOp:
    return FloatTransposeConv(TransposeConv(), required=3, optional=1, indices=(0,))


def batch_matmul() -> PlainOp:
    return FloatBatchMatMul(BatchMatMul(), required=2)
