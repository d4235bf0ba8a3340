"""TRANSPOSE_CONV against the real runtimes."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.schema.options import TransposeConvOptions

from ..models import Network
from ..sweeps import check, sweep
from ..sweeps.base import quantization
from ..sweeps.convolution import KINDS as INPUTS
from ..sweeps.transpose_conv import TransposeConvCase

# TFLite Micro has no uint8 kernel, and no hybrid one.
REFUSED = {"tflm": 0.6}

OUTPUTS, MANY_OUTPUTS = 100_000, 600_000
KINDS = {f"{t}{b}" for t in INPUTS for b in ("", " without bias") if b == "" or "bias" not in t}
KINDS |= {"float32", "hybrid", "hybrid per channel"}


def test_random_cases() -> None:
    found = sweep("TRANSPOSE_CONV", 1, count(), OUTPUTS)
    found.check(OUTPUTS, REFUSED)
    assert {kind for (kind, _), tally in found.tallies.items() if tally.outputs} == KINDS


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("TRANSPOSE_CONV", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def transpose_conv(
    types: tuple[str, str, str] = ("INT8", "INT8", "INT8"),
    shape: tuple[int, ...] = (1, 10, 10, 4),
    shape_type: str = "INT32",
    filter_shape: tuple[int, ...] = (4, 3, 3, 2),
    filter_zero_point: int = 0,
    bias: int = 4,
    bias_type: str = "INT32",
    zero_point: int = 0,
    **options: int,
) -> bytes:
    net = Network()
    size = net.constant(np.array(shape), shape_type)
    weights = net.constant(np.zeros(filter_shape), types[1], quantization(0.5, filter_zero_point))
    x = net.input((1, 5, 5, 2), types[0], quantization(0.5, zero_point))
    biases = net.constant(np.zeros(bias), bias_type, quantization(0.25))
    y = net.output(shape, types[2], quantization(0.5))
    given: dict[str, Any] = {"padding": 0, "stride_h": 2, "stride_w": 2, **options}
    net.operator("TRANSPOSE_CONV", [size, weights, x, biases], [y], TransposeConvOptions(**given))
    return net.bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"types": ("INT8", "UINT8", "INT8")}, "UINT8 filter"),
        ({"types": ("INT8", "INT8", "UINT8")}, "UINT8 output"),
        ({"types": ("INT32", "INT8", "INT32")}, "INT32 input"),
        ({"filter_shape": (4, 9)}, "rank 4"),
        ({"filter_zero_point": 3}, "zero points of 0"),
        ({"bias": 3}, "expected 4 INT32"),
        ({"bias_type": "INT64"}, "expected 4 INT32"),
        ({"shape_type": "INT64"}, "not a vector of INT32"),
        ({"stride_h": 0}, "at least 1"),
        ({"stride_w": 1 << 15}, "exceed 32767"),
        ({"padding": 2}, "padding 2"),
        ({"fused_activation_function": 4}, "TANH"),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"TRANSPOSE_CONV #0: .*{message}"):
        Model(transpose_conv(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": (1, 10, 40)}, "not that of an image"),
        ({"shape": (2, 10, 10, 4)}, "does not give"),
        ({"shape": (1, 10, 10, 5)}, "does not give"),
        ({"filter_shape": (4, 3, 3, 3)}, "does not give"),
        ({"shape": (1, 11, 10, 4)}, r"needs an input of \(6, 5\)"),
        ({"padding": 1}, "needs an input of"),
    ],
)
def test_shapes_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match=f"TRANSPOSE_CONV #0: .*{message}"):
        Model(transpose_conv(**changes))


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_filter_of_many_phases(padding: str) -> None:
    """Too many to pack each: numpy computes them."""
    rng = np.random.default_rng(3)
    check(
        TransposeConvCase(
            x=rng.integers(-128, 128, (1, 2, 3, 2)).astype(np.int8),
            filter=rng.integers(-127, 128, (1, 20, 30, 2)).astype(np.int8),
            bias=None,
            is_bias_absent=False,
            input=quantization(0.5, 7),
            weights=quantization(0.01),
            output=quantization(0.5, -3),
            activation="NONE",
            padding=padding,
            stride=(20, 25),
            size=(40, 80 if padding == "VALID" else 75),
        )
    )
