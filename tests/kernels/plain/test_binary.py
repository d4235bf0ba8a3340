"""Operators of two plain numbers on every instruction set, against the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from intlite import _native
from intlite._native import BinaryFunction
from intlite.ops.plain_binary import PlainBinarySpec
from intlite.reference import floor
from intlite.reference import plain_functions as reference

FUNCTIONS: dict[BinaryFunction, Callable[..., Any]] = {
    BinaryFunction.ADD: np.add,
    BinaryFunction.SUB: np.subtract,
    BinaryFunction.MUL: np.multiply,
    BinaryFunction.DIV: np.divide,
    BinaryFunction.MAXIMUM: reference.greater,
    BinaryFunction.MINIMUM: reference.lesser,
    BinaryFunction.SQUARED_DIFFERENCE: reference.squared_difference,
    BinaryFunction.PRELU: lambda x, slope: np.where(x >= 0, x, x * slope),
    BinaryFunction.EQUAL: np.equal,
    BinaryFunction.NOT_EQUAL: np.not_equal,
    BinaryFunction.LESS: np.less,
    BinaryFunction.LESS_EQUAL: np.less_equal,
    BinaryFunction.GREATER: np.greater,
    BinaryFunction.GREATER_EQUAL: np.greater_equal,
    BinaryFunction.FLOOR_DIV: floor.floor_div,
    BinaryFunction.FLOOR_MOD: floor.floor_mod,
}
SHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    *[((n,), (n,)) for n in (0, 1, 15, 16, 17, 63, 64, 65, 1000)],
    ((3, 64), (3, 64)),
    ((2, 5, 67), (67,)),
    ((7, 1, 3), (1, 5, 3)),
    ((4, 33), (4, 1)),
    ((1,), (130,)),
    ((130,), ()),
    ((1, 1), (1,)),
    # Short rows, several of which are one call.
    ((2, 90, 32), (32,)),
    ((2, 1, 32), (2, 41, 32)),
    ((61, 49), (61, 1)),
    ((3, 1, 7), (3, 200, 1)),
    ((0, 4), (1, 4)),
]
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-42, 3.4e38], np.float32)


def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    x = rng.normal(0, 3, shape).astype(np.float32)
    return np.where(rng.random(shape) < 0.2, rng.choice(SPECIAL, shape), x)


@pytest.mark.parametrize("isa", _native.supported_isas())
@pytest.mark.parametrize("function", FUNCTIONS)
def test_equal_to_the_reference(function: BinaryFunction, isa: str) -> None:
    rng = np.random.default_rng(int(function))
    for left, right in SHAPES:
        x, y = draw(rng, left), draw(rng, right)
        with np.errstate(all="ignore"):
            expected = FUNCTIONS[function](x, y)
        found = np.empty_like(expected)
        spec = PlainBinarySpec(left, right, function, x.dtype)
        spec.make(isa).run([x, y], [found])
        np.testing.assert_array_equal(found, expected)
        if expected.dtype == np.float32:
            numbers = ~np.isnan(expected)
            np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])


@pytest.mark.parametrize("exponent", [1, 2, 3, 7, 0.5, -2, 0, 1e10])
def test_powers(exponent: float) -> None:
    x = np.abs(draw(np.random.default_rng(1), (40,)))
    spec = PlainBinarySpec((40,), (), BinaryFunction.POWER_OF_ONE, x.dtype)
    found = spec.computed(x, np.array(exponent, np.float32))
    with np.errstate(all="ignore"):
        expected = np.power(x.astype(np.float64), exponent).astype(np.float32)
    bounded = (
        expected if exponent in (0.5, -2, 0, 1e10) else np.minimum(expected, np.finfo("f").max)
    )
    np.testing.assert_allclose(found, x if exponent == 1 else bounded, rtol=1e-6)
    whole = PlainBinarySpec((40,), (40,), BinaryFunction.POWER, x.dtype)
    np.testing.assert_allclose(
        whole.computed(x, np.full(40, exponent, np.float32)), expected, rtol=1e-6
    )


def test_angles() -> None:
    y, x = draw(np.random.default_rng(1), (40,)), draw(np.random.default_rng(2), (40,))
    spec = PlainBinarySpec((40,), (40,), BinaryFunction.ATAN2, x.dtype)
    np.testing.assert_allclose(spec.computed(y, x), np.arctan2(y, x), rtol=1e-6)


@pytest.mark.parametrize("isa", _native.supported_isas())
def test_bounds(isa: str) -> None:
    x = draw(np.random.default_rng(1), (200,))
    found = np.empty_like(x)
    spec = PlainBinarySpec((200,), (), BinaryFunction.MUL, x.dtype, 0.0, 6.0)
    spec.make(isa).run([x, np.ones((), np.float32)], [found])
    np.testing.assert_array_equal(found, np.clip(x, 0, 6))


def test_the_whole_batch() -> None:
    rng = np.random.default_rng(0)
    x, y = draw(rng, (4, 35)), draw(rng, (4, 35))
    found = np.empty_like(x)
    PlainBinarySpec((35,), (35,), BinaryFunction.ADD, x.dtype).make().run([x, y], [found], 4)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(found, x + y)


def test_bad_arguments() -> None:
    good: dict[str, Any] = {
        "left_size": 4,
        "right_size": 4,
        "dimensions": [(4, 1, 1)],
        "function": BinaryFunction.ADD,
        "dtype": np.dtype(np.float32),
    }
    bad: list[dict[str, Any]] = [
        {"dimensions": [(5, 1, 1)]},
        {"dimensions": [(2, 2, 1)]},
        {"dimensions": []},
        {"dtype": np.dtype(np.complex64)},
    ]
    for change in bad:
        with pytest.raises(ValueError, match="outside|gaps|least one|of this type"):
            _native.plain_binary(**(good | change))
