"""Random cases of elementwise operators on int16, whose zero points are 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from intlite.quantization import Quantization
from intlite.runtimes import RUNTIMES
from intlite.schema.options import GeluOptions, LeakyReluOptions

from .base import (
    Draw,
    draw_shape,
    draw_values,
    draw_zero_point,
    generator,
    log_uniform,
    power_of_two,
    quantization,
)
from .binary import ABSENT_INT16, COMPARISONS, BinaryCase, below_one, draw_case_of, draw_tie
from .unary import ALPHAS, MAX_ELEMENTS, UnaryCase
from .window import (
    AveragePoolCase,
    MaxPoolCase,
    PoolCase,
    SoftmaxCase,
    average_pool,
    draw_rows,
    max_pool,
)

INT16 = np.iinfo(np.int16)
EXACT = 0.3  # how many cases have nothing but powers of two
# Operators that a runtime has no int16 kernel of.
ABSENT = {
    **dict.fromkeys(RUNTIMES, ABSENT_INT16[0]),
    "tflm": ("BATCH_MATMUL", "EXP", "LOG", "NEG", "SQRT", "GELU", *ABSENT_INT16[1]),
}


def draw_unary(
    rng: Generator, op: str, scales: tuple[float, float], factor: tuple[float, float]
) -> UnaryCase:
    """Scales within their ranges, often both powers of two or equal; seldom all values."""
    scale = log_uniform(rng, *scales)
    out = scale * log_uniform(rng, *factor)
    if rng.random() < EXACT:
        scale, out = power_of_two(scale), power_of_two(out)
    elif rng.random() < 0.1 and factor[0] <= 1 <= factor[1]:
        out = scale
    x = draw_values(rng, draw_shape(rng, MAX_ELEMENTS), "int16")
    if rng.random() < 0.1:
        x = np.arange(INT16.min, INT16.max + 1).astype(np.int16)
    elif rng.random() < 0.2:  # near zero, where most values of networks lie
        x = (x >> int(rng.integers(4, 12))).astype(np.int16)
    return UnaryCase(op, x, quantization(scale), quantization(out))


def _clamping(op: str) -> Callable[[Generator, int], UnaryCase]:
    def draw(rng: Generator, index: int) -> UnaryCase:
        wide = rng.random() < 0.2
        factor = (2.0**-20, 2.0**10) if wide else (0.2, 5)
        return draw_unary(rng, op, (1e-8, 100) if wide else (1e-5, 1e-2), factor)

    return draw


for _op in ("RELU", "RELU6"):
    generator(_op, int16=True)(_clamping(_op))


@generator("LEAKY_RELU", int16=True)
def leaky_relu(rng: Generator, index: int) -> UnaryCase:
    case = _clamping("LEAKY_RELU")(rng, index)
    return replace(case, option=LeakyReluOptions(alpha=float(rng.choice(ALPHAS))))


@generator("ABS", int16=True)
def absolute(rng: Generator, index: int) -> UnaryCase:
    return draw_unary(rng, "ABS", (1e-5, 10), (0.1, 4))


def _sigmoid(op: str) -> Callable[[Generator, int], UnaryCase]:
    def draw(rng: Generator, index: int) -> UnaryCase:
        wide = rng.random() < 0.2
        case = draw_unary(rng, op, (2.0**-31, 2.0) if wide else (2.0**-14, 2.0**-9), (1, 1))
        if rng.random() < 0.5:  # fixed point, and what counts as its powers of two
            scale = 2.0 ** -int(rng.integers(10, 14)) * (1 + float(rng.choice([0, 0, 3e-4])))
            case = replace(case, input=quantization(scale))
        return replace(case, output=quantization(2.0**-15))

    return draw


for _op in ("LOGISTIC", "TANH"):
    generator(_op, int16=True)(_sigmoid(_op))


def _function(op: str, factor: tuple[float, float]) -> Callable[[Generator, int], UnaryCase]:
    def draw(rng: Generator, index: int) -> UnaryCase:
        return draw_unary(rng, op, (1e-5, 1e-3), factor)

    return draw


generator("EXP", int16=True)(_function("EXP", (0.1, 1000)))
generator("LOG", int16=True)(_function("LOG", (0.1, 10)))
generator("NEG", int16=True)(_function("NEG", (0.1, 10)))


@generator("SQRT", int16=True)
def sqrt(rng: Generator, index: int) -> UnaryCase:
    case = draw_unary(rng, "SQRT", (1e-6, 1e-2), (1, 1))
    near = (case.input.scale[0] * 2**15) ** 0.5 / 2**15
    scale = near * log_uniform(rng, 0.2, 5) if rng.random() < 0.8 else log_uniform(rng, 1e-14, 1)
    scale = power_of_two(scale) if rng.random() < 0.34 else scale
    # Anything below zero makes the runtimes fail.
    return replace(case, x=np.abs(case.x // 2), output=quantization(scale))


@generator("RSQRT", int16=True)
def rsqrt(rng: Generator, index: int) -> UnaryCase:
    case = draw_unary(rng, "RSQRT", (1e-6, 1e-2), (1, 1))
    scale = log_uniform(rng, 1e-5, 1e-1)
    # Anything below zero makes the runtimes fail.
    return replace(case, x=np.abs(case.x // 2), output=quantization(scale))


@generator("GELU", int16=True)
def gelu(rng: Generator, index: int) -> UnaryCase:
    case = draw_unary(rng, "GELU", (1e-5, 1e-2), (0.1, 3))
    return replace(case, option=GeluOptions(approximate=bool(rng.integers(2))))


# -------------------------------------------------------- SOFTMAX and pools


@generator("SOFTMAX", int16=True)
def softmax(rng: Generator, index: int) -> SoftmaxCase:
    beta = float(rng.choice([1.0, 1.0, 0.5, 0.3, 2.5]))
    if index % 3 == 0:
        scale = log_uniform(rng, 1e-3, 1)
        zero_point = draw_zero_point(rng, "int8")
        return SoftmaxCase(draw_rows(rng, "int8"), quantization(scale, zero_point), beta, True)
    x = draw_rows(rng, "int16")
    if rng.random() < 0.5:
        x = (x >> int(rng.integers(1, 9))).astype(np.int16)
    scale = log_uniform(rng, *((2.0**-20, 1) if rng.random() < 0.2 else (1e-5, 1e-3)))
    return SoftmaxCase(x, quantization(scale), beta)


def _pool(op: type[PoolCase], draw: Draw) -> Callable[[Generator, int], PoolCase]:
    """Cases of 8 bits, with other values."""

    def of_int16(rng: Generator, index: int) -> PoolCase:
        case = draw(rng, index)
        assert isinstance(case, op)
        x = draw_values(rng, case.x.shape, "int16")
        scale = float(case.quantization.scale[0]) / 2 ** int(rng.integers(9))
        return replace(case, x=x, quantization=quantization(scale))

    return of_int16


generator("AVERAGE_POOL_2D", int16=True)(_pool(AveragePoolCase, average_pool))
generator("MAX_POOL_2D", int16=True)(_pool(MaxPoolCase, max_pool))


# ------------------------------------------------------------ of two operands


def _symmetric(q: Quantization | None) -> Quantization:
    return quantization(1.0 if q is None else q.scale)


def _binary(rng: Generator, op: str) -> BinaryCase:
    case = draw_case_of(rng, op, "int16")
    if rng.random() < 0.3:  # near zero
        bits = int(rng.integers(3, 10))
        case = replace(
            case, x=(case.x >> bits).astype(np.int16), y=(case.y >> bits).astype(np.int16)
        )
    left, right, output = map(_symmetric, (case.left, case.right, case.output))
    return replace(case, left=left, right=right, output=output)


def _sum(op: str) -> Callable[[Generator, int], BinaryCase]:
    def draw(rng: Generator, index: int) -> BinaryCase:
        case = _binary(rng, op)
        if rng.random() < 0.4:
            return _power_of_two_sum(rng, case)
        greatest = float(max(case.left.scale[0], case.right.scale[0]))
        # At 2**-14 and below the runtimes abort.
        wide = rng.random() < 0.1
        factor = log_uniform(rng, *((2.0**-13.4, 2.0**12) if wide else (0.4, 2.5)))
        scale = draw_tie(rng, greatest * factor, case.left, case.right)
        return replace(case, output=quantization(scale), pot_scale=False)

    return draw


def _power_of_two_sum(rng: Generator, case: BinaryCase) -> BinaryCase:
    """With potScaleInt16: powers of two or nearly so, one operand on the output's scale."""
    out = power_of_two(log_uniform(rng, 2.0**-20, 4)) * (1 + float(rng.choice([0, 0, 2e-4])))
    scales = [out, out * 2.0 ** -int(rng.integers(0, 13))]
    rng.shuffle(scales)
    left, right = map(quantization, scales)
    if case.op == "ADD" and case.x.shape != case.y.shape:
        # LiteRT does not broadcast these: it reads beyond the smaller operand.
        x, y = np.broadcast_arrays(case.x, case.y)
        case = replace(case, x=x.copy(), y=y.copy())
    return replace(case, left=left, right=right, output=quantization(out), pot_scale=True)


