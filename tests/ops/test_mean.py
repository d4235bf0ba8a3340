"""MEAN against the real runtimes."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError

from ..models import Network
from ..sweeps import sweep
from ..sweeps.base import quantization

# TFLite Micro has no uint8 kernels.
REFUSED = {"tflm": 0.6}

OUTPUTS, MANY_OUTPUTS = 30_000, 500_000


def test_random_cases() -> None:
    sweep("MEAN", 1, count(), OUTPUTS).check(OUTPUTS, REFUSED)


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("MEAN", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def mean(axes: list[int], types: tuple[str, str] = ("INT8", "INT8")) -> bytes:
    net = Network()
    x = net.input((2, 3, 4), types[0], quantization(0.5))
    axis = net.constant(np.array(axes, np.int32), "INT32")
    y = net.output((2, 4), types[1], quantization(0.5))
    net.operator("MEAN", [x, axis], [y])
    return net.bytes()


@pytest.mark.parametrize(
    ("axes", "types", "message"),
    [
        ([1], ("FLOAT16", "FLOAT16"), "FLOAT16"),
        ([1], ("INT8", "UINT8"), "UINT8"),
        ([3], ("INT8", "INT8"), "rank 3"),
        ([-4], ("INT8", "INT8"), "rank 3"),
    ],
)
def test_refused(axes: list[int], types: tuple[str, str], message: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"MEAN #0: .*{message}"):
        Model(mean(axes, types))


def test_axes_from_the_end() -> None:
    x = np.arange(24, dtype=np.int8).reshape(2, 3, 4)
    np.testing.assert_array_equal(Model(mean([-2]))(x), Model(mean([1]))(x))
    with pytest.raises(ShapeError):
        Model(mean([1]))(x[0])


def test_int16_has_zero_point_0() -> None:
    net = Network()
    x, axis = net.input((2, 3), "INT16", quantization(0.5, 1)), net.constant([1], "INT32")
    net.operator("MEAN", [x, axis], [net.output((2,), "INT16", quantization(0.5))])
    with pytest.raises(UnsupportedOpError, match="MEAN #0: .*zero point 0"):
        Model(net.bytes())
