"""CONV_2D and DEPTHWISE_CONV_2D: int8 or uint8 images by filters of their type, int16 by int8."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import NUMPY_TYPES, Node, Shape, Tensor
from ..quantization import activation_range
from ..reference import convolution as reference
from ..reference.convolution import ConvolutionParameters
from ..runtimes.policy import BlockRounding, Policy
from .base import (
    EIGHT_BIT,
    FLOAT,
    INT8,
    INT16,
    Border,
    Constants,
    KernelSpec,
    Op,
    Values,
    arity,
    check_activation,
    elements,
    fused_activation,
    known,
    quantization,
    shape_error,
)
from .operator_table import Variant, lazily, table
from .requantize import Requantization
from .weights import (
    BiasCheck,
    check_bias,
    check_quantizations,
    check_types,
    has_wide_sums,
)
from .window import Window, check_image, check_window, window

if TYPE_CHECKING:
    from ..explanation import Explanation

# From so many on, a depthwise filter of one input channel goes as a dense one.
_DENSE_CHANNELS = 4
# And a column of pixels as a row: of fewer, rows of vectors stay half empty.
_COLUMN_HEIGHT = 4


@dataclass(frozen=True, eq=False)
class ConvolutionSpec(KernelSpec):
    """csrc/kernels/conv.h and depthwise_conv.h."""

    depthwise: bool
    shape: Shape
    filter: NDArray[Any]
    bias: NDArray[Any] | None
    parameters: ConvolutionParameters
    policy: Policy
    input_unsigned: bool
    input_zero_point: int
    flip: bool = False

    def make(self, isa: str = "") -> _native.Kernel:
        if self._is_column:
            return self._turned().make(isa)
        make = _native.depthwise_conv_2d if self.depthwise else _native.conv_2d
        arguments = self.arguments()
        if self._is_dense:
            make = _native.conv_2d
            arguments["weights"] = np.ascontiguousarray(self.filter.transpose(3, 1, 2, 0))
        return make(dilation=self.parameters.dilation, **arguments, isa=isa)

    @property
    def _is_dense(self) -> bool:
        """Of one input channel all convolutions are depthwise, and CONV_2D's fill vectors."""
        return self.depthwise and self.shape[3] == 1 and self.filter.shape[3] >= _DENSE_CHANNELS

    @property
    def _is_column(self) -> bool:
        """Of images and filters one pixel wide, which kernels compute as rows of pixels."""
        height, width = self.parameters.output_size
        is_narrow = width == self.shape[2] == self.filter.shape[2] == 1
        is_whole = self.parameters.pad_before[1] == 0 and self.filter.shape[1] > 1
        return is_narrow and is_whole and height >= _COLUMN_HEIGHT

    def _turned(self) -> ConvolutionSpec:
        """The same pixels and weights, height and width exchanged."""
        (images, height, width, channels), p = self.shape, self.parameters
        outer, rows, columns, inner = self.filter.shape
        return replace(
            self,
            shape=(images, width, height, channels),
            filter=self.filter.reshape(outer, columns, rows, inner),
            parameters=replace(
                p,
                stride=p.stride[::-1],
                dilation=p.dilation[::-1],
                output_size=p.output_size[::-1],
                pad_before=p.pad_before[::-1],
            ),
        )

    def arguments(self) -> dict[str, Any]:
        """What every native convolution is made of."""
        p, (images, height, width, channels) = self.parameters, self.shape
        return {
            "images": images,
            "input": (height, width),
            "input_channels": channels,
            "output": p.output_size,
            "stride": p.stride,
            "padding": p.pad_before,
            "weights": np.ascontiguousarray(self.filter),
            "weights_zero_point": int(p.filter.zero_point[0]),
            "input_unsigned": self.input_unsigned,
            "input_zero_point": self.input_zero_point,
            "epilogue": self.requantization.make(),
        }

    def rounding(self) -> BlockRounding:
        if self.depthwise:
            return self.policy.depthwise_rounding(self.parameters.dtype)
        is_dense = self.filter.shape[3] == self.shape[3]
        return self.policy.dense if is_dense else self.policy.grouped

    @property
    def constants(self) -> Constants:
        p, (_, height, width, channels) = self.parameters, self.shape
        of_axes = {
            "input": (height, width),
            "output": p.output_size,
            "filter": self.filter.shape[1:3],
            "stride": p.stride,
            "dilation": p.dilation,
        }
        axes = ("height", "width")
        found: Constants = {
            f"{what}_{axis}": int(v)
            for what, values in of_axes.items()
            for axis, v in zip(axes, values, strict=True)
        }
        return {
            "batch": self.shape[0],
            "input_channels": channels,
            "output_channels": self.filter.shape[3 if self.depthwise else 0],
            **found,
            "pad_top": p.pad_before[0],
            "pad_left": p.pad_before[1],
            "input_zero_point": self.input_zero_point,
            "filter_zero_point": int(p.filter.zero_point[0]),
            **self.requantization.constants,
        }

    @property
    def requantization(self) -> Requantization:
        p = self.parameters
        return Requantization(
            self.bias,
            reference.effective_scale(p, self.policy),
            self.filter.shape[3 if self.depthwise else 0],
            self.rounding(),
            int(p.output.zero_point[0]),
            activation_range(p.activation, p.output, p.dtype, self.policy.half_even_bounds),
            flip=self.flip,
        )

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def output_rows(self) -> int:
        return self.shape[0] * self.parameters.output_size[1 if self._is_column else 0]

    def of_row(self, rows: int) -> ConvolutionSpec | None:
        images, height, width, channels = self.shape
        p = self.parameters
        pointwise = self.filter.shape[1:3] == p.stride == (1, 1) and p.pad_before == (0, 0)
        if self.depthwise or not pointwise or p.output_size != (height, width):
            return None
        if rows != images * height:
            return None
        one = replace(p, output_size=(1, width))
        return replace(self, shape=(1, 1, width, channels), parameters=one)

    def with_border(self, border: Border) -> KernelSpec | None:
        if border.value != self.input_zero_point:
            return None
        p = self.parameters
        pad = (p.pad_before[0] + border.top, p.pad_before[1] + border.left)
        return replace(self, shape=border.shape, parameters=replace(p, pad_before=pad))

    def with_flipped_input(self) -> KernelSpec | None:
        moved = self.input_zero_point + (-128 if self.input_unsigned else 128)
        return replace(self, input_unsigned=not self.input_unsigned, input_zero_point=moved)

    def with_flipped_output(self) -> KernelSpec | None:
        return replace(self, flip=not self.flip)

    @property
    def weight_bytes(self) -> int:
        return self.filter.nbytes

    @property
    def packed_bytes(self) -> int:
        outputs, height, width, depth = self.filter.shape
        if self._is_dense:
            return _native.packed_bytes(4 * height * width, depth)  # padded, at most
        if self.depthwise:  # lanes of four bytes: of four rows, or of two columns of 16 bits
            return _native.packed_bytes(2 * (height + 3) * (width + 1), depth)
        taps = height * width * (-(-depth // 4) * 4)  # padded to steps of four, at most
        groups = max(self.shape[3] // max(depth, 1), 1)
        return int(groups * _native.packed_bytes(taps, -(-outputs // groups)))

    @property
    def work(self) -> float:
        pixels = self.shape[0] * elements(self.parameters.output_size)
        return float(pixels * self.filter.size)


def check_geometry(node: Node, filter_: Tensor) -> Iterator[str]:
    """Reasons to refuse the options, and a filter that is none."""
    yield from check_window(node.options)
    if len(filter_.shape) != 4 or 0 in filter_.shape:
        yield f"filter {filter_!r} is not of rank 4, or empty"


def check_weights(
    node: Node, shapes: Sequence[Shape], filter_: int, bias: int, output_axis: int
) -> None:
    """The file's weights fit, but a caller may resize those that are inputs.

    Raises:
        ShapeError: The filter is none, or its scales or the bias are not one each output.
    """
    shape, q = shapes[filter_], node.input(filter_).quantization
    if len(shape) != 4 or 0 in shape:
        raise shape_error(node, f"filter of shape {list(shape)} is not of rank 4, or empty")
    outputs = shape[output_axis]
    if q is not None and q.per_channel and q.scale.size != outputs:
        raise shape_error(node, f"{q.scale.size} scales for filter {list(shape)}")
    if node.optional(bias) is not None and len(shapes) > bias and elements(shapes[bias]) != outputs:
        raise shape_error(node, f"bias of shape {list(shapes[bias])} for {outputs} outputs")


def check_convolution(
    node: Node,
    x: Tensor,
    filter_: Tensor,
    bias: Tensor | None,
    output_axis: int,
    check_bias: BiasCheck,
) -> Iterator[str]:
    """Reasons to refuse an image, a filter with its outputs along one axis, and the options."""
    y = node.outputs[0]
    narrow = node.operator.name != "TRANSPOSE_CONV"
    if reasons := list(check_types(x, filter_, y, "filter", narrow)):
        yield from reasons
        return
    yield from check_quantizations(x, filter_, y, "filter")
    yield from check_activation(node)
    reasons = list(check_geometry(node, filter_))
    yield from reasons
    if reasons:
        return
    outputs, q = filter_.shape[output_axis], filter_.quantization
    if q is not None and q.per_channel and q.axis != output_axis:
        yield f"filter {filter_!r}: per channel needs dimension {output_axis}"
    if q is not None and filter_.type == "INT8" and not q.is_symmetric:
        yield f"filter {filter_!r}: INT8 needs zero points of 0"
    if q is not None and filter_.type == "UINT8" and q.per_channel:
        yield f"filter {filter_!r}: UINT8 per channel"
    yield from check_bias(node, x, filter_, bias, outputs)


class Convolution(Op):
    """What both have in common; the subclasses say where the channels are."""

    filter_input = 1
    check_bias = staticmethod(check_bias)
    spec: ClassVar[type[ConvolutionSpec]] = ConvolutionSpec
    depthwise: bool
    output_axis: int

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2, optional=1):
            yield from reasons
            return
        x, filter_, bias = node.input(0), node.input(1), node.optional(2)
        yield from check_convolution(node, x, filter_, bias, self.output_axis, self.check_bias)
        yield from self._check_depthwise(filter_)

    def option_refusals(self, node: Node) -> Iterator[str]:
        filter_, bias = node.input(1), node.optional(2)
        if reasons := list(check_geometry(node, filter_)):
            yield from reasons
            return
        yield from self._check_depthwise(filter_)
        outputs = filter_.shape[self.output_axis]
        if bias is not None and elements(bias.shape) != outputs:
            yield f"bias {bias!r}: expected {outputs} values"

    def _check_depthwise(self, filter_: Tensor) -> Iterator[str]:
        if self.depthwise and len(filter_.shape) == 4 and filter_.shape[0] != 1:
            yield f"filter {filter_!r} does not begin with dimension 1"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        batch, height, width, channels = check_image(node, shapes[0])
        check_weights(node, shapes, 1, 2, self.output_axis)
        filter_ = shapes[1]
        outputs = filter_[self.output_axis]
        if self.depthwise:
            fits = channels > 0 and outputs % channels == 0 and filter_[0] == 1
        else:
            fits = channels > 0 and channels % filter_[3] == 0
            fits = fits and outputs % (channels // filter_[3]) == 0
        if not fits:
            raise shape_error(node, f"input {list(shapes[0])} does not fit filter {list(filter_)}")
        size, _ = window(node.options, filter_[1:3]).place(node, (height, width))
        return [(batch, *size, outputs)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        bias = known(node, values, 2).ravel() if node.optional(2) is not None else None
        p = self._placed(node, shapes)
        return self.spec(
            self.depthwise,
            shapes[0],
            known(node, values, 1),
            bias,
            p,
            policy,
            node.input(0).type == "UINT8",
            int(p.input.zero_point[0]),
        )

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x, filter_ = known(node, inputs, 0), known(node, inputs, 1)
        bias = known(node, inputs, 2).ravel() if node.optional(2) is not None else None
        shapes = [() if v is None else v.shape for v in inputs]
        self.output_shapes(node, shapes, inputs)
        run = reference.depthwise_conv_2d if self.depthwise else reference.conv_2d
        return [run(x, filter_, bias, self._placed(node, shapes), policy)]

    def explain(
        self, node: Node, inputs: Values, index: tuple[int, ...], policy: Policy
    ) -> Explanation | None:
        from .convolution_explanation import explain

        p = self._placed(node, [() if v is None else v.shape for v in inputs])
        return explain(node, inputs, index, policy, p, self.depthwise)

    @staticmethod
    def _placed(node: Node, shapes: Sequence[Shape]) -> ConvolutionParameters:
        placed = window(node.options, shapes[1][1:3])
        return parameters(node, placed, *placed.place(node, shapes[0][1:3]))


class Conv2D(Convolution):
    depthwise = False
    output_axis = 0


class DepthwiseConv2D(Convolution):
    depthwise = True
    output_axis = 3


def parameters(
    node: Node,
    placed: Window,
    size: tuple[int, int] = (1, 1),
    pad: tuple[int, int] = (0, 0),
    image_input: int = 0,
) -> ConvolutionParameters:
    """The reference's parameters, with the output's size and what lies before the image."""
    y = node.outputs[0]
    return ConvolutionParameters(
        quantization(node.input(image_input)),
        quantization(node.input(1)),
        quantization(y),
        fused_activation(node),
        NUMPY_TYPES[y.type],
        placed.stride,
        placed.dilation,
        size,
        pad,
        has_wide_sums(node, node.input(image_input)),
    )


table(
    "CONV_2D",
    Variant(Conv2D, EIGHT_BIT),
    Variant(lazily("convolution_int16", "convolution_int16", Conv2D), INT16),
    Variant(lazily("hybrid_products", "HybridConvolution", Conv2D), FLOAT, INT8),
    Variant(lazily("float_products", "convolution", Conv2D), FLOAT),
)
table(
    "DEPTHWISE_CONV_2D",
    Variant(DepthwiseConv2D, EIGHT_BIT),
    Variant(lazily("convolution_int16", "convolution_int16", DepthwiseConv2D), INT16),
    Variant(lazily("hybrid_products", "HybridConvolution", DepthwiseConv2D), FLOAT, INT8),
    Variant(lazily("float_products", "convolution", DepthwiseConv2D), FLOAT),
)
