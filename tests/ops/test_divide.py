"""DIV against the real runtimes."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from intlite import Model, UnsupportedOpError

from ..models import Network
from ..sweeps import sweep
from ..sweeps.base import quantization

# TFLite Micro has no uint8 kernel.
REFUSED = {"tflm": 0.6}
OUTPUTS, MANY_OUTPUTS = 30_000, 250_000


def test_random_cases() -> None:
    sweep("DIV", 1, count(), OUTPUTS).check(OUTPUTS, REFUSED)


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("DIV", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def div(scale: float, types: tuple[str, str] = ("INT8", "INT8")) -> bytes:
    net = Network()
    x = net.input((3,), types[0], quantization(0.5, 1))
    y = net.input((3,), types[1], quantization(0.5, 2))
    net.operator("DIV", [x, y], [net.output((3,), types[0], quantization(scale, 3))])
    return net.bytes()


def test_a_divisor_of_0_saturates() -> None:
    x, zero = np.array([5, 1, -5], np.int8), np.full(3, 2, np.int8)
    assert Model(div(0.1))(x, zero).tolist() == [127, 3, -128]


def test_a_quotient_shifted_to_the_left_is_as_x86_shifts() -> None:
    """Of int16, where the runtimes' last shift has a negative count: measured."""
    net = Network()
    x, y = net.input((1,), "INT16", quantization(0.5)), net.input((1,), "INT16", quantization(2.0))
    net.operator("DIV", [x, y], [net.output((1,), "INT16", quantization(2.0**-21))])
    found = Model(net.bytes())(np.array([32767], np.int16), np.array([2], np.int16))
    assert found.tolist() == [2]


def test_refused() -> None:
    for types in (("INT16", "INT8"), ("INT8", "UINT8")):
        with pytest.raises(UnsupportedOpError, match=f"DIV #0: {types[0]} and {types[1]}"):
            Model(div(0.1, types))
    for scale in (2.0**-23, 1e-30, 1e-45):
        with pytest.raises(UnsupportedOpError, match="DIV #0: .*overflow"):
            Model(div(scale))