for _op in ("ADD", "SUB"):
    generator(_op, int16=True)(_sum(_op))


@generator("MUL", int16=True)
def mul(rng: Generator, index: int) -> BinaryCase:
    case = _binary(rng, "MUL")
    product = float(case.left.scale[0]) * float(case.right.scale[0])
    wide = rng.random() < 0.2
    factor = log_uniform(rng, *((2.0**-18, 2.0**24) if wide else (2.0**13, 2.0**17)))
    scale = draw_tie(rng, product * factor, case.left, case.right)
    return replace(case, output=quantization(scale))


@generator("DIV", int16=True)
def div(rng: Generator, index: int) -> BinaryCase:
    case = _binary(rng, "DIV")
    quotient = float(case.left.scale[0]) / float(case.right.scale[0])
    wide = rng.random() < 0.2
    factor = log_uniform(rng, *((2.0**-20, 2.0**12) if wide else (1e-4, 1e-2)))
    scale = draw_tie(rng, quotient * factor, case.left, case.right)
    # A divisor of 0 makes the runtimes fail.
    y = np.where(case.y == 0, 1, case.y).astype(np.int16)
    return replace(case, y=y, output=quantization(scale))


def _selection(op: str) -> Callable[[Generator, int], BinaryCase]:
    def draw(rng: Generator, index: int) -> BinaryCase:
        return replace(draw_case_of(rng, op, "int16"), activation="NONE")

    return draw


