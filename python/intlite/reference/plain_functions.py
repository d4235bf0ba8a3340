"""Elementwise functions of float32 and of integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def squared_difference(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Source: LiteRT 2.3.0, tflite/kernels/squared_difference.cc, SquaredDifference."""
    return np.asarray(np.square(x - y))


def greater(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Where one is NaN, the second.

    Source: LiteRT 2.3.0, tflite/kernels/maximum_minimum.cc, MaximumOp.
    """
    return np.where(x > y, x, y)


def lesser(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Where one is NaN, the second.

    Source: LiteRT 2.3.0, tflite/kernels/maximum_minimum.cc, MinimumOp.
    """
    return np.where(x < y, x, y)


def divide(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """As in C: integers' quotients are cut off towards 0.

    Raises:
        ValueError: An integer is divided by 0.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/div.h, Div.
    """
    if x.dtype.kind == "f":
        return np.asarray(np.divide(x, y))
    if not np.all(y):
        raise ValueError("integers are divided by 0")
    quotient = np.floor_divide(x, y)
    return np.asarray(quotient + ((quotient * y != x) & ((x < 0) != (y < 0))), x.dtype)


def power(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """An integer to the power of another.

    LiteRT multiplies repeatedly where one exponent holds for all, and rounds otherwise the
    power in double: int32 beyond its range differ.

    Raises:
        ValueError: An integer is raised to a negative power.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/reference_ops.h, Pow; LiteRT 2.3.0,
    tflite/kernels/internal/optimized/optimized_ops.h, BroadcastPow4D and IntegerExponentPow.
    """
    if np.any(y < 0):
        raise ValueError("integers are raised to negative powers")
    if y.size == 1 and x.shape != y.shape:
        return np.asarray(np.power(x, y))
    real = np.power(x.astype(np.float64), y)
    fits = np.abs(real) < 2.0**31
    return np.asarray(np.where(fits, real, -(2.0**31)).astype(x.dtype))
