"""QUANTIZE against the real runtimes: random cases of every pair of types, and all values."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from intlite import Model, UnsupportedOpError
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES

from ..models import Network
from ..sweeps import check, power, sweep
from ..sweeps.base import quantization
from ..sweeps.quantize import PAIRS, QuantizeCase

OUTPUTS, MANY_OUTPUTS = 100_000, 1_000_000
# LiteRT has no int8 -> int32, TFLite Micro only uint8 -> int8 of what has to do with uint8.
LITERT = 0.1
REFUSED = {"litert": LITERT, "litert-builtin": LITERT, "litert-reference": LITERT, "tflm": 0.35}


def test_random_cases() -> None:
    found = sweep("QUANTIZE", 1, count(), OUTPUTS)
    found.check(OUTPUTS, REFUSED)
    kinds = {kind for (kind, _), tally in found.tallies.items() if tally.outputs}
    assert kinds == {f"{from_} -> {to}" for from_, to in PAIRS}


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("QUANTIZE", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def test_random_cases_tell_the_flavours_apart() -> None:
    differing = power("QUANTIZE", 1, 100)
    # Without a delegate only the last of float32's and whole blocks of 8-bit types differ.
    assert differing.pop(("litert-reference", "tflm")) == 0
    assert min(differing.values()) >= 50, differing


@pytest.mark.parametrize("to", ["int8", "uint8", "int16"])
@pytest.mark.parametrize("scale", [0.5, 0.1, 1e-30, 1e30])
def test_special_floats(to: str, scale: float) -> None:
    largest = np.finfo(np.float32).max
    special = [0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, largest, -largest, 1e-45, -1e-45]
    # In whole blocks, and in what is left of them.
    x = np.array([*special, *special, 1.0], np.float32)
    check(QuantizeCase(x, to, None, quantization(scale, 3)))


@pytest.mark.parametrize("to", ["int8", "uint8", "int16"])
def test_conversion_limits(to: str) -> None:
    """Quotients at and beside the ends of int32, where conversions saturate or don't."""
    ends = np.array([2.0**31, -(2.0**31), 2.0**31 - 128, 2.0**24 + 1, 0.5, -0.5], np.float32)
    x = np.concatenate([ends, *(np.nextafter(ends, np.float32(d)) for d in (-np.inf, np.inf))])
    for zero_point in (0, 100):
        check(QuantizeCase(x, to, None, quantization(1, zero_point)))


@pytest.mark.parametrize("to", ["int8", "uint8"])
@pytest.mark.parametrize("from_", ["int8", "uint8"])
@pytest.mark.parametrize("factor", [1, 0.5, 2, 1.5, 0.37, 2.0**-8, 2.0**-9, 128, 129])
def test_all_bytes(from_: str, to: str, factor: float) -> None:
    x = np.arange(256, dtype=np.uint8).view(from_)
    zero = {"int8": 0, "uint8": 128}
    for shift in (0, 7, -100):
        zero_points = quantization(0.25 * factor, zero[from_] + shift), quantization(0.25, zero[to])
        # Whole blocks, and one value more than them.
        for values in (x, np.append(x, x[100])):
            check(QuantizeCase(values, to, *zero_points))


def test_seven_dimensions() -> None:
    x = np.arange(210, dtype=np.uint8).view(np.int8).reshape(1, 1, 1, 2, 3, 5, 7)
    check(QuantizeCase(x, "int8", quantization(0.37, 11), quantization(0.29, 5)))


@pytest.mark.parametrize(
    ("from_", "to"),
    [
        ("FLOAT32", "INT32"),
        ("FLOAT32", "FLOAT16"),
        ("FLOAT16", "INT8"),
        ("INT32", "INT32"),
        ("INT32", "UINT8"),
        ("UINT8", "INT32"),
        ("INT16", "UINT8"),
        ("INT64", "INT8"),
        ("INT8", "UINT16"),
        ("INT8", "FLOAT32"),
    ],
)
@pytest.mark.parametrize("flavour", RUNTIMES)
def test_unsupported_types(from_: str, to: str, flavour: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"QUANTIZE #0: {from_} to {to}"):
        Model(_model(from_, to), numerics=flavour)


@pytest.mark.parametrize("zero_points", [(3, 0), (0, 3)])
def test_zero_points_of_int16(zero_points: tuple[int, int]) -> None:
    with pytest.raises(UnsupportedOpError, match="QUANTIZE #0: .*zero points of 0"):
        Model(_model("INT16", "INT16", zero_points))


def test_per_channel() -> None:
    net = Network()
    x = net.input((3, 4), "FLOAT32")
    y = net.output((3, 4), "INT8", quantization([1, 2, 3]))
    net.operator("QUANTIZE", [x], [y])
    with pytest.raises(UnsupportedOpError, match="QUANTIZE #0: .*per channel"):
        Model(net.bytes())


def test_no_quantization() -> None:
    net = Network()
    x, y = net.input((3,), "FLOAT32"), net.output((3,), "INT8")
    net.operator("QUANTIZE", [x], [y])
    with pytest.raises(UnsupportedOpError, match="QUANTIZE #0: .*no quantization"):
        Model(net.bytes())


def _model(from_: str, to: str, zero_points: tuple[int, int] = (0, 0)) -> bytes:
    net = Network()
    x = net.input((3,), from_, per_tensor(0.5, zero_points[0]))
    y = net.output((3,), to, per_tensor(0.5, zero_points[1]))
    net.operator("QUANTIZE", [x], [y])
    return net.bytes()