for _op in ("MINIMUM", "MAXIMUM"):
    generator(_op, int16=True)(_selection(_op))


@generator("SQUARED_DIFFERENCE", int16=True)
def squared_difference(rng: Generator, index: int) -> BinaryCase:
    case = _binary(rng, "SQUARED_DIFFERENCE")
    greatest = float(max(case.left.scale[0], case.right.scale[0]))
    wide = rng.random() < 0.2
    factor = log_uniform(rng, *((2.0**-3, 2.0**24) if wide else (2.0**13, 2.0**18)))
    scale = draw_tie(rng, greatest * greatest * factor, case.left, case.right)
    return replace(case, output=quantization(scale), activation="NONE")


def _comparison(op: str) -> Callable[[Generator, int], BinaryCase]:
    def draw(rng: Generator, index: int) -> BinaryCase:
        case = _binary(rng, op)
        left, right = below_one(case.left), below_one(case.right)
        y = case.y
        if rng.random() < 0.5:  # nearly the same, on each side's scale
            ratio = float(left.scale[0] / right.scale[0])
            near = case.x if case.x.shape == y.shape else case.x.ravel()[:1].sum()
            near = near * ratio + rng.integers(-3, 4, y.shape)
            y = np.clip(near, INT16.min, INT16.max).astype(np.int16)
        return replace(case, y=y, left=left, right=right, output=None, activation="NONE")

    return draw


for _op in COMPARISONS:
    generator(_op, int16=True)(_comparison(_op))
