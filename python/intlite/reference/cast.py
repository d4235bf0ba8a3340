"""CAST: from one number type to another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def cast(x: NDArray[Any], dtype: np.dtype[Any], nan_is_zero: bool) -> NDArray[Any]:
    """Integers wrap, floats saturate when they become integers, whatever is not 0 is true.

    NaN becomes 0, or the greatest integer.

    Source: LiteRT 2.3.0, tflite/kernels/cast.cc, SaturatingCastFloatingToInteger; TFLite Micro
    90b983c, tensorflow/lite/micro/kernels/cast.cc, CastEval.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if x.dtype.kind != "f" or dtype.kind not in "iu":
            return x.astype(dtype)
        info = np.iinfo(dtype)
        # The bound above is a power of two, so that every float type has it.
        low, beyond = float(info.min), float(info.max // 2 + 1) * 2
        fits = (x >= low) & (x < beyond)
        clipped = np.where(x < low, info.min, info.max).astype(dtype)
        y = np.where(fits, np.where(fits, x, 0).astype(dtype), clipped)
        return np.where(np.isnan(x), 0, y).astype(dtype) if nan_is_zero else y
