"""Random cases of QUANTIZE and DEQUANTIZE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization, type_range

from ..models import Network
from .base import (
    EMPTY_IN_TFLM,
    Arrays,
    Case,
    draw_shape,
    draw_values,
    draw_zero_point,
    generator,
    halves,
    log_uniform,
    power_of_two,
    quantization,
)

# Every pair that one of the runtimes takes; float32 more often, having more to go wrong.
PAIRS = (
    *(("float32", out) for out in ("int8", "uint8", "int16")),
    *(("int8", out) for out in ("int8", "uint8", "int16", "int32")),
    *(("float32", out) for out in ("int8", "uint8", "int16")),
    *(("uint8", out) for out in ("int8", "uint8", "int16")),
    *(("int16", out) for out in ("int8", "int16", "int32")),
    *(("int32", out) for out in ("int8", "int16")),
)
NOT_IN_TFLM = ("float32 -> uint8", "uint8 -> uint8", "uint8 -> int16")
MAX_ELEMENTS = 1500
SPECIAL = (0.0, -0.0, np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-45, -1e-38, 2.0**31, -(2.0**31))


@dataclass(frozen=True, eq=False)
class QuantizeCase(Case):
    operator: ClassVar[str] = "QUANTIZE"

    x: NDArray[Any]
    dtype: str
    input: Quantization | None
    output: Quantization

    @property
    def kind(self) -> str:
        return f"{self.x.dtype.name} -> {self.dtype}"

    def build(self) -> tuple[bytes, Arrays]:
        net = Network()
        x = net.input(self.x.shape, self.x.dtype.name.upper(), self.input)
        y = net.output(self.x.shape, self.dtype.upper(), self.output)
        net.operator(self.operator, [x], [y])
        return net.bytes(), (self.x,)

    def refusal(self, flavour: str) -> str | None:
        if flavour != "tflm":
            return "failed to prepare" if self.kind == "int8 -> int32" else None
        reasons = [EMPTY_IN_TFLM] if self.x.size == 0 else []
        if self.kind in NOT_IN_TFLM:
            reasons.append("output U?INT(8|16) not supported")
        return "|".join(reasons) or None

    def smaller(self) -> Iterator[QuantizeCase]:
        if self.x.ndim != 1:
            yield replace(self, x=self.x.ravel())
        for part in halves(self.x.size):
            yield replace(self, x=self.x.ravel()[part])


@dataclass(frozen=True, eq=False)
class DequantizeCase(Case):
    operator: ClassVar[str] = "DEQUANTIZE"

    x: NDArray[Any]
    input: Quantization

    @property
    def kind(self) -> str:
        return str(self.x.dtype)

    def build(self) -> tuple[bytes, Arrays]:
        net = Network()
        x = net.input(self.x.shape, self.x.dtype.name.upper(), self.input)
        y = net.output(self.x.shape, "FLOAT32")
        net.operator(self.operator, [x], [y])
        return net.bytes(), (self.x,)

    def refusal(self, flavour: str) -> str | None:
        if flavour == "tflm":
            return EMPTY_IN_TFLM if self.x.size == 0 else None
        if self.x.dtype == np.int16 and self.input.zero_point.any():
            return "zero_point != 0"
        return None

    def smaller(self) -> Iterator[DequantizeCase]:
        if self.x.ndim != 1:
            yield replace(self, x=self.x.ravel())
        for part in halves(self.x.size):
            yield replace(self, x=self.x.ravel()[part])


@generator("QUANTIZE")
def quantize(rng: Generator, index: int) -> QuantizeCase:
    from_, to = PAIRS[index % len(PAIRS)]
    shape = draw_shape(rng, MAX_ELEMENTS)
    out = _draw(rng, to, len(shape))
    if from_ == "float32":
        return QuantizeCase(_reals(rng, shape, out, to), to, None, out)
    if from_ == to == "int16":  # the runtimes want zero points of 0 here
        out = quantization(out.scale)
    x = draw_values(rng, shape, from_)
    if from_ == "int32" and rng.random() < 0.7:
        x = x >> int(rng.integers(8, 24))
    zero_point = 0 if from_ == to == "int16" else draw_zero_point(rng, from_)
    scale = float(out.scale[0]) * _factor(rng)
    if from_ in ("int8", "uint8") and to in ("int8", "uint8") and rng.random() < 0.15:
        # Only a change of sign, or nothing to do at all.
        scale = float(out.scale[0])
        zero_point = int(out.zero_point[0]) + {"int8": -128, "uint8": 128}[from_] * (from_ != to)
    if from_ == "int32":
        zero_point = int(rng.integers(-1000, 1000)) if rng.random() < 0.3 else 0
    return QuantizeCase(x, to, quantization(scale, zero_point), out)


@generator("DEQUANTIZE")
def dequantize(rng: Generator, index: int) -> DequantizeCase:
    dtype = ("int8", "uint8", "int16")[index % 3]
    shape = draw_shape(rng, MAX_ELEMENTS)
    q = _draw(rng, dtype, len(shape))
    if dtype == "int16" and rng.random() < 0.9:
        q = quantization(q.scale)
    return DequantizeCase(draw_values(rng, shape, dtype), q)


def _draw(rng: Generator, dtype: str, rank: int) -> Quantization:
    scale = log_uniform(rng, 2.0**-31, 2.0**10)
    if rng.random() < 0.34:
        scale = power_of_two(scale)
    # With one scale the quantized dimension means nothing, yet the delegate looks at it.
    axis = int(rng.integers(rank)) if rank and rng.random() < 0.1 else 0
    return quantization(scale, draw_zero_point(rng, dtype), axis)


def _factor(rng: Generator) -> float:
    """From one quantization to another: about 1 mostly, or at XNNPACK's limits."""
    if rng.random() < 0.15:
        return float(rng.choice([2.0**-8, 128.0])) * float(
            rng.choice([1 - 2.0**-24, 1, 1 + 2.0**-23])
        )
    wide = rng.random() < 0.3
    factor = log_uniform(rng, 2.0**-20, 2.0**12) if wide else log_uniform(rng, 2.0**-5, 2.0**2)
    return power_of_two(factor) if rng.random() < 0.34 else factor


def _reals(
    rng: Generator, shape: tuple[int, ...], out: Quantization, dtype: str
) -> NDArray[np.float32]:
    """Over the range and beyond, many halfway between two codes or one float beside it."""
    low, high = type_range(dtype)
    zero_point = int(out.zero_point[0])
    codes = rng.uniform(low - 50, high + 50, shape)
    codes = np.where(rng.random(shape) < 0.6, np.floor(codes) + 0.5, codes)
    x = np.asarray((codes - zero_point) * np.float64(out.scale[0])).astype(np.float32)
    beside = np.float32(np.inf) * rng.choice([-1, 1], shape).astype(np.float32)
    x = np.where(rng.random(shape) < 0.3, np.nextafter(x, beside), x)
    special = np.array(SPECIAL, np.float32)
    if rng.random() < 0.3:
        x = np.where(rng.random(shape) < 0.1, rng.choice(special, shape), x)
    return np.asarray(x, np.float32)
