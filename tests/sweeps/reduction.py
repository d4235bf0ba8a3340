"""Random cases of SUM, the REDUCE_ operators, ARG_MAX, ARG_MIN and TOPK_V2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema import options
from intlite.schema.enums import TENSOR_TYPES

from ..models import Network
from .base import (
    EMPTY_IN_TFLM,
    Arrays,
    Case,
    draw_values,
    draw_zero_point,
    generator,
    log_uniform,
    power_of_two,
    quantization,
)
from .movement import NOT_IN_TFLM, QUANTIZED, draw_array, draw_shape, index_type, sign, signs

WORDS = (*QUANTIZED, "int32", "int64", "float32")
ALL_TYPES = {
    "SUM": WORDS,
    "REDUCE_MAX": WORDS,
    "REDUCE_MIN": WORDS,
    "REDUCE_PROD": ("int8", "int16", "int32", "int64", "float32"),
    "REDUCE_ANY": ("bool",),
    "REDUCE_ALL": ("bool",),
}
MAX_ELEMENTS = 5000
# What the runtimes say of types that they have no kernel for.
MISSING = f"{EMPTY_IN_TFLM}|{NOT_IN_TFLM}|types are supported|failed to (invoke|prepare)"


@dataclass(frozen=True, eq=False)
class ReductionCase(Case):
    operator: ClassVar[str] = ""

    op: str
    x: NDArray[Any]
    axes: NDArray[np.int32]
    keep_dims: bool
    input: Quantization | None = None
    output: Quantization | None = None
    constant: bool = True

    @property
    def kind(self) -> str:
        return str(self.x.dtype) + ("" if self.constant else ", given")

    @property
    def delegate_matters(self) -> bool:  # type: ignore[override]
        return self.x.dtype.itemsize == 1

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype = Network(), self.x.dtype.name.upper()
        tensors = [net.input(self.x.shape, dtype, self.input)]
        if self.constant:
            tensors.append(net.constant(self.axes, "INT32"))
        else:
            tensors.append(net.input(self.axes.shape, "INT32"))
        axes = tuple({int(a) % self.x.ndim for a in self.axes.ravel()}) if self.x.ndim else ()
        shape = np.zeros(self.x.shape, np.int8).sum(axes, keepdims=self.keep_dims).shape
        y = net.output(shape, dtype, self.output)
        net.operator(self.op, tensors, [y], options.ReducerOptions(keep_dims=self.keep_dims))
        return net.bytes(), (self.x,) if self.constant else (self.x, self.axes)

    def is_misread(self, flavour: str) -> bool:
        # It sums up the bytes.
        return self.op == "SUM" and flavour == "litert-reference" and self.x.dtype == np.int16

    def refusal(self, flavour: str) -> str | None:
        if flavour == "tflm":
            return MISSING
        return None

    def smaller(self) -> Iterator[ReductionCase]:
        if not self.constant:
            yield replace(self, constant=True)
        for a, d in enumerate(self.x.shape):
            if d > 1:
                yield replace(self, x=self.x.take(range((d + 1) // 2), a))


def draw_axes(rng: Generator, rank: int) -> NDArray[np.int32]:
    """Any of them, in any order, from either end, some twice; seldom none."""
    count = int(rng.integers(rng.random() > 0.1, rank, endpoint=True)) if rank else 0
    axes = rng.permutation(rank)[:count]
    if count and rng.random() < 0.1:
        axes = np.append(axes, rng.choice(axes))
    return np.array(signs(rng, axes, rank), np.int32)


def draw_reduced(rng: Generator, dtype: str, op: str) -> NDArray[Any]:
    shape = tuple(max(1, d) for d in draw_shape(rng, 1, 6, MAX_ELEMENTS))
    if dtype == "float32" and op in ("SUM", "REDUCE_PROD"):
        # Results that are exact in any order.
        values = [-2, -1, 1, 2] if op == "REDUCE_PROD" else range(-99, 100)
        return rng.choice(np.array(values, np.float32), shape, p=None)
    if dtype in QUANTIZED:
        return draw_values(rng, shape, dtype)
    return draw_array(rng, shape, dtype)


def _case(rng: Generator, op: str, index: int) -> ReductionCase:
    types = ALL_TYPES[op]
    dtype = types[index % len(types)]
    x = draw_reduced(rng, dtype, op)
    axes = draw_axes(rng, x.ndim)
    case = ReductionCase(
        op, x, axes, bool(rng.integers(2)), constant=bool(rng.random() < 0.85 or not axes.size)
    )
    if dtype not in QUANTIZED:
        return case
    scale = log_uniform(rng, 1e-3, 0.5)
    scale = power_of_two(scale) if rng.random() < 0.34 else scale

    def zero_point() -> int:
        return 0 if dtype == "int16" else draw_zero_point(rng, dtype)

    input_ = quantization(scale, zero_point())
    if op in ("REDUCE_MAX", "REDUCE_MIN"):
        return replace(case, input=input_, output=input_)
    count = int(np.prod([x.shape[int(a)] for a in axes]))
    if op == "SUM":
        out = scale * log_uniform(rng, 0.3, 3) * max(1.0, count**0.5)
    else:
        # Steps by about the reciprocal of the values' size keep the product in the type.
        size = 60.0 if dtype == "int8" else 15000.0
        power = count * np.log(scale * size * log_uniform(rng, 0.7, 1.4)) - np.log(size)
        out = float(np.exp(np.clip(power, -60, 60)))
    out = power_of_two(out) if rng.random() < 0.34 else out
    return replace(case, input=input_, output=quantization(out, zero_point()))


def _generate(op: str) -> Callable[[Generator, int], ReductionCase]:
    return lambda rng, index: _case(rng, op, index)


for _op in ALL_TYPES:
    generator(_op)(_generate(_op))


@dataclass(frozen=True, eq=False)
class TopCase(Case):
    """``place``: the axis, or k."""

    operator: ClassVar[str] = ""
    delegate_matters: ClassVar[bool] = False

    op: str
    x: NDArray[Any]
    place: NDArray[Any]
    shape: tuple[int, ...]
    index_type: str
    constant: bool

    @property
    def kind(self) -> str:
        return str(self.x.dtype) + ("" if self.constant else ", given")

    @property
    def outputs(self) -> int:
        return 2 if self.op == "TOPK_V2" else 1

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype, place = Network(), self.x.dtype.name.upper(), self.place.dtype.name.upper()
        q = quantization(0.5, 0) if self.x.dtype.name in QUANTIZED else None
        tensors = [net.input(self.x.shape, dtype, q)]
        if self.constant:
            tensors.append(net.constant(self.place, place))
        else:
            tensors.append(net.input(self.place.shape, place))
        outputs = [net.output(self.shape, dtype, q)] if self.op == "TOPK_V2" else []
        outputs.append(net.output(self.shape, self.index_type))
        option: Any = None
        if self.op != "TOPK_V2":
            table = options.ArgMaxOptions if self.op == "ARG_MAX" else options.ArgMinOptions
            option = table(output_type=TENSOR_TYPES.index(self.index_type))
        net.operator(self.op, tensors, outputs, option)
        return net.bytes(), (self.x,) if self.constant else (self.x, self.place)

    def is_misread(self, flavour: str) -> bool:
        """LiteRT's vector code for neighbouring values, of four and more, loses them to NaN."""
        if self.op != "ARG_MAX" or self.x.dtype.kind != "f" or flavour == "tflm":
            return False
        axis = int(self.place.ravel()[0]) % self.x.ndim
        is_vector = self.x.shape[axis] >= 4 and set(self.x.shape[axis + 1 :]) <= {1}
        return is_vector and bool(np.isnan(self.x).any())

    def refusal(self, flavour: str) -> str | None:
        return MISSING if flavour == "tflm" else None


