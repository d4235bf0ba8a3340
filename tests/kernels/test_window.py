"""Pools and means on every instruction set, against the reference."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import _native
from intlite.ops.mean import MeanSpec
from intlite.ops.pool import PoolSpec
from intlite.ops.window import Window
from intlite.reference import pool, reduction
from intlite.reference.reduction import MeanParameters
from intlite.runtimes.families import POLICIES

from ..sweeps.base import draw_values, quantization

each_isa = pytest.mark.parametrize("isa", _native.supported_isas())
each_dtype = pytest.mark.parametrize("dtype", ["int8", "uint8"])
# Below, at and above a vector, and beyond four of them.
CHANNELS = (1, 15, 16, 17, 64, 83)


# Filter, stride, output and padding on 7 x 6 pixels: rows of windows that no edge cuts, side by
# side or apart; one of them; none, as the padding is wide, or the filter wider than the image.
WINDOWS = (
    ((3, 2), (2, 1), (4, 6), (1, 0)),
    ((2, 2), (2, 2), (3, 3), (0, 0)),
    ((3, 3), (2, 3), (4, 2), (1, 1)),
    ((1, 1), (1, 4), (7, 2), (0, 0)),
    ((7, 6), (1, 1), (7, 6), (3, 2)),
    ((2, 9), (3, 2), (3, 3), (1, 3)),
)


BOUNDS = {"int8": (-100, 90), "uint8": (10, 200), "int16": (-9000, 20000)}


@each_isa
@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize(("filter", "stride", "size", "pad"), WINDOWS)
def test_pools(
    filter: tuple[int, int],
    stride: tuple[int, int],
    size: tuple[int, int],
    pad: tuple[int, int],
    average: bool,
    channels: int,
    dtype: str,
    isa: str,
) -> None:
    rng = np.random.default_rng(channels)
    x = draw_values(rng, (2, 7, 6, channels), dtype)
    window = Window(filter, stride, (1, 1), "SAME")
    low, high = BOUNDS[dtype]
    spec = PoolSpec(x.shape, window, size, pad, average, np.dtype(dtype), (low, high))
    found = np.empty((2, *size, channels), dtype)
    spec.make(isa).run([x], [found])
    places = pool.Windows(filter, stride, size, pad)
    expected = (pool.average if average else pool.greatest)(x, places)
    np.testing.assert_array_equal(found, np.clip(expected, low, high))


@each_isa
@each_dtype
@pytest.mark.parametrize("channels", CHANNELS)
def test_means(channels: int, dtype: str, isa: str) -> None:
    rng = np.random.default_rng(channels)
    x = draw_values(rng, (2, 7, 6, channels), dtype)
    p = MeanParameters(quantization(0.05, 3), quantization(0.03, 7), dtype, (1, 2), True)
    for policy in POLICIES.values():
        found = np.empty((2, 1, 1, channels), dtype)
        MeanSpec(x.shape, p, policy).make(isa).run([x], [found])
        expected = reduction.mean(x, p, policy)
        np.testing.assert_array_equal(found, expected)
