"""ARG_MAX and ARG_MIN on every instruction set, against the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.topk import ArgSpec

TYPES = ("bool", "int8", "uint8", "int32", "float32")
SHAPES = [
    *[((n,), 0) for n in (1, 2, 63, 64, 65, 511, 512, 513, 1000)],
    *[((n, 21), 1) for n in (1, 2, 63, 64, 65, 200)],
    ((3, 256, 5), 1),
    ((2, 600, 70), 1),
    ((9, 130), 0),
    ((4, 1, 65), 1),
    ((3, 700), 1),
    ((0, 5), 1),
]


def draw(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    if dtype == "float32":
        return rng.choice(np.array([np.nan, -np.inf, -0.0, 0, 1, 2, np.inf], np.float32), shape)
    if dtype == "bool":
        return rng.random(shape) < 0.1
    info = np.iinfo(dtype)
    some = rng.integers(-3, 3, 8) if dtype != "uint8" else rng.integers(0, 5, 8)
    return rng.choice([info.min, info.max, *some], shape).astype(dtype)


def arg(x: NDArray[Any], axis: int, least: bool, first_nan_wins: bool) -> NDArray[Any]:
    """A loop, as in C."""
    rows = np.moveaxis(x, axis, -1)
    found = np.zeros(rows.shape[:-1], np.int64)
    for place in np.ndindex(found.shape):
        row = rows[place].astype(np.float64) * (-1 if least else 1)
        best = 0
        for i, value in enumerate(row):
            if value > row[best] or (np.isnan(row[best]) and not np.isnan(value)):
                best = i
        found[place] = 0 if first_nan_wins and np.isnan(row[0]) else best
    return found


@pytest.mark.parametrize("isa", _native.supported_isas())
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("least", [False, True])
def test_equal_to_a_loop(dtype: str, least: bool, isa: str) -> None:
    rng = np.random.default_rng(3)
    for n, (shape, axis) in enumerate(SHAPES):
        x, nan = draw(rng, shape, dtype), bool(n % 2)
        for index in ("int32", "int64"):
            spec = ArgSpec(shape, axis, x.dtype, least, nan, np.dtype(index).itemsize)
            expected = arg(x, axis, least, nan)
            found = np.full(expected.shape, -1, index)
            spec.make(isa).run([x], [found])
            np.testing.assert_array_equal(found, expected, f"{shape} {axis} {nan}")


def test_several_samples() -> None:
    x = draw(np.random.default_rng(0), (5, 3, 21), "int8")
    found = np.empty((5, 3), np.int32)
    ArgSpec((3, 21), 1, x.dtype, False, False, 4).make().run([x], [found], 5)
    np.testing.assert_array_equal(found, x.argmax(-1))


@pytest.mark.parametrize(
    "change",
    [
        {"axis": 0},
        {"axis": 2**31},
        {"outer": 2**47},
        {"dtype": np.dtype(np.int64)},
        {"index_bytes": 2},
    ],
)
def test_bad_arguments(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        **{"outer": 1, "axis": 2, "inner": 3, "dtype": np.dtype(np.int8)},
        **{"least": False, "first_nan_wins": False, "index_bytes": 4},
    }
    with pytest.raises(ValueError, match="out of range|too large|no kernel|must be int16"):
        _native.arg(**(good | change))
