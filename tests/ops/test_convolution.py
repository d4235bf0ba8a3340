"""CONV_2D and DEPTHWISE_CONV_2D against the real runtimes."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.schema.options import Conv2DOptions, DepthwiseConv2DOptions

from ..models import Network
from ..sweeps import sweep
from ..sweeps.base import quantization
from ..sweeps.convolution import KINDS as convolution_kinds

# TFLite Micro has no uint8 kernels.
REFUSED = {"tflm": 0.6}

OUTPUTS, MANY_OUTPUTS = 60_000, 600_000
OPERATORS = ("CONV_2D", "DEPTHWISE_CONV_2D")
KINDS = {
    "CONV_2D": {
        f"{t}{g}"
        for t in convolution_kinds
        for g in ("", " grouped")
        if (t, g) != ("uint8", " grouped")
    },
    "DEPTHWISE_CONV_2D": {
        f"{t}{m}" for t in convolution_kinds for m in ("", " multiplied") if "bias" not in t
    },
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_random_cases(operator: str) -> None:
    found = sweep(operator, 1, count(), OUTPUTS)
    found.check(OUTPUTS, REFUSED)
    kinds = {kind for (kind, _), tally in found.tallies.items() if tally.outputs}
    assert kinds > KINDS[operator]


@pytest.mark.long
@pytest.mark.parametrize("operator", OPERATORS)
def test_many_random_cases(operator: str) -> None:
    sweep(operator, 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def convolution(
    operator: str = "CONV_2D",
    types: tuple[str, str, str] = ("INT8", "INT8", "INT8"),
    filter_shape: tuple[int, ...] = (4, 3, 3, 2),
    filter_zero_point: int = 0,
    bias: int = 4,
    **options: int,
) -> bytes:
    net = Network()
    x = net.input((1, 5, 5, 2), types[0], quantization(0.5))
    dtype = types[1].lower()
    weights = net.constant(
        np.zeros(filter_shape, dtype), types[1], quantization(0.5, filter_zero_point)
    )
    biases = net.constant(np.zeros(bias, np.int32), "INT32", quantization(0.25))
    y = net.output((1, 5, 5, 4), types[2], quantization(0.5))
    given = {"padding": 0, "stride_h": 1, "stride_w": 1, **options}
    make = Conv2DOptions if operator == "CONV_2D" else DepthwiseConv2DOptions
    net.operator(operator, [x, weights, biases], [y], make(**given))
    return net.bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"types": ("INT16", "INT8", "INT16")}, "expected 4 INT64"),
        ({"types": ("INT16", "INT16", "INT16")}, "INT16 filter"),
        ({"types": ("INT8", "UINT8", "INT8")}, "UINT8 filter"),
        ({"types": ("INT8", "INT8", "UINT8")}, "UINT8 output"),
        ({"filter_shape": (4, 9)}, "rank 4"),
        ({"filter_zero_point": 3}, "zero points of 0"),
        ({"bias": 3}, "expected 4 INT32 values"),
        ({"stride_h": 0}, "at least 1"),
        ({"dilation_w_factor": -1}, "at least 1"),
        ({"padding": 2}, "padding 2"),
        ({"fused_activation_function": 4}, "TANH"),
    ],
)
def test_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"CONV_2D #0: .*{message}"):
        Model(convolution(**changes))  # type: ignore[arg-type]


def test_channels_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="CONV_2D #0"):
        Model(convolution(filter_shape=(4, 3, 3, 3)))
    with pytest.raises(ShapeError, match="DEPTHWISE_CONV_2D #0"):
        Model(convolution("DEPTHWISE_CONV_2D", filter_shape=(1, 3, 3, 3), bias=3))


def test_window_larger_than_the_image() -> None:
    with pytest.raises(ShapeError, match="does not fit"):
        Model(convolution(filter_shape=(4, 7, 7, 2), padding=1))
