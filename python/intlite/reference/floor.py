"""ROUND, FLOOR_DIV and FLOOR_MOD as LiteRT's C++ has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fixed_point import truncate_to_int32


def without_subnormals(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """What XNNPACK's float code takes x for: too small a number is a zero of its sign.

    Source: measured against ai-edge-litert 2.3.0.
    """
    small = np.abs(x) < np.finfo(np.float32).tiny
    return np.where(small, np.copysign(np.float32(0), x), x)


def floor_div(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """In double; integers that do not fit are as x86 leaves them.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/floor_div.h, FloorDiv.
    """
    quotient = np.floor(x.astype(np.float64) / y.astype(np.float64))
    if x.dtype.kind == "f":
        return quotient.astype(x.dtype)
    return truncate_to_int32(quotient).astype(x.dtype)


def floor_mod(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """The remainder with the divisor's sign.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/floor_mod.h, FloorMod.
    """
    rest = np.fmod(x, y)
    return np.asarray(np.where((rest != 0) & ((y < 0) != (rest < 0)), rest + y, rest))
