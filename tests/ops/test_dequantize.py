"""DEQUANTIZE against the real runtimes: random cases, and every value."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from intlite import Model, UnsupportedOpError
from intlite.runtimes import RUNTIMES

from ..models import Network
from ..sweeps import check, power, sweep
from ..sweeps.base import quantization
from ..sweeps.quantize import DequantizeCase

OUTPUTS, MANY_OUTPUTS = 100_000, 1_000_000
# LiteRT refuses int16 with a zero point, TFLite Micro float16 and tensors without elements.
LITERT = 0.08
REFUSED = {"litert": LITERT, "litert-builtin": LITERT, "litert-reference": LITERT, "tflm": 0.32}


def test_random_cases() -> None:
    sweep("DEQUANTIZE", 1, count(), OUTPUTS).check(OUTPUTS, REFUSED)


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("DEQUANTIZE", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def test_random_cases_tell_the_flavours_apart() -> None:
    differing = power("DEQUANTIZE", 1, 60)
    # Two formulas in all: whole blocks of LiteRT's optimized kernel have the other one.
    assert differing[("litert-reference", "tflm")] == 0
    assert all(n >= 1000 for pair, n in differing.items() if "litert-builtin" in pair)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16"])
@pytest.mark.parametrize("scale", [0.1, 2.0**-7, 1.5, 1e-37, 1e36])
def test_all_values(dtype: str, scale: float) -> None:
    unsigned = np.uint16 if dtype == "int16" else np.uint8
    x = np.arange(np.iinfo(unsigned).max + 1, dtype=unsigned).view(dtype)
    zero_points = (0,) if dtype == "int16" else (0, 3, 127)
    for zero_point in zero_points:
        # Whole blocks, and a few values more than them.
        for values in (x, np.append(x, x[5:10])):
            found = check(DequantizeCase(values, quantization(scale, zero_point)))
            assert all(c.outputs == values.size for c in found)


def test_seven_dimensions() -> None:
    x = np.arange(210, dtype=np.uint8).view(np.int8).reshape(1, 1, 1, 2, 3, 5, 7)
    check(DequantizeCase(x, quantization(0.37, 11)))


@pytest.mark.parametrize(
    ("from_", "to"),
    [
        ("INT32", "FLOAT32"),
        ("FLOAT16", "INT32"),
        ("INT8", "FLOAT16"),
        ("INT8", "INT32"),
        ("INT4", "FLOAT32"),
    ],
)
@pytest.mark.parametrize("flavour", RUNTIMES)
def test_unsupported_types(from_: str, to: str, flavour: str) -> None:
    net = Network()
    x, y = net.input((3,), from_, quantization(0.5)), net.output((3,), to)
    net.operator("DEQUANTIZE", [x], [y])
    with pytest.raises(UnsupportedOpError, match=f"DEQUANTIZE #0: {from_} to {to}"):
        Model(net.bytes(), numerics=flavour)


@pytest.mark.parametrize(
    ("scales", "reason"), [([], "no quantization"), ([1, 2, 3], "per channel")]
)
def test_unsupported_quantization(scales: list[float], reason: str) -> None:
    net = Network()
    x = net.input((3, 4), "INT8", quantization(scales) if scales else None)
    y = net.output((3, 4), "FLOAT32")
    net.operator("DEQUANTIZE", [x], [y])
    with pytest.raises(UnsupportedOpError, match=f"DEQUANTIZE #0: .*{reason}"):
        Model(net.bytes())
