"""Random cases of FULLY_CONNECTED.

Random sums come near a tie of the rescaling about once in ten thousand outputs, so
biases are made that put accumulators there; others make the int32 sums wrap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import INT32_MAX, INT32_MIN, Quantization, type_range
from intlite.schema.enums import ACTIVATIONS
from intlite.schema.options import FullyConnectedOptions

from ..models import NO_TENSOR, Network
from .base import (
    EMPTY_IN_TFLM,
    Arrays,
    Case,
    draw_size,
    draw_values,
    draw_zero_point,
    generator,
    halves,
    log_uniform,
    power_of_two,
    quantization,
    split,
)
from .convolution import narrowed, stated_bias_type, type_kind

INT8, PER_CHANNEL, UINT8 = "int8", "int8 per channel", "uint8"
WEIGHTS_ZERO_POINT, CHANNEL_ZERO_POINT = "int8 weights zp", "int8 per channel zp"
# One of these after the other.
INT16_KINDS = ("int16", "int16 per channel", "int16 int32 bias", "int16 without bias")
KINDS = (INT8, PER_CHANNEL, UINT8, WEIGHTS_ZERO_POINT) * 3 + (CHANNEL_ZERO_POINT, *INT16_KINDS)
ROWS, UNITS, DEPTH = 300, 400, 1200
MAX_PRODUCTS, MAX_OUTPUTS = 4_000_000, 6000
# LiteRT's default interpreter does not load models with larger factors.
XNNPACK_FACTOR_LIMIT = 256
# Fused activations that have a bound other than 0.
BOUNDS = {"RELU6": 6, "RELU_N1_TO_1": 1}
CANDIDATES = 160


@dataclass(frozen=True, eq=False)
class FullyConnectedCase(Case):
    """``given`` says that weights and bias are inputs of the model, not constants."""

    operator: ClassVar[str] = "FULLY_CONNECTED"

    x: NDArray[Any]
    weights: NDArray[Any]
    bias: NDArray[Any] | None
    input: Quantization
    weights_quantization: Quantization
    output: Quantization
    activation: str = "NONE"
    keep_num_dims: bool = False
    given: bool = False
    is_int4: bool = False

    @property
    def kind(self) -> str:
        if self.x.dtype == np.int16:
            bias = "" if self.bias is not None else " without bias"
            return type_kind(self.x, self.bias, self.weights_quantization) + bias
        if self.x.dtype == np.uint8:
            return UINT8
        if self.is_int4:
            return "int4 per channel" if self.weights_quantization.per_channel else "int4"
        zero_point = bool(self.weights_quantization.zero_point.any())
        if self.weights_quantization.per_channel:
            return CHANNEL_ZERO_POINT if zero_point else PER_CHANNEL
        return WEIGHTS_ZERO_POINT if zero_point else INT8

    @property
    def output_shape(self) -> tuple[int, ...]:
        units, depth = self.weights.shape
        if self.keep_num_dims:
            return (*self.x.shape[:-1], units)
        return self.x.size // depth, units

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype = Network(), self.x.dtype.name.upper()
        x = net.input(self.x.shape, dtype, self.input)
        inputs = [self.x]
        tensors = [x]
        bias_quantization = quantization(self.input.scale[0] * self.weights_quantization.scale)
        weights = "INT4" if self.is_int4 else self.weights.dtype.name.upper()
        for values, type_name, q in (
            (self.weights, weights, self.weights_quantization),
            (self.bias, "INT32" if dtype != "INT16" else _bias_type(self.bias), bias_quantization),
        ):
            if values is None:
                tensors.append(NO_TENSOR)
            elif self.given:
                tensors.append(net.input(values.shape, type_name, q))
                inputs.append(values)
            else:
                tensors.append(net.constant(values, type_name, q))
        y = net.output(self.output_shape, dtype, self.output)
        net.operator(
            self.operator,
            tensors,
            [y],
            FullyConnectedOptions(
                fused_activation_function=ACTIVATIONS.index(self.activation),
                keep_num_dims=self.keep_num_dims,
                quantized_bias_type=stated_bias_type(self.x, self.bias),
            ),
        )
        return net.bytes(), tuple(inputs)

    def refusal(self, flavour: str) -> str | None:
        reasons = []
        if (
            flavour == "litert" and self.x.dtype != np.int16 and not self.given
        ):  # what the delegate takes, and then can't run
            factor = self.input.scale * self.weights_quantization.scale / self.output.scale
            if self.kind == CHANNEL_ZERO_POINT:
                reasons.append("zero-point value")
            elif self.kind != WEIGHTS_ZERO_POINT and (factor >= XNNPACK_FACTOR_LIMIT).any():
                reasons.append("failed to create XNNPACK runtime")
        if flavour == "tflm" and 0 in self.output_shape:
            reasons.append(EMPTY_IN_TFLM)
        if flavour == "tflm" and self.kind == UINT8:
            reasons.append("UINT8 .*not supported")
        if flavour == "tflm" and self.is_int4 and self.weights_quantization.per_channel:
            reasons.append("kTfLiteInt4")
        if BOUNDS.get(self.activation, 0) / float(self.output.scale[0]) > 2.0**31:
            reasons.append("no_integer_overflow_from_quantization")
        return "|".join(reasons) or None

    def smaller(self) -> Iterator[FullyConnectedCase]:
        flat = self.x.reshape(-1, self.weights.shape[1])
        if flat.shape != self.x.shape or self.keep_num_dims:
            yield replace(self, x=flat, keep_num_dims=False)
        if self.activation != "NONE":
            yield replace(self, activation="NONE")
        for rows in halves(len(flat)):
            yield replace(self, x=flat[rows], keep_num_dims=False)
        for units in halves(len(self.weights)):
            q = self.weights_quantization
            if q.per_channel:
                q = quantization(q.scale[units], q.zero_point[units])
            yield replace(
                self,
                weights=self.weights[units],
                bias=None if self.bias is None else self.bias[units],
                weights_quantization=q,
                keep_num_dims=False,
            )
        for depth in halves(flat.shape[1]):
            yield replace(
                self, x=flat[:, depth], weights=self.weights[:, depth], keep_num_dims=False
            )
        if self.bias is not None and self.bias.any():
            yield replace(self, bias=np.zeros_like(self.bias))


@generator("FULLY_CONNECTED")
def fully_connected(rng: Generator, index: int) -> FullyConnectedCase:
    kind = KINDS[index % len(KINDS)]
    return _int16(rng, kind) if kind in INT16_KINDS else _eight_bit(rng, kind)


def _eight_bit(rng: Generator, kind: str) -> FullyConnectedCase:
    dtype = np.uint8 if kind == UINT8 else np.int8
    units, depth = draw_size(rng, UNITS), draw_size(rng, DEPTH)
    if kind in (PER_CHANNEL, CHANNEL_ZERO_POINT):
        units = max(units, 2)  # one scale is per tensor
    most = min(ROWS, MAX_OUTPUTS // units, MAX_PRODUCTS // (units * depth))
    rows = 0 if rng.random() < 0.02 else draw_size(rng, max(1, most))
    x, weights, zero_point = _stored(rng, rows, units, depth, dtype)
    weights_zero_point: Any = _weights_zero_point(rng, kind, units)
    centred = weights.astype(np.int64)
    if kind in (UINT8, WEIGHTS_ZERO_POINT):
        centred -= weights_zero_point
    sums = (x.astype(np.int64) - zero_point) @ centred.T

    wraps = rng.random() < 0.1
    scales = _scales(rng, kind, units, sums, wraps)
    out = quantization(scales[2], draw_zero_point(rng, dtype))
    factor = np.float64(scales[0]) * scales[1].astype(np.float64) / np.float64(scales[2])
    keep = bool(rng.random() < 0.3)
    activation = str(rng.choice(["NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1"]))
    if BOUNDS.get(activation, 0) / float(scales[2]) == 2.0**31:
        activation = "NONE"  # C++ leaves open what int32 this becomes
    return FullyConnectedCase(
        x.reshape(_input_shape(rng, rows, depth, keep)),
        weights,
        _bias(rng, sums, np.broadcast_to(factor, units), out, dtype, wraps),
        quantization(scales[0], zero_point),
        quantization(scales[1], weights_zero_point),
        out,
        activation,
        keep,
        given=bool(rng.random() < 0.08),
    )


@generator("FULLY_CONNECTED", plain=True)
def int4(rng: Generator, index: int) -> FullyConnectedCase:
    """The others with narrower weights."""
    case = _eight_bit(rng, KINDS[index % 2])
    return replace(
        case,
        weights=narrowed(case.weights),
        # Beyond 28 bits XNNPACK's sums wrap, which it has 16 times as large.
        bias=None if case.bias is None else np.clip(case.bias, -(2**26), 2**26),
        output=quantization(case.output.scale / 16, case.output.zero_point),
        given=False,
        is_int4=True,
    )


def _int16(rng: Generator, kind: str) -> FullyConnectedCase:
    rows, units, depth = draw_size(rng, 60), max(2, draw_size(rng, 150)), draw_size(rng, 200)
    in_, out = log_uniform(rng, 1e-5, 1e-2), log_uniform(rng, 0.3, 3)
    count = units if "channel" in kind or rng.random() < 0.3 else 1
    weights = np.array([log_uniform(rng, 1e-3, 1e-2) for _ in range(count)])
    if rng.random() < 0.34:
        in_, weights = power_of_two(in_), 2.0 ** np.round(np.log2(weights))
    out *= float(in_ * weights.mean() * 70 * np.sqrt(depth))
    limit = 2 ** int(rng.choice([10, 20, 26]))
    bias = rng.integers(-limit, limit, units).astype(np.int32 if "int32" in kind else np.int64)
    return FullyConnectedCase(
        draw_values(rng, (rows, depth), np.int16),
        np.maximum(draw_values(rng, (units, depth), np.int8), -127),
        None if "without" in kind else bias,
        quantization(in_),
        quantization(weights),
        quantization(power_of_two(out) if rng.random() < 0.34 else out),
        str(rng.choice(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])),
    )


def _bias_type(bias: NDArray[Any] | None) -> str:
    return "INT64" if bias is None else bias.dtype.name.upper()


def _stored(
    rng: Generator, rows: int, units: int, depth: int, dtype: Any
) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Input, weights, and the input's zero point."""
    low, high = type_range(dtype)
    if rng.random() < 0.06:  # the largest sums there are
        x = np.full((rows, depth), low, dtype)
        return x, np.full((units, depth), low, dtype), int(rng.choice([high, 0]))
    x = draw_values(rng, (rows, depth), dtype)
    return x, draw_values(rng, (units, depth), dtype), draw_zero_point(rng, dtype)


