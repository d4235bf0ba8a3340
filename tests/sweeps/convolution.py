"""Random cases of CONV_2D and DEPTHWISE_CONV_2D."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema.enums import TENSOR_TYPES
from intlite.schema.options import Conv2DOptions, DepthwiseConv2DOptions

from ..models import Network
from .base import Arrays, Case, draw_values, draw_zero_point, generator, log_uniform, power_of_two
from .base import quantization as quantized

KINDS = ("int8", "int8 per channel", "uint8", "int16 per channel", "int16 int32 bias", "int16")
ACTIVATIONS = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}
PADDINGS = {"SAME": 0, "VALID": 1}


def type_kind(x: NDArray[Any], bias: NDArray[Any] | None, weights: Quantization) -> str:
    """One of KINDS."""
    narrow = x.dtype == np.int16 and bias is not None and bias.dtype == np.int32
    channels = " per channel" if weights.per_channel else ""
    return f"{x.dtype}{channels}" + (" int32 bias" if narrow else "")


def stated_bias_type(x: NDArray[Any], bias: NDArray[Any] | None) -> int:
    """What the options say of an int16 operator's bias: nothing, unless it is int32."""
    if x.dtype != np.int16 or bias is None or bias.dtype != np.int32:
        return 0
    return TENSOR_TYPES.index("INT32")


