"""float32 functions of the C library, which the runtimes call for their tables.

numpy's own differ from them in the last bit, and so would entries of a table.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Name = Literal["exp", "expm1", "erfc", "log", "tanh"]


@cache
def _scalar(name: Name) -> Callable[[float], float]:
    for library in ("libm.so.6", None, "ucrtbase"):
        try:
            function = getattr(ctypes.CDLL(library), f"{name}f")
        except (OSError, AttributeError, TypeError):
            continue
        function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float]
        return lambda x: float(function(x))
    return lambda x: _from_double(name, x)


def _from_double(name: Name, x: float) -> float:
    """Nearly always the same: a good float32 function is all but correctly rounded."""
    try:
        return float(getattr(math, name)(x))
    except OverflowError:
        return math.inf


def apply(name: Name, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The function of each element."""
    function = _scalar(name)
    with np.errstate(over="ignore"):
        values = np.array([function(v) for v in x.ravel().tolist()]).astype(np.float32)
    return np.asarray(values.reshape(x.shape))
