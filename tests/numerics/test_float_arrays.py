"""What native code finds of arrays of numbers: extremes, and the C library's functions."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np
import pytest

from intlite import _native

RNG = np.random.default_rng(11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("size", [1, 2, 3, 64, 1000])
def test_extremes(dtype: Any, size: int) -> None:
    numbers = (RNG.standard_normal(size) * 1000).astype(dtype)
    assert _native.extremes(numbers) == (numbers.min(), numbers.max())
    assert _native.extremes(np.broadcast_to(numbers[:1], 7)) == (numbers[0], numbers[0])


@pytest.mark.parametrize("position", range(3))
def test_extremes_with_nan_are_nan(position: int) -> None:
    numbers = np.ones(3, np.float32)
    numbers[position] = np.nan
    assert all(math.isnan(v) for v in _native.extremes(numbers))


def test_nothing_has_no_extremes() -> None:
    with pytest.raises(ValueError, match="no extremes"):
        _native.extremes(np.empty(0, np.float32))


@pytest.mark.parametrize("name", ["exp", "expm1", "erfc", "log", "tanh"])
def test_functions_are_the_c_librarys(name: str) -> None:
    function = getattr(ctypes.CDLL("libm.so.6"), f"{name}f")
    function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float]
    x = np.concatenate([RNG.standard_normal(5000) * 30, [0.0, -0.0, np.inf, -np.inf, 1e-40, 100]])
    x = x.astype(np.float32).reshape(2, -1)
    expected = np.array([function(v) for v in x.ravel().tolist()], np.float32)
    np.testing.assert_array_equal(_native.libm(name, x).ravel(), expected)
    assert _native.libm(name, x).shape == x.shape


def test_other_functions_are_refused() -> None:
    with pytest.raises(ValueError, match="no such function: sin"):
        _native.libm("sin", np.ones(1, np.float32))
