"""Random cases of AVERAGE_POOL_2D, MAX_POOL_2D, MEAN, SOFTMAX and normalizations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema.options import L2NormOptions, Pool2DOptions, ReducerOptions, SoftmaxOptions

from ..models import Network
from .base import (
    Arrays,
    Case,
    draw_size,
    draw_values,
    draw_zero_point,
    generator,
    log_uniform,
    power_of_two,
    quantization,
)

TYPES = ("int8", "uint8")
ACTIVATIONS = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}
# What the runtimes ask for, by kind of case.
OUTPUTS_OF_SOFTMAX = {
    "int8": (1 / 256, -128),
    "uint8": (1 / 256, 0),
    "int16": (1 / 32768, 0),
    "int8 to int16": (1 / 65536, -32768),
}
NOT_IN_TFLM = "not supported|Type UINT8|failed|Failed"


class EightBitCase(Case):
    """What they have in common: an 8-bit input, and no uint8 in TFLite Micro."""

    x: NDArray[Any]

    @property
    def kind(self) -> str:
        return str(self.x.dtype)

    def refusal(self, flavour: str) -> str | None:
        return NOT_IN_TFLM if flavour == "tflm" and self.x.dtype == np.uint8 else None


@dataclass(frozen=True, eq=False)
class PoolCase(EightBitCase):
    x: NDArray[Any]
    quantization: Quantization
    filter: tuple[int, int]
    stride: tuple[int, int]
    padding: str
    activation: str

    def output_shape(self) -> tuple[int, ...]:
        sizes = [
            -(-(n if self.padding == "SAME" else n - f + 1) // s)
            for n, f, s in zip(self.x.shape[1:3], self.filter, self.stride, strict=True)
        ]
        return (self.x.shape[0], *sizes, self.x.shape[3])

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype = Network(), self.x.dtype.name.upper()
        x = net.input(self.x.shape, dtype, self.quantization)
        y = net.output(self.output_shape(), dtype, self.quantization)
        options = Pool2DOptions(
            padding=("SAME", "VALID").index(self.padding),
            stride_h=self.stride[0],
            stride_w=self.stride[1],
            filter_height=self.filter[0],
            filter_width=self.filter[1],
            fused_activation_function=ACTIVATIONS[self.activation],
        )
        net.operator(self.operator, [x], [y], options)
        return net.bytes(), (self.x,)

    def smaller(self) -> Iterator[Case]:
        if self.x.shape[0] > 1:
            yield replace(self, x=self.x[:1])
        if self.x.shape[3] > 1:
            yield replace(self, x=self.x[..., :1])
        if self.activation != "NONE":
            yield replace(self, activation="NONE")


class AveragePoolCase(PoolCase):
    operator: ClassVar[str] = "AVERAGE_POOL_2D"
    delegate_matters: ClassVar[bool] = False


class MaxPoolCase(PoolCase):
    operator: ClassVar[str] = "MAX_POOL_2D"


@dataclass(frozen=True, eq=False)
class MeanCase(EightBitCase):
    operator: ClassVar[str] = "MEAN"

    x: NDArray[Any]
    input: Quantization
    output: Quantization
    axes: tuple[int, ...]
    keep_dims: bool

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype = Network(), self.x.dtype.name.upper()
        x = net.input(self.x.shape, dtype, self.input)
        axes = net.constant(np.array(self.axes, np.int32), "INT32")
        axes_ = tuple({a % self.x.ndim for a in self.axes})
        shape = np.zeros(self.x.shape, np.int8).sum(axes_, keepdims=self.keep_dims).shape
        y = net.output(shape, dtype, self.output)
        net.operator(self.operator, [x, axes], [y], ReducerOptions(keep_dims=self.keep_dims))
        return net.bytes(), (self.x,)


@dataclass(frozen=True, eq=False)
class SoftmaxCase(EightBitCase):
    operator: ClassVar[str] = "SOFTMAX"
    delegate_matters: ClassVar[bool] = False

    x: NDArray[Any]
    input: Quantization
    beta: float
    is_wide: bool = False  # 8 bits to int16

    @property
    def kind(self) -> str:
        return f"{self.x.dtype} to int16" if self.is_wide else str(self.x.dtype)

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype = Network(), self.x.dtype.name.upper()
        x = net.input(self.x.shape, dtype, self.input)
        scale, zero_point = OUTPUTS_OF_SOFTMAX[self.kind]
        output_type = "INT16" if self.is_wide else dtype
        y = net.output(self.x.shape, output_type, quantization(scale, zero_point))
        net.operator(self.operator, [x], [y], SoftmaxOptions(beta=self.beta))
        return net.bytes(), (self.x,)

    def smaller(self) -> Iterator[Case]:
        rows = self.x.reshape(-1, self.x.shape[-1])
        if len(rows) > 1:
            yield replace(self, x=rows[:1])
            yield replace(self, x=rows[1:])


@dataclass(frozen=True, eq=False)
class NormalizationCase(EightBitCase):
    """Along the last dimension, to the one output quantization that there may be."""

    delegate_matters: ClassVar[bool] = False

    op: str
    x: NDArray[Any]
    input: Quantization
    scale: float
    zero_point: int

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype = Network(), self.x.dtype.name.upper()
        x = net.input(self.x.shape, dtype, self.input)
        y = net.output(self.x.shape, dtype, quantization(self.scale, self.zero_point))
        options = L2NormOptions() if self.op == "L2_NORMALIZATION" else None
        net.operator(self.op, [x], [y], options)
        return net.bytes(), (self.x,)

    def smaller(self) -> Iterator[Case]:
        rows = self.x.reshape(-1, self.x.shape[-1])
        if len(rows) > 1:
            yield replace(self, x=rows[:1])
            yield replace(self, x=rows[1:])


def _quantization(rng: Generator, dtype: str, low: float = 1e-3, high: float = 0.5) -> Quantization:
    scale = log_uniform(rng, low, high)
    if rng.random() < 0.34:
        scale = power_of_two(scale)
    return quantization(scale, draw_zero_point(rng, dtype))


def _pool(rng: Generator, index: int) -> dict[str, Any]:
    dtype = TYPES[index % 2]
    filter_ = int(rng.integers(1, 6)), int(rng.integers(1, 6))
    padding = str(rng.choice(["SAME", "VALID"]))
    least = filter_ if padding == "VALID" else (1, 1)
    height, width = (int(rng.integers(n, n + 9)) for n in least)
    shape = (int(rng.integers(1, 3)), height, width, draw_size(rng, 40))
    return {
        "x": draw_values(rng, shape, dtype),
        "quantization": _quantization(rng, dtype),
        "filter": filter_,
        "stride": (int(rng.integers(1, 5)), int(rng.integers(1, 5))),
        "padding": padding,
        "activation": str(rng.choice(list(ACTIVATIONS))),
    }


@generator("AVERAGE_POOL_2D")
def average_pool(rng: Generator, index: int) -> AveragePoolCase:
    return AveragePoolCase(**_pool(rng, index))


@generator("MAX_POOL_2D")
def max_pool(rng: Generator, index: int) -> MaxPoolCase:
    return MaxPoolCase(**_pool(rng, index))


@generator("MEAN")
def mean(rng: Generator, index: int) -> MeanCase:
    dtype = (*TYPES, "int16")[index % 3]
    rank = int(rng.choice([1, 2, 3, 4, 4, 4, 5, 6]))
    axes = [int(a) for a in rng.permutation(rank)[: int(rng.integers(1, rank + 1))]]
    if rng.random() < 0.5:  # neighbours
        axes = list(range(min(axes), max(axes) + 1))
    keep_dims = bool(rng.random() < 0.5)
    if rank == 4 and rng.random() < 0.5:
        axes, keep_dims = [1, 2] if rng.random() < 0.5 else [2, 1], bool(rng.random() < 0.8)
    if rng.random() < 0.05:
        axes = axes * 2 if rng.random() < 0.5 else []
    shape = tuple(int(n) for n in rng.integers(1, 9 if rank < 5 else 5, rank))
    if rank > 1 and rank - 1 not in axes:
        shape = (*shape[:-1], draw_size(rng, 70 if rank < 5 else 10))
    input_ = _quantization(rng, dtype)
    output = quantization(
        float(input_.scale[0]) * log_uniform(rng, 0.05, 4), draw_zero_point(rng, dtype)
    )
    if rng.random() < 0.34:
        output = quantization(power_of_two(float(output.scale[0])), output.zero_point)
    if dtype == "int16":
        input_, output = quantization(input_.scale), quantization(output.scale)
    signed = tuple(a - rank if rng.random() < 0.3 else a for a in axes)
    return MeanCase(draw_values(rng, shape, dtype), input_, output, signed, keep_dims)


def draw_rows(rng: Generator, dtype: str) -> NDArray[Any]:
    """Rows of which some have values near each other, which tell the roundings apart."""
    rank = int(rng.integers(1, 5))
    shape = (*(int(n) for n in rng.integers(1, 5, rank - 1)), draw_size(rng, 300))
    x = draw_values(rng, shape, dtype)
    return (x >> int(rng.integers(1, 5))).astype(dtype) if rng.random() < 0.4 else x


@generator("SOFTMAX")
def softmax(rng: Generator, index: int) -> SoftmaxCase:
    dtype = TYPES[index % 2]
    x = draw_rows(rng, dtype)
    beta = 1.0 if rng.random() < 0.7 else log_uniform(rng, 0.1, 4)
    return SoftmaxCase(x, _quantization(rng, dtype, 1e-3, 1.0), beta)


@generator("L2_NORMALIZATION")
def l2_normalization(rng: Generator, index: int) -> NormalizationCase:
    dtype = TYPES[index % 2]
    zero_point = 0 if dtype == "int8" else 128
    input_ = _quantization(rng, dtype)
    return NormalizationCase("L2_NORMALIZATION", draw_rows(rng, dtype), input_, 1 / 128, zero_point)


@generator("LOG_SOFTMAX")
def log_softmax(rng: Generator, index: int) -> NormalizationCase:
    dtype = TYPES[index % 2]
    zero_point = 127 if dtype == "int8" else 255
    input_ = _quantization(rng, dtype, 1e-3, 1.0)
    return NormalizationCase("LOG_SOFTMAX", draw_rows(rng, dtype), input_, 1 / 16, zero_point)