def _weights_zero_point(rng: Generator, kind: str, units: int) -> Any:
    if kind == UINT8:
        return int(rng.integers(0, 255, endpoint=True))
    if kind == WEIGHTS_ZERO_POINT:
        return int(rng.choice([-128, -1, 1, 127, int(rng.integers(2, 120))]))
    if kind == CHANNEL_ZERO_POINT:
        return rng.integers(1, 127, units)
    return 0


def _scales(
    rng: Generator, kind: str, units: int, sums: NDArray[np.int64], wraps: bool
) -> tuple[np.float32, NDArray[np.float32], np.float32]:
    """Of input, weights and output. The output's follows from the factor that is wanted."""
    factor = log_uniform(rng, 2.0**-31, 2.0)
    choice = rng.random()
    if wraps:
        factor = log_uniform(rng, 2.0**-31, 2.0**-20)
    elif choice < 0.65 and sums.size:  # most outputs within the type
        factor = log_uniform(rng, 10, 100) / (float(np.abs(sums - sums.mean()).mean()) + 1)
    elif choice < 0.7:
        factor = XNNPACK_FACTOR_LIMIT * float(rng.choice([0.5, 0.9999999, 1.0, 1.5]))
    in_, weights = log_uniform(rng, 2.0**-16, 4), log_uniform(rng, 2.0**-20, 2)
    spread = np.zeros(1)
    if kind in (PER_CHANNEL, CHANNEL_ZERO_POINT):
        spread = rng.uniform(-2, 2, units)
    if rng.random() < 0.34:
        in_, weights, factor = (power_of_two(s) for s in (in_, weights, factor))
        spread = np.round(spread)
    channels = (weights * 2.0**spread).astype(np.float32)
    return np.float32(in_), channels, np.float32(in_ * weights / factor)