def _draw_ties(rng: Generator, dtype: str, low: int) -> NDArray[Any]:
    """Values of which many are equal."""
    shape = tuple(max(1, d) for d in draw_shape(rng, low, 5, MAX_ELEMENTS))
    x = draw_array(rng, shape, dtype)
    if dtype == "bool":
        return x
    if dtype == "float32":
        x = np.round(x * 4)  # both zeros among them
        if rng.random() < 0.2:
            x.flat[rng.integers(0, x.size, 2)] = np.nan
        return x
    few = rng.random() < 0.5
    return x >> (8 * x.dtype.itemsize - 3) if few else x


def _arg(rng: Generator, op: str, index: int) -> TopCase:
    types = ("int8", "uint8", "int32", "float32", "bool")
    x = _draw_ties(rng, types[index % len(types)], 1)
    axis = int(rng.integers(x.ndim))
    place = np.array(sign(rng, axis, x.ndim), index_type(rng))
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    constant = bool(rng.random() < 0.8)
    place = place if rng.random() < 0.5 else place[None]
    return TopCase(op, x, place, shape, str(rng.choice(["INT32", "INT64"])), constant)


@generator("ARG_MAX")
def arg_max(rng: Generator, index: int) -> TopCase:
    return _arg(rng, "ARG_MAX", index)


@generator("ARG_MIN")
def arg_min(rng: Generator, index: int) -> TopCase:
    return _arg(rng, "ARG_MIN", index)


@generator("TOPK_V2")
def top_k(rng: Generator, index: int) -> TopCase:
    x = _draw_ties(rng, WORDS[index % len(WORDS)], 1)
    k = int(rng.integers(1, x.shape[-1], endpoint=True))
    place = np.array(k, str(rng.choice(["int16", "int32"])))
    constant = bool(rng.random() < 0.8)
    kinds = ["INT16", "INT32"]
    return TopCase("TOPK_V2", x, place, (*x.shape[:-1], k), str(rng.choice(kinds)), constant)
