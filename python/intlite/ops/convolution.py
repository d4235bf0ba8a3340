"""CONV_2D and DEPTHWISE_CONV_2D: int8 or uint8 images by constant filters of the same type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import NUMPY_TYPES, Node, Shape
from ..numerics import Arithmetic
from ..quantization import activation_range
from ..reference import convolution as reference
from ..reference.convolution import CHANNEL_BLOCK, ConvolutionParameters
from .base import (
    EIGHT_BIT,
    KernelSpec,
    Op,
    Values,
    arity,
    check_activation,
    check_quantized,
    check_scales,
    elements,
    fused_activation,
    is_delegable_bias,
    known,
    lazily,
    quantization,
    register,
    shape_error,
)
from .requantize import FP32, GEMMLOWP, RUY, Requantization
from .window import check_image, check_window, window

# XNNPACK's requantization takes effective scales below this.
XNNPACK_SCALE_LIMIT = 256


@dataclass(frozen=True, eq=False)
class ConvolutionSpec(KernelSpec):
    """csrc/kernels/conv.h and depthwise_conv.h."""

    depthwise: bool
    shape: Shape
    filter: NDArray[Any]
    bias: NDArray[np.int32] | None
    parameters: ConvolutionParameters
    arithmetic: Arithmetic
    input_unsigned: bool
    input_zero_point: int
    flip: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        p, (images, height, width, channels) = self.parameters, self.shape
        make = _native.depthwise_conv_2d if self.depthwise else _native.conv_2d
        return make(
            images=images,
            input=(height, width),
            input_channels=channels,
            output=p.output_size,
            stride=p.stride,
            dilation=p.dilation,
            padding=p.pad_before,
            weights=np.ascontiguousarray(self.filter),
            weights_zero_point=int(p.filter.zero_point[0]),
            input_unsigned=self.input_unsigned,
            input_zero_point=self.input_zero_point,
            epilogue=self._requantization().make(),
            isa=isa,
        )

    def _requantization(self) -> Requantization:
        p = self.parameters
        outputs = self.filter.shape[3 if self.depthwise else 0]
        rounding, tail = GEMMLOWP, None
        if self.arithmetic == "xnnpack":
            rounding = FP32
        elif self.arithmetic == "builtin" and self.depthwise:
            # The uint8 kernel's vector code rounds as its scalar code does.
            if np.dtype(p.dtype) == np.int8:
                rounding, tail = RUY, outputs // CHANNEL_BLOCK * CHANNEL_BLOCK
        elif self.arithmetic == "builtin" and self.filter.shape[3] == self.shape[3]:
            rounding = RUY
        return Requantization(
            self.bias,
            reference.effective_scale(p, self.arithmetic),
            outputs,
            rounding,
            int(p.output.zero_point[0]),
            activation_range(p.activation, p.output, p.dtype, self.arithmetic == "xnnpack"),
            tail,
            flip=self.flip,
        )

    @property
    def is_batch_free(self) -> bool:
        return True

    def with_flipped_input(self) -> KernelSpec:
        moved = self.input_zero_point + (-128 if self.input_unsigned else 128)
        return replace(self, input_unsigned=not self.input_unsigned, input_zero_point=moved)

    def with_flipped_output(self) -> KernelSpec:
        return replace(self, flip=not self.flip)

    @property
    def work(self) -> float:
        pixels = self.shape[0] * elements(self.parameters.output_size)
        return float(pixels * self.filter.size)


class Convolution(Op):
    """What both have in common; the subclasses say where the channels are."""

    filter_input = 1
    depthwise: bool
    output_axis: int

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2, optional=1):
            yield from reasons
            return
        x, filter_, y = node.input(0), node.input(1), node.outputs[0]
        types = {x.type, filter_.type, y.type}
        if len(types) != 1 or x.type not in EIGHT_BIT:
            yield (
                f"{x.type} input, {filter_.type} filter and {y.type} output are not "
                "supported; all INT8 or all UINT8 are"
            )
            return
        yield from check_quantized(x, "input")
        yield from check_quantized(filter_, "filter", per_channel=True)
        yield from check_quantized(y, "output")
        yield from check_scales(x, filter_)
        yield from check_activation(node)
        yield from self.option_refusals(node)
        bias = node.optional(2)
        if bias is not None and bias.type != "INT32":
            yield f"bias {bias!r} is not INT32"
        q = filter_.quantization
        if q is not None and q.per_channel and q.axis != self.output_axis:
            yield f"filter {filter_!r}: per channel needs dimension {self.output_axis}"
        if q is not None and filter_.type == "INT8" and q.zero_point.any():
            yield f"filter {filter_!r}: INT8 needs zero points of 0"
        if q is not None and filter_.type == "UINT8" and q.per_channel:
            yield f"filter {filter_!r}: UINT8 per channel"

    def option_refusals(self, node: Node) -> Iterator[str]:
        filter_, bias = node.input(1), node.optional(2)
        yield from check_window(node.options)
        if len(filter_.shape) != 4 or 0 in filter_.shape:
            yield f"filter {filter_!r} is not of rank 4, or empty"
            return
        outputs = filter_.shape[self.output_axis]
        if self.depthwise and filter_.shape[0] != 1:
            yield f"filter {filter_!r} does not begin with dimension 1"
        if bias is not None and elements(bias.shape) != outputs:
            yield f"bias {bias!r}: expected {outputs} values"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        batch, height, width, channels = check_image(node, shapes[0])
        filter_ = shapes[1]
        outputs = filter_[self.output_axis]
        if self.depthwise:
            fits = channels > 0 and outputs % channels == 0
        else:
            fits = channels > 0 and channels % filter_[3] == 0
            fits = fits and outputs % (channels // filter_[3]) == 0
        if not fits:
            raise shape_error(node, f"input {list(shapes[0])} does not fit filter {list(filter_)}")
        size, _ = window(node.options, filter_[1:3]).place(node, (height, width))
        return [(batch, *size, outputs)]

    def delegated(self, node: Node) -> bool:
        if not node.input(1).is_constant or not is_delegable_bias(node.optional(2)):
            return False
        p = _parameters(node, (1, 1), (0, 0))
        # Beyond this LiteRT refuses the whole model; here the other kernels run it.
        scale = reference.effective_scale(p, "xnnpack")
        return bool((scale < XNNPACK_SCALE_LIMIT).all())

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, arithmetic: Arithmetic
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        bias = known(node, values, 2).ravel() if node.optional(2) is not None else None
        p = self._placed(node, shapes)
        return ConvolutionSpec(
            self.depthwise,
            shapes[0],
            known(node, values, 1),
            bias,
            p,
            arithmetic,
            node.input(0).type == "UINT8",
            int(p.input.zero_point[0]),
        )

    def reference(self, node: Node, inputs: Values, arithmetic: Arithmetic) -> list[NDArray[Any]]:
        x, filter_ = known(node, inputs, 0), known(node, inputs, 1)
        bias = known(node, inputs, 2).ravel() if node.optional(2) is not None else None
        shapes = [() if v is None else v.shape for v in inputs]
        self.output_shapes(node, shapes, inputs)
        run = reference.depthwise_conv_2d if self.depthwise else reference.conv_2d
        return [run(x, filter_, bias, self._placed(node, shapes), arithmetic)]

    @staticmethod
    def _placed(node: Node, shapes: Sequence[Shape]) -> ConvolutionParameters:
        placed = window(node.options, shapes[1][1:3]).place(node, shapes[0][1:3])
        return _parameters(node, *placed)


@register(
    "CONV_2D",
    lazily("products", "plain_convolution"),
    lazily("products", "hybrid_convolution"),
)
class Conv2D(Convolution):
    depthwise = False
    output_axis = 0


@register(
    "DEPTHWISE_CONV_2D",
    lazily("products", "plain_convolution"),
    lazily("products", "hybrid_convolution"),
)
class DepthwiseConv2D(Convolution):
    depthwise = True
    output_axis = 3


def _parameters(node: Node, size: tuple[int, int], pad: tuple[int, int]) -> ConvolutionParameters:
    x, filter_, y = node.input(0), node.input(1), node.outputs[0]
    placed = window(node.options, filter_.shape[1:3])
    return ConvolutionParameters(
        quantization(x),
        quantization(filter_),
        quantization(y),
        fused_activation(node),
        NUMPY_TYPES[y.type],
        placed.stride,
        placed.dilation,
        size,
        pad,
    )
