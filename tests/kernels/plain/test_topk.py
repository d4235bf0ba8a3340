"""TOPK_V2 against a stable sort."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from intlite import _native
from intlite.ops.topk import TopKSpec

from .test_arg import draw


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64", "float32"])
@pytest.mark.parametrize("size", [1, 2, 31, 32, 33, 100, 1001])
def test_equal_to_a_sort(dtype: str, size: int) -> None:
    rng = np.random.default_rng(size)
    wide = rng.integers(-128 * (dtype != "uint8"), 127, (3, size)).astype(dtype)
    for x in (draw(rng, (3, size), dtype), wide, np.sort(wide), np.zeros((3, size), dtype)):
        keys = -x if dtype == "float32" else ~x.astype(np.int64)
        order = keys.argsort(-1, kind="stable")
        for k in {0, 1, 2, size // 2, size - 1, size} - {-1}:
            if k > size:
                continue
            values, places = np.empty((3, k), dtype), np.empty((3, k), np.int16 if k % 2 else "i4")
            kernel = TopKSpec((3, size), k, x.dtype, places.itemsize).make()
            kernel.run([x], [values, places])
            np.testing.assert_array_equal(places, order[:, :k])
            np.testing.assert_array_equal(values, np.take_along_axis(x, order, -1)[:, :k])


@pytest.mark.parametrize(
    "change",
    [
        {"k": 6},
        {"size": 2**31, "k": 1},
        {"rows": 2**47},
        {"dtype": np.dtype(bool)},
        {"index_bytes": 8},
    ],
)
def test_bad_arguments(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        **{"rows": 1, "size": 5, "k": 2, "dtype": np.dtype(np.int8), "index_bytes": 4}
    }
    with pytest.raises(ValueError, match="out of range|too large|no kernel|int16 or int32"):
        _native.topk(**(good | change))
