"""Functions on int16 by a table of 513 entries, linear in between: TFLite's LUTPopulate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fixed_point import round_half_away

INT16_MIN, INT16_MAX = -(2**15), 2**15 - 1
INTERVALS = 512
BITS = 7  # of a value, within an interval
# (scale, zero point)
Affine = tuple[float, int]
Real = NDArray[Any]


def populate(
    function: Callable[[Real], Real], input: Affine, output: Affine, dtype: Any
) -> NDArray[np.int64]:
    """The entries, moved so that the error in the middle of an interval is halved.

    ``dtype``: float32 or float64, which everything is computed in.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.h, LUTPopulateInt16.
    """
    real = np.dtype(dtype).type
    scales, zeros = (real(input[0]), real(output[0])), (input[1], output[1])
    with np.errstate(all="ignore"):
        (least, greatest), (low, high) = (
            (scale * real(INT16_MIN - zero), scale * real(INT16_MAX - zero))
            for scale, zero in zip(scales, zeros, strict=True)
        )
        step = (greatest - least) / real(INTERVALS)
        half_step = step / real(2)
        inverse = real(2**16) / (high - low)
        i = np.arange(INTERVALS).astype(dtype)
        start = least + i * step
        sample = round_half_away(function(start) * inverse)
        next_ = function(least + (i + real(1)) * step) * inverse
        middle = round_half_away(function(start + half_step) * inverse)
        between = round_half_away((next_ + sample) / real(2))
        bias = round_half_away((between - middle) / real(2))
        last = round_half_away(function(np.array([greatest], dtype)) * inverse)
        entries = np.concatenate([sample - bias, last])
    # C converts NaN to an integer whose low 16 bits are 0.
    entries = np.where(np.isnan(entries), 0, np.clip(entries, INT16_MIN, INT16_MAX))
    return np.asarray(entries.astype(np.int64))


def look_up(x: NDArray[Any], table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Between two entries, half up.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.h, LUTLookup.
    """
    value = x.astype(np.int64)
    index = (value >> BITS) + INTERVALS // 2
    slope = _wrap_int16(table[index + 1] - table[index])
    rise = (slope * (value & ((1 << BITS) - 1)) + (1 << (BITS - 1))) >> BITS
    return _wrap_int16(table[index] + rise)


def _wrap_int16(x: NDArray[np.int64]) -> NDArray[np.int64]:
    return x.astype(np.int16).astype(np.int64)