def _bias(
    rng: Generator,
    sums: NDArray[np.int64],
    factor: NDArray[np.float64],
    out: Quantization,
    dtype: Any,
    wraps: bool,
) -> NDArray[np.int32] | None:
    rows, units = sums.shape
    if wraps:
        near = rng.integers(0, 20_000, units)
        ends = np.where(rng.random(units) < 0.5, INT32_MAX - near, INT32_MIN + near)
        return np.asarray(ends, np.int32)
    choice = rng.random()
    if choice < 0.15:
        return None
    if choice < 0.3 or rows == 0:
        return np.asarray(rng.integers(-20_000, 20_000, units), np.int32)
    # For each unit one row, and of many codes the half above it that an accumulator
    # can come nearest to; half of the time any of them, and one beside it.
    low, high = type_range(dtype)
    edges = rng.integers(low, high, (units, CANDIDATES)) - int(out.zero_point[0]) + 0.5
    targets = np.rint(edges / factor[:, None])
    miss = np.abs(targets * factor[:, None] - edges)
    column = np.where(rng.random(units) < 0.5, miss.argmin(1), 0)
    wanted = targets[np.arange(units), column]
    wanted = np.clip(wanted, INT32_MIN, INT32_MAX).astype(np.int64)
    wanted += np.where(rng.random(units) < 0.5, 0, rng.integers(-1, 1, units, endpoint=True))
    bias = wanted - sums[rng.integers(0, rows, units), np.arange(units)]
    return np.asarray(((bias + 2**31) % 2**32) - 2**31, np.int32)


def _input_shape(rng: Generator, rows: int, depth: int, keep: bool) -> tuple[int, ...]:
    """Rank 1 to 4. Without keep_num_dims rows need not be whole dimensions."""
    if rows == 1 and rng.random() < 0.3:
        return (depth,)
    shape: tuple[int, ...] = (rows, depth)
    if rng.random() < 0.4:
        shape = (*split(rng, rows), depth)
        if not keep and rng.random() < 0.5:
            shape = (rows, *split(rng, depth))
    if len(shape) == 3 and rng.random() < 0.5:
        shape = (*split(rng, shape[0]), *shape[1:])
    return shape
