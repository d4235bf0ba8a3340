"""Convolutions of every shape on every instruction set: by lines, by patches, in parts."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.convolution import ConvolutionSpec
from intlite.reference import convolution as reference
from intlite.reference.convolution import ConvolutionParameters
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import Policy

from ..sweeps.base import quantization
from .test_convolution import check_spec
from .test_parts import run_in_parts

XNNPACK = POLICIES["xnnpack"]
each_isa = pytest.mark.parametrize("isa", _native.supported_isas())


def case(
    rng: Generator,
    shape: tuple[int, int, int, int],
    filter_shape: tuple[int, int, int, int],
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    pad: tuple[int, int] = (0, 0),
    size: tuple[int, int] | None = None,
    *,
    depthwise: bool = False,
    dtype: Any = np.int8,
    policy: Policy = XNNPACK,
) -> tuple[ConvolutionSpec, NDArray[Any], NDArray[Any]]:
    """A convolution of random numbers, its input, and what it gives by the reference.

    ``size`` is of the output; without it the windows that begin before the image's end.
    """
    signed = np.dtype(dtype) == np.int8
    channels = filter_shape[3] if depthwise else filter_shape[0]
    reach = [(f - 1) * d + 1 for f, d in zip(filter_shape[1:3], dilation, strict=True)]
    height, width = (
        max(1, (n + 2 * p - r) // s + 1)
        for n, p, r, s in zip(shape[1:3], pad, reach, stride, strict=True)
    )
    scales = 0.02 + 0.001 * rng.random(channels) if signed and channels > 1 else 0.02
    p = ConvolutionParameters(
        quantization(0.05, -7 if signed else 121),
        quantization(scales, 0 if signed else 131),
        quantization(0.7 * np.sqrt(np.prod(filter_shape[1:])) / 10, 3 if signed else 130),
        str(rng.choice(["NONE", "RELU", "RELU6"])),
        dtype,
        stride,
        dilation,
        (height, width) if size is None else size,
        pad,
    )
    info = np.iinfo(dtype)
    x = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    filter_ = rng.integers(info.min, info.max, filter_shape, dtype, endpoint=True)
    bias = rng.integers(-3000, 3000, channels).astype(np.int32)
    meaning = reference.depthwise_conv_2d if depthwise else reference.conv_2d
    expected = meaning(x, filter_, bias, p, policy)
    zero_point = int(p.input.zero_point[0])
    spec = ConvolutionSpec(depthwise, x.shape, filter_, bias, p, policy, not signed, zero_point)
    return spec, x, expected


# Input, filter (OHWI), stride, dilation, padding before, size.
SHAPES: dict[str, tuple[Any, ...]] = {
    "first layer": ((1, 33, 31, 3), (24, 3, 3, 3), (2, 2), (1, 1), (1, 0)),
    "one channel": ((1, 28, 28, 1), (8, 5, 5, 1), (1, 1), (1, 1), (2, 2)),
    "ten by four": ((1, 49, 10, 1), (64, 10, 4, 1), (2, 2), (1, 1), (4, 1)),
    "many small images": ((37, 3, 2, 20), (9, 3, 3, 20), (1, 1), (1, 1), (1, 1)),
    "images of a row": ((9, 1, 50, 6), (17, 1, 3, 6), (1, 1), (1, 1), (0, 1)),
    "strides beyond the filter": ((2, 17, 19, 5), (12, 1, 2, 5), (3, 4)),
    "every second pixel": ((2, 16, 16, 24), (40, 1, 1, 24), (2, 2)),
    "dilated": ((1, 21, 23, 7), (11, 3, 3, 7), (1, 1), (3, 2), (3, 2)),
    "dilated by lines": ((1, 21, 23, 4), (8, 3, 3, 4), (2, 1), (4, 1), (4, 1)),
    "groups": ((2, 9, 9, 12), (18, 3, 3, 4), (1, 1), (1, 1), (1, 1)),
    "groups of one": ((1, 9, 9, 6), (12, 3, 3, 1), (1, 2), (1, 1), (1, 1)),
    "a single output": ((3, 4, 4, 16), (10, 4, 4, 16)),
    "deep": ((1, 6, 5, 130), (70, 3, 3, 130), (1, 1), (1, 1), (1, 1)),
    "wide": ((1, 4, 700, 16), (16, 3, 3, 16), (1, 1), (1, 1), (1, 1)),
    "more padding than image": ((1, 2, 3, 4), (5, 3, 3, 4), (1, 1), (1, 1), (9, 11)),
    "windows far apart": ((1, 8, 8, 3), (4, 2, 2, 3), (1, 1), (1, 10**6), (0, 10**6), (7, 9)),
    "lines far apart": ((1, 8, 8, 3), (4, 2, 2, 3), (1, 1), (10**6, 1), (10**6, 0), (9, 7)),
}
# 1HWC.
DEPTHWISE: dict[str, tuple[Any, ...]] = {
    "3x3": ((2, 11, 13, 40), (1, 3, 3, 40), (1, 1), (1, 1), (1, 1)),
    "3x3 by 2": ((2, 11, 13, 40), (1, 3, 3, 40), (2, 2), (1, 1), (0, 1)),
    "5x5": ((1, 9, 9, 64), (1, 5, 5, 64), (1, 1), (1, 1), (2, 2)),
    "5x5 by 2": ((1, 14, 14, 130), (1, 5, 5, 130), (2, 2), (1, 1), (2, 2)),
    "by 3 and 4": ((1, 14, 17, 20), (1, 3, 4, 20), (3, 4), (1, 1), (1, 1)),
    "dilated": ((1, 17, 18, 24), (1, 3, 3, 24), (1, 1), (2, 3), (2, 3)),
    "dilated by 2": ((1, 17, 18, 24), (1, 3, 2, 24), (2, 2), (3, 2), (1, 1)),
    "far apart": ((1, 40, 6, 5), (1, 3, 3, 5), (1, 1), (39, 1), (39, 1)),
    "few channels": ((2, 12, 15, 8), (1, 3, 3, 8), (1, 1), (1, 1), (1, 1)),
    "columns far apart": ((1, 8, 9, 20), (1, 3, 3, 20), (1, 1), (1, 2**31 - 1), (1, 1), (6, 9)),
    "the middle column alone": (
        *((2, 6, 6, 9), (1, 3, 3, 9), (1, 3), (1, 2**31 - 1)),
        *((1, 2**31 - 2), (6, 2)),
    ),
    "the middle column alone, few channels": (
        *((2, 6, 9, 8), (1, 3, 3, 8), (1, 1), (1, 99), (1, 95), (6, 4)),
    ),
    "one row": ((1, 1, 70, 17), (1, 1, 7, 17), (1, 1), (1, 1), (0, 3)),
    "one column": ((1, 70, 1, 17), (1, 7, 1, 17), (2, 2), (1, 1), (3, 0)),
    "multiplied": ((1, 9, 8, 3), (1, 3, 3, 12), (1, 1), (1, 1), (1, 1)),
    "multiplied by 2": ((1, 9, 8, 24), (1, 3, 3, 48), (2, 2), (1, 1), (1, 1)),
    "large": ((1, 57, 61, 96), (1, 3, 3, 96), (2, 2), (1, 1), (0, 0)),
}


@each_isa
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("name", SHAPES)
def test_conv_2d(name: str, dtype: Any, isa: str) -> None:
    rng = np.random.default_rng(len(name))
    for policy in POLICIES.values():
        spec, x, expected = case(rng, *SHAPES[name], dtype=dtype, policy=policy)
        check_spec(spec, isa, x, expected)


@each_isa
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("name", DEPTHWISE)
def test_depthwise_conv_2d(name: str, dtype: Any, isa: str) -> None:
    rng = np.random.default_rng(len(name))
    for policy in POLICIES.values():
        spec, x, expected = case(rng, *DEPTHWISE[name], depthwise=True, dtype=dtype, policy=policy)
        check_spec(spec, isa, x, expected)


@each_isa
@pytest.mark.parametrize("seed", range(25))
def test_any_shape(seed: int, isa: str) -> None:
    rng = np.random.default_rng(seed)
    taps, stride, dilation = rng.integers(1, 6, 2), rng.integers(1, 4, 2), rng.integers(1, 4, 2)
    reach = (taps - 1) * dilation + 1
    pad = rng.integers(0, reach)
    height, width = np.maximum(rng.integers(1, 30, 2), reach - 2 * pad)
    depthwise = bool(rng.random() < 0.4)
    channels, outputs = int(rng.integers(1, 40)), int(rng.integers(1, 70))
    outer = (1, *taps, channels) if depthwise else (outputs, *taps, channels)
    spec, x, expected = case(
        rng,
        (int(rng.integers(1, 5)), int(height), int(width), channels),
        tuple(int(n) for n in outer),  # type: ignore[arg-type]
        (int(stride[0]), int(stride[1])),
        (int(dilation[0]), int(dilation[1])),
        (int(pad[0]), int(pad[1])),
        depthwise=depthwise,
        dtype=(np.int8, np.uint8)[int(rng.integers(2))],
        policy=list(POLICIES.values())[int(rng.integers(len(POLICIES)))],
    )
    check_spec(spec, isa, x, expected)


@each_isa
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [16, 40])
@pytest.mark.parametrize("side", [3, 5, 7])
def test_depthwise_on_small_planes(side: int, channels: int, stride: int, isa: str) -> None:
    """Rows and columns that come out even or not, of which some or all meet padding."""
    rng = np.random.default_rng(channels)
    for height, width, pad in product((1, 2, 5), (1, 3, 6, 7), (0, side // 2, side - 1)):
        spec, x, expected = case(
            rng,
            (1 + pad % 2, height, width, channels),
            (1, side, side, channels),
            (stride, stride),
            pad=(pad, side - 1 - pad),
            size=(-(-height // stride), -(-width // stride)),
            depthwise=True,
        )
        check_spec(spec, isa, x, expected)


@each_isa
@pytest.mark.parametrize("threads", [2, 3, 5])
def test_parts(threads: int, isa: str) -> None:
    """By rows, by columns, by both, by channels."""
    rng = np.random.default_rng(threads)
    cases = [
        case(rng, (1, 40, 41, 16), (20, 3, 3, 16), (1, 1), (1, 1), (1, 1)),
        case(rng, (1, 3, 3, 128), (200, 3, 3, 128), (1, 1), (1, 1), (1, 1)),
        case(rng, (2, 30, 30, 24), (144, 1, 1, 24)),
        case(rng, (1, 3, 3, 256), (300, 1, 1, 256), dtype=np.uint8),
        case(rng, (1, 12, 12, 256), (1, 3, 3, 256), pad=(1, 1), depthwise=True),
        case(rng, (1, 33, 40, 24), (1, 3, 3, 24), (2, 2), depthwise=True),
    ]
    for spec, x, expected in cases:
        (found,) = run_in_parts(spec.make(isa), [x], threads)
        np.testing.assert_array_equal(found.view(np.uint8), expected.view(np.uint8).ravel())
