"""Elementwise operators of integers and bool, and SELECT, against numpy."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import ShapeError, _native
from intlite._native import BinaryFunction, IntegerFunction
from intlite.ops.integers import IntegerBinarySpec, IntegerUnarySpec
from intlite.ops.select import SelectSpec
from intlite.ops.sums import AddNSpec
from intlite.reference import floor, plain_functions

from .test_binary import SHAPES
from .test_reduce import draw

FUNCTIONS: dict[BinaryFunction, Callable[..., Any]] = {
    BinaryFunction.ADD: np.add,
    BinaryFunction.SUB: np.subtract,
    BinaryFunction.MUL: np.multiply,
    BinaryFunction.DIV: plain_functions.divide,
    BinaryFunction.MAXIMUM: np.maximum,
    BinaryFunction.MINIMUM: np.minimum,
    BinaryFunction.SQUARED_DIFFERENCE: plain_functions.squared_difference,
    BinaryFunction.EQUAL: operator.eq,
    BinaryFunction.NOT_EQUAL: operator.ne,
    BinaryFunction.LESS: operator.lt,
    BinaryFunction.LESS_EQUAL: operator.le,
    BinaryFunction.GREATER: operator.gt,
    BinaryFunction.GREATER_EQUAL: operator.ge,
    BinaryFunction.FLOOR_DIV: np.floor_divide,
    BinaryFunction.FLOOR_MOD: floor.floor_mod,
}
OF_BOOL = {
    BinaryFunction.EQUAL,
    BinaryFunction.NOT_EQUAL,
    BinaryFunction.MAXIMUM,
    BinaryFunction.MINIMUM,
}
DIVISIONS = {BinaryFunction.DIV, BinaryFunction.FLOOR_DIV, BinaryFunction.FLOOR_MOD}
OF_SMALL = {BinaryFunction.FLOOR_DIV, BinaryFunction.FLOOR_MOD}


def taken(dtype: str) -> set[BinaryFunction]:
    if dtype == "bool":
        return OF_BOOL
    return OF_SMALL if dtype in ("int8", "int16") else set(FUNCTIONS)


def draw_small(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    x = draw(rng, shape, dtype)
    small = np.asarray(rng.integers(0, 2, shape) if dtype == "bool" else rng.integers(-4, 4, shape))
    return np.where(rng.random(shape) < 0.5, x, small.astype(dtype))


@pytest.mark.parametrize("isa", _native.supported_isas())
@pytest.mark.parametrize("dtype", ["bool", "int8", "int16", "int32", "int64"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_equal_to_numpy(function: BinaryFunction, dtype: str, isa: str) -> None:
    rng = np.random.default_rng(int(function))
    for left, right in SHAPES:
        spec = IntegerBinarySpec(left, right, np.dtype(dtype), function)
        if function not in taken(dtype):
            with pytest.raises(ValueError, match="of this type"):
                spec.make(isa)
            return
        x, y = draw_small(rng, left, dtype), draw_small(rng, right, dtype)
        if function in DIVISIONS:
            y[y == 0] = -1
        with np.errstate(all="ignore"):
            expected = np.asarray(FUNCTIONS[function](x, y))
        found = np.empty_like(expected)
        spec.make(isa).run([x, y], [found])
        np.testing.assert_array_equal(found, expected, f"{left} {right}")


@pytest.mark.parametrize("isa", _native.supported_isas())
@pytest.mark.parametrize("repeats", [False, True])
def test_powers(repeats: bool, isa: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(-12, 12, 500).astype(np.int32)
    for exponent in range(40):
        y = np.full(1 if repeats else x.shape, exponent, np.int32)
        function = BinaryFunction.POWER_OF_ONE if repeats else BinaryFunction.POWER
        found = np.empty_like(x)
        IntegerBinarySpec(x.shape, y.shape, x.dtype, function).make(isa).run([x, y], [found])
        np.testing.assert_array_equal(found, plain_functions.power(x, y))


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_what_there_is_no_result_for(dtype: str) -> None:
    x = np.arange(4, dtype=dtype)
    for function in (*DIVISIONS, BinaryFunction.POWER, BinaryFunction.POWER_OF_ONE):
        kernel = IntegerBinarySpec((4,), (4,), x.dtype, function, "there is no result").make()
        with pytest.raises(ShapeError, match="there is no result"):
            kernel.run([x, np.array([1, 1, 0 if function in DIVISIONS else -1, 2], dtype)], [x])


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 65])
def test_unary(size: int) -> None:
    rng = np.random.default_rng(size)
    functions = {
        IntegerFunction.NEGATE: np.negative,
        IntegerFunction.ABSOLUTE: np.abs,
        IntegerFunction.SIGN: np.sign,
    }
    for dtype in ("int32", "int64"):
        for function, expected in functions.items():
            x = draw_small(rng, (size,), dtype)
            found = np.empty_like(x)
            IntegerUnarySpec(size, x.dtype, function).make().run([x], [found])
            np.testing.assert_array_equal(found, expected(x))
    x = draw(rng, (size,), "bool")
    found = np.empty_like(x)
    IntegerUnarySpec(size, x.dtype, IntegerFunction.NOT).make().run([x], [found])
    np.testing.assert_array_equal(found, ~x)


def test_sums_of_many() -> None:
    rng = np.random.default_rng(0)
    for size in (1, 1023, 1024, 1025, 3000):
        arrays = [draw(rng, (size,), "int32") for _ in range(4)]
        found = np.empty(size, np.int32)
        AddNSpec(size, found.dtype, True, False, (0, 1, 2, 3)).make().run(arrays, [found])
        np.testing.assert_array_equal(found, sum(arrays[1:], arrays[0]))


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32", "int64"])
def test_select(dtype: str) -> None:
    rng = np.random.default_rng(0)
    for left, right in SHAPES:
        whole = np.broadcast_shapes(left, right)
        for condition in (whole, left, right, ()):
            chosen = np.asarray(rng.random(condition) < 0.5)
            x, y = (np.asarray(rng.integers(-99, 99, s)).astype(dtype) for s in (left, right))
            found = np.empty(whole, dtype)
            SelectSpec((condition, left, right), x.itemsize).make().run([chosen, x, y], [found])
            np.testing.assert_array_equal(found, np.where(chosen, x, y))


def test_bad_arguments() -> None:
    select: dict[str, Any] = {
        **{"condition_size": 4, "left_size": 4, "right_size": 4, "element_bytes": 4},
        "dimensions": [(4, 1, 1, 1)],
    }
    bad: list[dict[str, Any]] = [
        {"element_bytes": 3},
        {"dimensions": []},
        {"dimensions": [(5, 1, 1, 1)]},
        {"dimensions": [(2, 2, 1, 1)]},
        {"dimensions": [(2**40, 2**40, 1, 1)]},
    ]
    for change in bad:
        with pytest.raises(ValueError, match="other sizes|least one|outside|gaps|too large"):
            _native.select(**(select | change))
    int32 = np.dtype(np.int32)
    with pytest.raises(ValueError, match="too few"):
        _native.add_n(count=1, size=1, dtype=int32, from_zero=False, saturates=False)
    with pytest.raises(ValueError, match="of this type"):
        _native.integer_unary(size=1, dtype=int32, function=IntegerFunction.NOT)
