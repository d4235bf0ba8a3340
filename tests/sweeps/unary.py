"""Random cases of the elementwise operators of one 8-bit input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema.options import GeluOptions, LeakyReluOptions

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
from .binary import NOT_IN_TFLM

DTYPES = ("int8", "uint8")
MAX_ELEMENTS = 4000
# Operators that a runtime has no 8-bit kernel of, and what it says then.
ABSENT = {
    "litert-reference": ("ELU",),
    "tflm": ("RELU_N1_TO_1", "RELU_0_TO_1", "EXP", "GELU", "LOG", "NEG", "SQRT"),
}
NO_KERNEL = "Didn't find op|exp.cc:|Node (LOG|NEG|SQRT) .* failed to invoke"
ALPHAS = (0.01, 0.2, 0.3, 1.3, -0.5, 0.0, 1e-3, 1.0, -1.0, 0.5)


@dataclass(frozen=True, eq=False)
class UnaryCase(Case):
    op: str
    x: NDArray[Any]
    input: Quantization
    output: Quantization
    option: LeakyReluOptions | GeluOptions | None = None

    @property
    def kind(self) -> str:
        return str(self.x.dtype)

    def build(self) -> tuple[bytes, Arrays]:
        net, type_name = Network(), self.x.dtype.name.upper()
        x = net.input(self.x.shape, type_name, self.input)
        y = net.output(self.x.shape, type_name, self.output)
        net.operator(self.op, [x], [y], self.option)
        return net.bytes(), (self.x,)

    def refusal(self, flavour: str) -> str | None:
        if self.op in ABSENT.get(flavour, ()):
            return f"{NO_KERNEL}|{EMPTY_IN_TFLM}"
        if flavour != "tflm":
            return None
        reasons = [EMPTY_IN_TFLM] if self.x.size == 0 else []
        reasons += [NOT_IN_TFLM] if self.kind == "uint8" else []
        return "|".join(reasons) or None

    def smaller(self) -> Iterator[UnaryCase]:
        if self.x.ndim != 1:
            yield replace(self, x=self.x.ravel())
        for part in halves(self.x.size):
            yield replace(self, x=self.x.ravel()[part])


def _case(
    rng: Generator,
    op: str,
    dtype: str,
    input_scale: tuple[float, float],
    factor: tuple[float, float],
) -> UnaryCase:
    """Scales within their ranges, often both powers of two or equal; all codes, or a shape."""
    scale = log_uniform(rng, *input_scale)
    out = scale * log_uniform(rng, *factor)
    kind = rng.random()
    if kind < 0.34:
        scale, out = power_of_two(scale), power_of_two(out)
    elif kind < 0.44 and factor[0] <= 1 <= factor[1]:
        out = scale
    x = draw_values(rng, draw_shape(rng, MAX_ELEMENTS), dtype)
    if rng.random() < 0.5:
        x = np.arange(256 + int(rng.integers(0, 20)), dtype=np.uint8).view(dtype)
    zero_points = draw_zero_point(rng, dtype), draw_zero_point(rng, dtype)
    return UnaryCase(op, x, quantization(scale, zero_points[0]), quantization(out, zero_points[1]))


def _fixed(case: UnaryCase, scale: float, zero_point: int) -> UnaryCase:
    """With the one output quantization that the operator may have."""
    return replace(
        case, output=quantization(scale, zero_point + (128 if case.kind == "uint8" else 0))
    )


def _clamping(rng: Generator, op: str, index: int) -> UnaryCase:
    wide = rng.random() < 0.2
    factor = (2.0**-20, 2.0**10) if wide else (0.2, 5)
    return _case(rng, op, DTYPES[index % 2], (1e-6, 100) if wide else (1e-2, 0.3), factor)


@generator("RELU")
def relu(rng: Generator, index: int) -> UnaryCase:
    return _clamping(rng, "RELU", index)


@generator("RELU6")
def relu6(rng: Generator, index: int) -> UnaryCase:
    return _clamping(rng, "RELU6", index)


@generator("RELU_N1_TO_1")
def relu_n1_to_1(rng: Generator, index: int) -> UnaryCase:
    return _clamping(rng, "RELU_N1_TO_1", index)


@generator("RELU_0_TO_1")
def relu_0_to_1(rng: Generator, index: int) -> UnaryCase:
    return _clamping(rng, "RELU_0_TO_1", index)


@generator("LEAKY_RELU")
def leaky_relu(rng: Generator, index: int) -> UnaryCase:
    case = _clamping(rng, "LEAKY_RELU", index)
    alpha = float(rng.choice(ALPHAS))
    if rng.random() < 0.3:  # the delegate's limits
        limit = float(rng.choice([2.0**-8, 128.0])) * float(
            rng.choice([1 - 2.0**-24, 1, 1 + 2.0**-23])
        )
        case = replace(case, output=quantization(case.input.scale / limit, case.output.zero_point))
    return replace(case, option=LeakyReluOptions(alpha=alpha))


@generator("HARD_SWISH")
def hard_swish(rng: Generator, index: int) -> UnaryCase:
    return _case(rng, "HARD_SWISH", DTYPES[index % 2], (1e-4, 100), (1 / 40, 8))


@generator("ABS")
def absolute(rng: Generator, index: int) -> UnaryCase:
    return _case(rng, "ABS", "int8", (1e-3, 10), (0.1, 4))


@generator("LOGISTIC")
def logistic(rng: Generator, index: int) -> UnaryCase:
    scales = (2.0**-32, 2.0**10) if rng.random() < 0.2 else (1e-3, 0.3)
    case = _case(rng, "LOGISTIC", DTYPES[index % 2], scales, (1, 1))
    return _fixed(case, 2.0**-8, -128)


@generator("TANH")
def tanh(rng: Generator, index: int) -> UnaryCase:
    scales = (2.0**-32, 2.0**10) if rng.random() < 0.2 else (1e-3, 0.3)
    case = _case(rng, "TANH", DTYPES[index % 2], scales, (1, 1))
    if case.kind == "int8" and rng.random() < 0.5:
        return replace(
            case, output=quantization(log_uniform(rng, 1e-3, 0.1), draw_zero_point(rng, "int8"))
        )
    return _fixed(case, 2.0**-7, 0)


@generator("ELU")
def elu(rng: Generator, index: int) -> UnaryCase:
    return _case(rng, "ELU", "int8", (1e-4, 10), (0.05, 10))


@generator("EXP")
def exp(rng: Generator, index: int) -> UnaryCase:
    case = _case(rng, "EXP", "int8", (1e-3, 2), (1, 1))
    scale = log_uniform(rng, 1e-3, 10)
    scale = power_of_two(scale) if rng.random() < 0.34 else scale
    return replace(case, output=quantization(scale, case.output.zero_point))


@generator("LOG")
def log(rng: Generator, index: int) -> UnaryCase:
    case = _case(rng, "LOG", "int8", (1e-3, 10), (1, 1))
    scale = log_uniform(rng, 1e-3, 1)
    scale = power_of_two(scale) if rng.random() < 0.34 else scale
    return replace(case, output=quantization(scale, case.output.zero_point))


@generator("GELU")
def gelu(rng: Generator, index: int) -> UnaryCase:
    case = _case(rng, "GELU", DTYPES[index % 2], (1e-3, 2), (0.05, 10))
    return replace(case, option=GeluOptions(approximate=bool(rng.integers(2))))


@generator("RSQRT")
def rsqrt(rng: Generator, index: int) -> UnaryCase:
    case = _case(rng, "RSQRT", "int8", (1e-4, 1), (1, 1))
    wide = rng.random() < 0.2
    scale = log_uniform(rng, 2.0**-20, 2.0**10) if wide else log_uniform(rng, 3e-3, 0.3)
    scale = power_of_two(scale) if rng.random() < 0.34 else scale
    zero_point = int(case.input.zero_point[0])
    return replace(
        case,
        # Anything below zero makes the runtimes fail.
        x=np.maximum(case.x, np.int8(zero_point)),
        output=quantization(scale, case.output.zero_point),
    )


@generator("SQRT")
def sqrt(rng: Generator, index: int) -> UnaryCase:
    case = _case(rng, "SQRT", "int8", (1e-4, 10), (1, 1))
    # Exact roots, which cutting off makes ties, and results beyond int32.
    near = (case.input.scale[0] * 256) ** 0.5 / 256
    scale = near * log_uniform(rng, 0.2, 5) if rng.random() < 0.8 else log_uniform(rng, 1e-12, 1)
    scale = power_of_two(scale) if rng.random() < 0.34 else scale
    zero_point = int(case.input.zero_point[0])
    return replace(
        case,
        # Anything below zero makes the runtimes fail.
        x=np.maximum(case.x, np.int8(zero_point)),
        output=quantization(scale, case.output.zero_point),
    )


@generator("NEG")
def neg(rng: Generator, index: int) -> UnaryCase:
    return _case(rng, "NEG", "int8", (1e-3, 10), (0.1, 4))
