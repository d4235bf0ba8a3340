"""Numbers that are near an old one, or at the edges of what a type or an algorithm takes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.random import Generator

INTEGERS = (0, 1, 2, 3, 4, 5, 7, 8, 16, 31, 32, 33, 127, 128, 255, 256, 1000, 32767, 65535)
HUGE = (2**16, 2**20, 2**24, 2**30, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63 - 1)
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 1e-38, 1e-20, 1e20, 3.4e38, 2.0**-32, 2.0**31)
NOT_FINITE = (math.nan, math.inf, -math.inf)
_BOUNDS = {
    code: (int(np.iinfo(code).min), int(np.iinfo(code).max))
    for code in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")
}


def integer(rng: Generator, old: int = 0) -> int:
    kind = rng.random()
    if kind < 0.3:
        return old + int(rng.integers(-2, 3))
    among = INTEGERS if kind < 0.8 else HUGE
    value = among[int(rng.integers(len(among)))]
    return -value if rng.random() < 0.3 else value


def real(rng: Generator, old: float = 1.0) -> float:
    kind = rng.random()
    if kind < 0.3:
        with np.errstate(all="ignore"):
            return float(np.float32(old * 2.0 ** float(rng.integers(-20, 21))))
    if kind < 0.4:
        return NOT_FINITE[int(rng.integers(3))]
    return float(np.float32(FLOATS[int(rng.integers(len(FLOATS)))]))


def number(rng: Generator, code: str, old: Any) -> Any:
    """Another value of a numpy type code."""
    if code == "?":
        return not old
    if code not in _BOUNDS:
        return real(rng, float(old))
    low, high = _BOUNDS[code]
    return min(max(integer(rng, int(old)), low), high)
