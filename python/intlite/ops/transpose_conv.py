"""TRANSPOSE_CONV: images by filters of the same type, int16 ones by int8."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape, Tensor
from ..reference import transpose_conv as reference
from ..reference.convolution import ConvolutionParameters
from ..runtimes.policy import BlockRounding, Policy
from .base import (
    EIGHT_BIT,
    FLOAT,
    INT8,
    INT16,
    Border,
    KernelSpec,
    Op,
    Values,
    arity,
    elements,
    known,
    shape_error,
)
from .convolution import (
    ConvolutionSpec,
    check_convolution,
    check_geometry,
    check_weights,
    parameters,
)
from .convolution_int16 import ConvolutionInt16Spec
from .operator_table import ANY, Variant, lazily, table
from .weights import check_bias, check_int16_bias
from .window import check_image, window

SHAPE, FILTER, IMAGE, BIAS = range(4)
MAX_STRIDE: Final = 2**15 - 1
# Each phase of the output packs weights of its own.
MAX_PHASES: Final = 256


@dataclass(frozen=True, eq=False)
class TransposeConvSpec(ConvolutionSpec):
    """csrc/kernels/transpose_conv.h."""

    inputs = (IMAGE,)

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.transpose_conv_2d(**self.arguments(), isa=isa)

    def with_border(self, border: Border) -> KernelSpec | None:
        return None  # its padding is of the output

    @property
    def output_rows(self) -> int:
        return 0  # a phase writes every stride-th of them

    def rounding(self) -> BlockRounding:
        found = self.policy.transposed_rounding(self.parameters.dtype)
        # Of elements there are whole blocks only: see is_native.
        return BlockRounding(rounding=found.rounding) if found.by_element else found

    @property
    def packed_bytes(self) -> int:
        return transposed_bytes(self.filter.shape, self.parameters.stride)

    @property
    def work(self) -> float:
        return float(elements(self.shape[:3]) * self.filter.size)


class TransposeConvInt16Spec(ConvolutionInt16Spec, TransposeConvSpec):
    """csrc/kernels/transpose_conv_int16.h."""

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.transpose_conv_2d_int16(**self.arguments(), isa=isa)


def transposed_bytes(filter_: Shape, stride: tuple[int, int]) -> int:
    """Of packed weights: a matrix for each phase of the strides, of some of the taps."""
    outputs, height, width, depth = filter_
    phases = min(height, stride[0]) * min(width, stride[1])
    taps = -(-height * width // max(phases, 1))
    return int(phases * _native.packed_bytes((taps + height + width) * depth, outputs))


def has_few_phases(filter_: Shape, stride: tuple[int, int]) -> bool:
    """Whether the native kernel takes so many."""
    return min(filter_[1], stride[0]) * min(filter_[2], stride[1]) <= MAX_PHASES


class TransposeConv(Op):
    filter_input = FILTER
    check_bias = staticmethod(check_bias)
    spec: ClassVar[type[TransposeConvSpec]] = TransposeConvSpec

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 3, optional=1):
            yield from reasons
            return
        shape = node.input(SHAPE)
        if not _is_size(shape):
            yield f"output shape {shape!r} is not a vector of INT32"
        x, filter_, bias = node.input(IMAGE), node.input(FILTER), node.optional(BIAS)
        yield from check_convolution(node, x, filter_, bias, 0, self.check_bias)
        yield from _check_strides(node)

    def option_refusals(self, node: Node) -> Iterator[str]:
        shape, filter_, bias = node.input(SHAPE), node.input(FILTER), node.optional(BIAS)
        if not _is_size(shape):
            yield f"output shape {shape!r} is not a vector of INT32"
        reasons = list(check_geometry(node, filter_))
        yield from reasons
        if not reasons and bias is not None and elements(bias.shape) != filter_.shape[0]:
            yield f"bias {bias!r}: expected {filter_.shape[0]} values"
        yield from _check_strides(node)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        batch, height, width, channels = check_image(node, shapes[IMAGE])
        check_weights(node, shapes, FILTER, BIAS, 0)
        shape, filter_ = tuple(known(node, values, SHAPE).ravel().tolist()), shapes[FILTER]
        if len(shape) != 4 or min(shape) < 0:
            raise shape_error(node, f"output shape {list(shape)} is not that of an image")
        if (shape[0], shape[3], channels) != (batch, filter_[0], filter_[3]):
            raise shape_error(
                node,
                f"input {list(shapes[IMAGE])} by filter {list(filter_)} does not give {shape}",
            )
        # The input is what a convolution would make of the output.
        size, _ = window(node.options, filter_[1:3]).place(node, shape[1:3])
        if size != (height, width):
            raise shape_error(
                node, f"an output of {shape[1:3]} needs an input of {size}, not {(height, width)}"
            )
        return [shape]

    def macs(self, node: Node, shapes: Sequence[Shape]) -> int:
        return elements(shapes[IMAGE][:3]) * elements(shapes[FILTER])

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        (shape,) = self.output_shapes(node, shapes, values)
        is_unsigned = node.input(IMAGE).type == "UINT8"
        rounding = policy.transposed_rounding(node.input(IMAGE).dtype)
        if not _is_native(node, shapes[FILTER], shape, rounding):
            return super().kernel(node, shapes, values, policy)
        p = _placed(node, shapes[FILTER], shape)
        return self.spec(
            False,
            shapes[IMAGE],
            known(node, values, FILTER),
            _bias(node, values),
            p,
            policy,
            is_unsigned,
            int(p.input.zero_point[0]),
        )

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x, filter_ = known(node, inputs, IMAGE), known(node, inputs, FILTER)
        shapes = [() if v is None else v.shape for v in inputs]
        (shape,) = self.output_shapes(node, shapes, inputs)
        p = _placed(node, filter_.shape, shape)
        return [reference.transpose_conv(x, filter_, _bias(node, inputs), p, policy)]


class TransposeConvInt16(TransposeConv):
    check_bias = staticmethod(check_int16_bias)
    spec = TransposeConvInt16Spec


def _is_size(tensor: Tensor) -> bool:
    """Whether it may hold the output's shape."""
    return tensor.type == "INT32" and (len(tensor.shape) == 1 or not tensor.has_shape)


def _check_strides(node: Node) -> Iterator[str]:
    if node.options is not None:
        strides = node.options.stride_h, node.options.stride_w
        if max(strides) > MAX_STRIDE:
            yield f"strides {strides} exceed {MAX_STRIDE}"


def _is_native(node: Node, filter_: Shape, shape: Shape, rounding: BlockRounding) -> bool:
    """Whether the native kernel has the rounding, and few phases."""
    if rounding.by_element and elements(shape) % rounding.block:
        return False
    return has_few_phases(filter_, window(node.options, filter_[1:3]).stride)


def _placed(node: Node, filter_: Shape, shape: Shape) -> ConvolutionParameters:
    placed = window(node.options, filter_[1:3])
    _, pad = placed.place(node, shape[1:3])
    return parameters(node, placed, (shape[1], shape[2]), pad, IMAGE)


def _bias(node: Node, values: Values) -> NDArray[Any] | None:
    return known(node, values, BIAS).ravel() if node.optional(BIAS) is not None else None


table(
    "TRANSPOSE_CONV",
    Variant(TransposeConv, ANY, EIGHT_BIT, EIGHT_BIT),
    Variant(TransposeConvInt16, ANY, INT8, INT16),
    Variant(lazily("hybrid_products", "HybridTransposeConv"), ANY, INT8, FLOAT),
    Variant(lazily("float_products", "transpose_conv"), ANY, FLOAT),
)