@dataclass(frozen=True, eq=False)
class ConvolutionCase(Case):
    """Both operators: filters are OHWI, or 1HWO for the depthwise one."""

    x: NDArray[Any]
    filter: NDArray[Any]
    bias: NDArray[Any]
    input: Quantization
    weights: Quantization
    output: Quantization
    activation: str
    padding: str
    stride: tuple[int, int]
    dilation: tuple[int, int]
    is_int4: bool = False

    @property
    def kind(self) -> str:
        kind = type_kind(self.x, self.bias, self.weights)
        return kind.replace("int8", "int4") if self.is_int4 else kind

    @property
    def output_channels(self) -> int:
        return self.bias.size

    def output_shape(self) -> tuple[int, ...]:
        sizes = []
        for i in (0, 1):
            extent = (self.filter.shape[1 + i] - 1) * self.dilation[i] + 1
            size = (
                self.x.shape[1 + i] if self.padding == "SAME" else self.x.shape[1 + i] - extent + 1
            )
            sizes.append(-(-size // self.stride[i]))
        return (self.x.shape[0], *sizes, self.output_channels)

    def options(self) -> Any:
        raise NotImplementedError

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype = Network(), self.x.dtype.name.upper()
        x = net.input(self.x.shape, dtype, self.input)
        dtype_of_filter = "INT4" if self.is_int4 else self.filter.dtype.name.upper()
        weights = net.constant(self.filter, dtype_of_filter, self.weights)
        scales = self.input.scale[0] * self.weights.scale
        bias = net.constant(self.bias, self.bias.dtype.name.upper(), quantized(scales))
        y = net.output(self.output_shape(), dtype, self.output)
        net.operator(self.operator, [x, weights, bias], [y], self.options())
        return net.bytes(), (self.x,)

    def refusal(self, flavour: str) -> str | None:
        if flavour == "tflm" and self.x.dtype == np.uint8:
            return "not supported|Type UINT8|failed"
        factor = (
            np.float32(np.float32(self.input.scale[0] * self.weights.scale))
            / (self.output.scale[0])
        )
        if flavour == "litert" and self.x.dtype != np.int16 and (factor >= 256).any():
            return "failed to prepare"
        return None

    def smaller(self) -> Iterator[Case]:
        if self.x.shape[0] > 1:
            yield replace(self, x=self.x[:1])
        if self.activation != "NONE":
            yield replace(self, activation="NONE")
        if self.dilation != (1, 1):
            yield replace(self, dilation=(1, 1))
        if self.stride != (1, 1):
            yield replace(self, stride=(1, 1))


class Conv2DCase(ConvolutionCase):
    operator: ClassVar[str] = "CONV_2D"

    @property
    def kind(self) -> str:
        grouped = " grouped" if not self.is_int4 and self.filter.shape[3] != self.x.shape[3] else ""
        return super().kind + grouped

    def options(self) -> Conv2DOptions:
        return Conv2DOptions(
            padding=PADDINGS[self.padding],
            stride_h=self.stride[0],
            stride_w=self.stride[1],
            dilation_h_factor=self.dilation[0],
            dilation_w_factor=self.dilation[1],
            fused_activation_function=ACTIVATIONS[self.activation],
            quantized_bias_type=stated_bias_type(self.x, self.bias),
        )


class DepthwiseConv2DCase(ConvolutionCase):
    operator: ClassVar[str] = "DEPTHWISE_CONV_2D"

    @property
    def kind(self) -> str:
        is_repeated = self.output_channels != self.x.shape[3] and not self.is_int4
        return super().kind + (" multiplied" if is_repeated else "")

    def options(self) -> DepthwiseConv2DOptions:
        return DepthwiseConv2DOptions(
            padding=PADDINGS[self.padding],
            stride_h=self.stride[0],
            stride_w=self.stride[1],
            dilation_h_factor=self.dilation[0],
            dilation_w_factor=self.dilation[1],
            depth_multiplier=self.output_channels // self.x.shape[3],
            fused_activation_function=ACTIVATIONS[self.activation],
        )


@generator("CONV_2D")
def conv_2d(rng: Generator, index: int) -> Case:
    return _conv_2d(rng, KINDS[index % 6])


def _conv_2d(rng: Generator, kind: str) -> Conv2DCase:
    groups = 2 if kind != "uint8" and rng.random() < 0.25 else 1
    group_channels = int(rng.choice([1, 2, 3, 4, 7, 16, 33]))
    outputs = int(rng.choice([1, 2, 3, 5, 8, 16, 17, 40])) * groups
    if "channel" in kind:
        outputs = max(outputs, 2)
    size = _filter_size(rng)
    shape = (outputs, *size, group_channels)
    return Conv2DCase(**draw_case(rng, kind, shape, group_channels * groups, outputs, 0))


@generator("DEPTHWISE_CONV_2D")
def depthwise_conv_2d(rng: Generator, index: int) -> Case:
    return _depthwise_conv_2d(rng, [k for k in KINDS if "bias" not in k][index % 5])


def _depthwise_conv_2d(rng: Generator, kind: str) -> DepthwiseConv2DCase:
    channels = int(rng.choice([1, 2, 3, 7, 8, 9, 16, 17, 24, 33]))
    multiplier = int(rng.choice([1, 1, 1, 2, 3, 8]))
    outputs = channels * multiplier
    if "channel" in kind and outputs == 1:
        multiplier, outputs = 2, 2
    shape = (1, *_filter_size(rng), outputs)
    return DepthwiseConv2DCase(**draw_case(rng, kind, shape, channels, outputs, 3))


def narrowed(weights: NDArray[Any]) -> NDArray[np.int8]:
    """Of 4 bits."""
    return np.asarray(weights // 16, np.int8)


def with_int4(case: ConvolutionCase) -> ConvolutionCase:
    """The same with a narrower filter."""
    output = quantized(case.output.scale / 16, case.output.zero_point)
    return replace(case, filter=narrowed(case.filter), output=output, is_int4=True)


@generator("CONV_2D", plain=True)
def conv_2d_int4(rng: Generator, index: int) -> ConvolutionCase:
    return with_int4(_conv_2d(rng, KINDS[index % 2]))


@generator("DEPTHWISE_CONV_2D", plain=True)
def depthwise_conv_2d_int4(rng: Generator, index: int) -> ConvolutionCase:
    return with_int4(_depthwise_conv_2d(rng, KINDS[index % 2]))


def _filter_size(rng: Generator) -> tuple[int, int]:
    return int(rng.choice([1, 1, 2, 3, 3, 5])), int(rng.choice([1, 1, 2, 3, 3, 5]))


def draw_case(
    rng: Generator, kind: str, shape: tuple[int, ...], channels: int, outputs: int, axis: int
) -> dict[str, Any]:
    dtype = kind.split()[0]
    filter_dtype = "uint8" if kind == "uint8" else "int8"
    dilation = (1, 1)
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    if rng.random() < 0.25:
        dilation, stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4))), (1, 1)
    extent = [(shape[1 + i] - 1) * dilation[i] + 1 for i in (0, 1)]
    padding = str(rng.choice(["SAME", "VALID"]))
    least = extent if padding == "VALID" else [1, 1]
    size = [int(rng.integers(low, low + 9)) for low in least]
    x = draw_values(rng, (int(rng.integers(1, 3)), *size, channels), dtype)
    filter_ = draw_values(rng, shape, filter_dtype)
    if filter_dtype == "int8":
        filter_ = np.maximum(filter_, -127)
    input_ = _scale(rng, 1e-3, 0.1)
    count = outputs if "channel" in kind else 1
    weights = [_scale(rng, 1e-3, 0.05) for _ in range(count)]
    zero_point = draw_zero_point(rng, "uint8") if dtype == "uint8" else 0
    depth = filter_.size // outputs
    spread = 70 * 70 * np.sqrt(depth) * input_ * float(np.mean(weights))
    output = spread * log_uniform(rng, 0.3, 3) / 50
    if rng.random() < 0.34:
        output = power_of_two(output)
    bias = rng.integers(-(2**14), 2**14, outputs)
    if dtype == "int16":
        bias *= 2**8  # sums are 256 times as large, and so are the output's codes
    if rng.random() < 0.05:
        bias = rng.integers(-(2**31), 2**31, outputs)
    bias = bias.astype(np.int64 if dtype == "int16" and "bias" not in kind else np.int32)
    return {
        "x": x,
        "filter": filter_,
        "bias": bias,
        "input": quantized(input_, 0 if dtype == "int16" else draw_zero_point(rng, dtype)),
        "weights": quantized(weights, zero_point, axis if count > 1 else _one_axis(rng)),
        "output": quantized(output, 0 if dtype == "int16" else draw_zero_point(rng, dtype)),
        "activation": str(rng.choice(["NONE", "NONE", *ACTIVATIONS])),
        "padding": padding,
        "stride": stride,
        "dilation": dilation,
    }


def _one_axis(rng: Generator) -> int:
    """Where there is one scale the dimension means nothing, yet the delegate looks at it."""
    return int(rng.choice([0, 0, 0, 1, 3]))


def _scale(rng: Generator, low: float, high: float) -> float:
    scale = log_uniform(rng, low, high)
    return power_of_two(scale) if rng.random() < 0.34 else scale
