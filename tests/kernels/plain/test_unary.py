"""Functions of one float32 number on every instruction set, against the portable code and math."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite._native import UnaryFunction
from intlite.ops.plain_unary_kernel import Formula, PlainUnarySpec
from tests.sanitizers import IS_WATCHED

TINY = np.finfo(np.float32).smallest_normal
SIZES = (0, 1, 15, 16, 17, 63, 64, 65, 1000)
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-42, -1e-42, 3.4e38, -3.4e38], np.float32)
# What each is, in double.
MEANING: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "NEGATE": lambda x: -x,
    "ZERO_MINUS": lambda x: -x,
    "SQUARE": lambda x: x * x,
    "SQUARE_ROOT": lambda x: math.sqrt(abs(x)),
    "RECIPROCAL_ROOT": lambda x: 1 / math.sqrt(abs(x)),
    "FLOOR": math.floor,
    "CEIL": math.ceil,
    "ROUND": round,
    "ROUND_BY_FLOOR": round,
    "SIGN": lambda x: (x > 0) - (x < 0),
    "CLAMP": lambda x: min(max(x, -1.0), 2.0),
    **dict.fromkeys(
        ("LEAKY_RELU", "LEAKY_RELU_BELOW", "LEAKY_RELU_BY_SIGN"),
        lambda x: x if x > 0 else -x,
    ),
    **dict.fromkeys(
        ("HARD_SWISH", "HARD_SWISH_BY_SIXTH", "HARD_SWISH_SIXTH_FIRST", "HARD_SWISH_FUSED"),
        lambda x: x * min(max(x + 3, 0), 6) / 6,
    ),
    **dict.fromkeys(("RATIONAL_EXP", "EXP"), math.exp),
    **dict.fromkeys(("RATIONAL_LOG", "RATIONAL_LOG_FINITE", "LOG"), lambda x: math.log(abs(x))),
    **dict.fromkeys(("RATIONAL_TANH", "PLAIN_TANH", "TANH"), math.tanh),
    **dict.fromkeys(("RATIONAL_SIN", "SIN"), math.sin),
    **dict.fromkeys(("RATIONAL_COS", "COS"), math.cos),
    **dict.fromkeys(
        ("RATIONAL_GELU", "PLAIN_GELU", "PLAIN_GELU_OF_ONE"),
        lambda x: 0.5 * x * math.erfc(-x * math.sqrt(0.5)),
    ),
    **dict.fromkeys(
        ("RATIONAL_GELU_TANH", "PLAIN_GELU_TANH"),
        lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    **dict.fromkeys(
        (
            *("LOGISTIC_OF_SIXTEEN", "LOGISTIC_OF_EIGHT", "LOGISTIC_BY_SQUARE"),
            *("LOGISTIC_OF_ONE", "LOGISTIC"),
        ),
        lambda x: 1 / (1 + math.exp(-x)),
    ),
    **dict.fromkeys(
        ("ELU_OF_SIXTEEN", "ELU_OF_EIGHT", "ELU"), lambda x: x if x > 0 else math.expm1(x)
    ),
    "ESTIMATED_ROOT": lambda x: math.sqrt(abs(x)),
    "ESTIMATED_RECIPROCAL_ROOT": lambda x: 1 / math.sqrt(abs(x)),
}
# Of numbers that are not negative.
OF_MAGNITUDES = ("ROOT", "LOG", "LOG_FINITE")


def spec(function: UnaryFunction, size: int, flushes: bool = False) -> PlainUnarySpec:
    a = -1.0
    return PlainUnarySpec(size, Formula(function, a, 2.0), flushes)


def run(function: UnaryFunction, x: np.ndarray, isa: str, flushes: bool = False) -> np.ndarray:
    y = np.empty_like(x)
    spec(function, x.size, flushes).make(isa).run([x], [y])
    return y


def test_meanings_are_of_all() -> None:
    assert MEANING.keys() == {f.name for f in UnaryFunction}


@pytest.mark.parametrize("function", UnaryFunction)
def test_near_the_function(function: UnaryFunction) -> None:
    rng = np.random.default_rng(int(function))
    x = rng.normal(0, 3, 3000).astype(np.float32)
    if function.name.endswith(OF_MAGNITUDES):
        x = np.abs(x)
    expected = np.array([MEANING[function.name](float(v)) for v in x])
    found = run(function, x, "portable")
    np.testing.assert_allclose(found, expected, rtol=3e-6, atol=3e-6)


def flushed(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """With subnormal numbers as zeros of their sign."""
    return np.where(np.abs(x) < TINY, np.copysign(np.float32(0), x), x)


@pytest.mark.parametrize("isa", _native.supported_isas())
@pytest.mark.parametrize("function", UnaryFunction)
def test_the_same_on_all(function: UnaryFunction, isa: str) -> None:
    rng = np.random.default_rng(int(function))
    for size in SIZES:
        x = rng.normal(0, 3, size) * np.exp(rng.uniform(-80, 80, size) * (rng.random(size) < 0.3))
        x = np.where(rng.random(size) < 0.2, rng.choice(SPECIAL, size), x.astype(np.float32))
        for flushes in (False, True):
            expected = run(function, x, "portable", flushes)
            found = run(function, x, isa, flushes)
            if flushes and IS_WATCHED:
                # Little optimized, the greater of two numbers is picked, not computed: as it was.
                expected, found = flushed(expected), flushed(found)
            np.testing.assert_array_equal(found, expected)
            numbers = ~np.isnan(expected)
            np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])


@pytest.mark.parametrize("isa", _native.supported_isas())
def test_subnormal_numbers(isa: str) -> None:
    x = np.array([1e-42, -1e-42, 2e-38, 1.0], np.float32)
    function = UnaryFunction.SQUARE_ROOT
    np.testing.assert_array_equal(run(function, np.abs(x), isa), np.sqrt(np.abs(x)))
    flushed = np.array([0, 0, 2e-38, 1], np.float32)
    np.testing.assert_array_equal(run(function, np.abs(x), isa, True), np.sqrt(flushed))
    # What was set for the kernel holds no longer.
    assert x[0] * np.float32(1) != 0


def test_samples_do_not_meet() -> None:
    """A block ends with its sample."""
    x = np.random.default_rng(0).normal(0, 3, (3, 7)).astype(np.float32)
    y = np.empty_like(x)
    spec(UnaryFunction.HARD_SWISH_SIXTH_FIRST, 7).make().run([x], [y], 3)
    for row, found in zip(x, y, strict=True):
        np.testing.assert_array_equal(
            found, run(UnaryFunction.HARD_SWISH_SIXTH_FIRST, row, "portable")
        )


@pytest.mark.parametrize("isa", _native.supported_isas())
def test_all_half_floats(isa: str) -> None:
    x = np.arange(65536, dtype=np.uint16).view(np.float16)
    for part in (x, x[:1], x[:17]):
        found = np.empty(part.size, np.float32)
        _native.widen(size=part.size, isa=isa).run([part], [found])
        np.testing.assert_array_equal(found, part.astype(np.float32))


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="too large"):
        _native.plain_unary(size=2**60, function=UnaryFunction.ABS)
