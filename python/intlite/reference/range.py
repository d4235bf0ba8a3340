"""RANGE: how many numbers there are, and which."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def range_size(start: Any, limit: Any, delta: Any) -> int | None:
    """How many; None where ``delta`` does not lead to ``limit``. Floats are divided in float32.

    Source: LiteRT 2.3.0, tflite/kernels/range.cc, GetSize.
    """
    if not ((start <= limit and delta > 0) or (start >= limit and delta < 0)):
        return None
    if isinstance(start, np.floating):
        with np.errstate(all="ignore"):
            size = np.ceil(np.abs((limit - start) / delta))
        return int(size) if math.isfinite(size) else None
    step = abs(int(delta))
    return (abs(int(limit) - int(start)) + step - 1) // step


def range_values(start: Any, delta: Any, size: int) -> NDArray[Any]:
    """One after the other, each the sum of the one before and ``delta``.

    Source: LiteRT 2.3.0, tflite/kernels/range.cc, CalculateRange.
    """
    steps = np.full(size, delta)
    steps[:1] = start
    return np.asarray(np.add.accumulate(steps))
