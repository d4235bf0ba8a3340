"""CAST from every type to every type on every instruction set, against the reference."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.cast import CastSpec
from intlite.reference.cast import cast

TYPES = (
    *("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"),
    *("float32", "float64"),
)
LIMITS = [2.0**k for k in (0, 7, 8, 15, 16, 31, 32, 53, 63)]
FLOATS = [np.nan, np.inf, 0.0, -0.0, 0.99, 1e-42, 3.4e38, 1e300, *LIMITS]
FLOATS += [v - 0.5 for v in LIMITS] + [np.nextafter(np.float32(v), np.float32(0)) for v in LIMITS]


def values(dtype: str, size: int) -> NDArray[Any]:
    kind = np.dtype(dtype).kind
    if kind == "f":
        with np.errstate(over="ignore"):
            floats = np.array([*FLOATS, *(-v for v in FLOATS)], dtype)
        return np.asarray(np.resize(floats, size))
    if kind == "b":
        return np.asarray(np.arange(size) % 3 == 0)
    info = np.iinfo(dtype)
    some = [info.min, info.max, 0, 1, info.max // 2 + 1, 2**24 + 1, 2**53 + 1]
    fit = [v for v in some if info.min <= v <= info.max]
    drawn = np.random.default_rng(0).integers(info.min, info.max, 50, dtype, endpoint=True)
    return np.asarray(np.resize(np.concatenate([np.array(fit, dtype), drawn]), size))


@pytest.mark.parametrize("isa", _native.supported_isas())
@pytest.mark.parametrize("dtype", TYPES)
def test_equal_to_the_reference(dtype: str, isa: str) -> None:
    for to, size in product(TYPES, (0, 1, 15, 64, 65, 255, 256, 257, 1000)):
        x = values(dtype, size)
        for nan_is_zero in (False, True):
            found = np.empty(size, to)
            spec = CastSpec(size, x.dtype, found.dtype, nan_is_zero)
            spec.make(isa).run([x], [found])
            expected = cast(x, found.dtype, nan_is_zero)
            np.testing.assert_array_equal(found, expected, f"{dtype} to {to}")


def test_bad_arguments() -> None:
    float32, other = np.dtype(np.float32), np.dtype(np.complex64)
    for size, dtype, to in ((1, float32, other), (1, other, float32), (2**48, float32, float32)):
        with pytest.raises(ValueError, match="no kernel|too large"):
            _native.cast(size=size, dtype=dtype, to=to, nan_is_zero=False)
