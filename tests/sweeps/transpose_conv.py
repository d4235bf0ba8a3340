"""Random cases of TRANSPOSE_CONV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema.options import TransposeConvOptions

from ..models import NO_TENSOR, Network
from .base import Arrays, Case, generator
from .base import quantization as quantized
from .convolution import ACTIVATIONS, KINDS, PADDINGS, draw_case, stated_bias_type, type_kind
from .plain import ProductCase, draw_activation, draw_filter_size, draw_floats


@dataclass(frozen=True, eq=False)
class TransposeConvCase(Case):
    operator: ClassVar[str] = "TRANSPOSE_CONV"
    x: NDArray[Any]
    filter: NDArray[Any]
    bias: NDArray[Any] | None
    is_bias_absent: bool
    input: Quantization
    weights: Quantization
    output: Quantization
    activation: str
    padding: str
    stride: tuple[int, int]
    size: tuple[int, int]

    @property
    def kind(self) -> str:
        kind = type_kind(self.x, self.bias, self.weights)
        return kind + (" without bias" if self.bias is None else "")

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype = Network(), self.x.dtype.name.upper()
        shape = (self.x.shape[0], *self.size, self.filter.shape[0])
        inputs = [
            net.constant(np.array(shape, np.int32), "INT32"),
            net.constant(self.filter, self.filter.dtype.name.upper(), self.weights),
            net.input(self.x.shape, dtype, self.input),
        ]
        if self.bias is not None:
            scales = quantized(self.input.scale[0] * self.weights.scale)
            inputs.append(net.constant(self.bias, self.bias.dtype.name.upper(), scales))
        elif self.is_bias_absent:
            inputs.append(NO_TENSOR)
        y = net.output(shape, dtype, self.output)
        options = TransposeConvOptions(
            padding=PADDINGS[self.padding],
            stride_h=self.stride[0],
            stride_w=self.stride[1],
            fused_activation_function=ACTIVATIONS[self.activation],
            quantized_bias_type=stated_bias_type(self.x, self.bias),
        )
        net.operator(self.operator, inputs, [y], options)
        return net.bytes(), (self.x,)

    def refusal(self, flavour: str) -> str | None:
        if flavour == "tflm" and self.x.dtype == np.uint8:
            return "not supported|Type UINT8|failed"
        factor = (
            np.float32(np.float32(self.input.scale[0] * self.weights.scale)) / self.output.scale[0]
        )
        if flavour == "litert" and self.x.dtype != np.int16 and (factor >= 256).any():
            return "failed to prepare"
        return None

    def is_misread(self, flavour: str) -> bool:
        """TFLite Micro reads every bias of int16 images as int64."""
        narrow = self.bias is not None and self.bias.dtype == np.int32
        return flavour == "tflm" and self.x.dtype == np.int16 and narrow

    def smaller(self) -> Iterator[Case]:
        if self.bias is not None:
            yield replace(self, bias=None)
        if self.activation != "NONE":
            yield replace(self, activation="NONE")
        if self.x.shape[0] > 1:
            yield replace(self, x=self.x[:1])


@generator("TRANSPOSE_CONV")
def transpose_conv(rng: Generator, index: int) -> TransposeConvCase:
    kind = KINDS[index % 6]
    channels = int(rng.choice([1, 2, 3, 4, 7, 16, 33]))
    outputs = int(rng.choice([1, 2, 3, 5, 8, 11, 16, 17, 24]))
    if "channel" in kind:
        outputs = max(outputs, 2)
    filter_size = [int(rng.choice([1, 2, 3, 3, 4, 5])) for _ in range(2)]
    drawn = draw_case(rng, kind, (outputs, *filter_size, channels), channels, outputs, 0)
    del drawn["dilation"]
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    limit = int(rng.choice([1, 4, 9]))
    x = drawn["x"][:, :limit, :limit]
    # Any output of which a convolution makes the input.
    extra = filter_size if drawn["padding"] == "VALID" else [1, 1]
    least = [(x.shape[1 + i] - 1) * stride[i] + extra[i] for i in (0, 1)]
    size = (least[0] + int(rng.integers(stride[0])), least[1] + int(rng.integers(stride[1])))
    bias = drawn["bias"] if rng.random() < 0.7 else None
    drawn.update(x=x, stride=stride, size=size, bias=bias)
    return TransposeConvCase(is_bias_absent=bool(rng.random() < 0.3), **drawn)


@generator("TRANSPOSE_CONV", plain=True)
def plain_transpose_conv(rng: Generator, index: int) -> ProductCase:
    channels, outputs = int(rng.choice([1, 2, 3, 8, 17])), int(rng.choice([1, 2, 3, 8, 17]))
    filter_size = draw_filter_size(rng)
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    is_valid = bool(rng.integers(2))
    x = draw_floats(rng, (int(rng.integers(1, 3)), *rng.integers(1, 8, 2).tolist(), channels))
    extra = filter_size if is_valid else (1, 1)
    least = [(x.shape[1 + i] - 1) * stride[i] + extra[i] for i in (0, 1)]
    size = [n + int(rng.integers(s)) for n, s in zip(least, stride, strict=True)]
    shape = (x.shape[0], size[0], size[1], outputs)
    # -0.0 would stay so, or not: what lies outside of the image XNNPACK multiplies as zeros.
    bias = draw_floats(rng, (outputs,)) + np.float32(0) if rng.random() < 0.7 else None
    option = TransposeConvOptions(
        padding=PADDINGS["VALID" if is_valid else "SAME"],
        stride_h=stride[0],
        stride_w=stride[1],
        fused_activation_function=draw_activation(rng),
    )
    filter_ = draw_floats(rng, (outputs, *filter_size, channels), 1)
    arrays = (np.array(shape, np.int32), filter_, x, bias)
    constant = (0, 1, 3)
    return ProductCase(
        "TRANSPOSE_CONV", arrays, shape, option, constant, output="float32", magnitude=None
    )
