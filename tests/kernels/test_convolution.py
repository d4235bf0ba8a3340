"""All convolutions on every instruction set, against the reference arithmetic."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.convolution import ConvolutionSpec
from intlite.ops.transpose_conv import TransposeConvSpec
from intlite.reference import convolution as reference
from intlite.reference.convolution import ConvolutionParameters
from intlite.reference.transpose_conv import transpose_conv
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import Policy

from ..sweeps.base import quantization

XNNPACK = POLICIES["xnnpack"]
each_isa = pytest.mark.parametrize("isa", _native.supported_isas())
each_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
# Channels below, at and above a vector, and beyond a block of columns.
CHANNELS = (1, 3, 8, 15, 16, 17, 40, 70)


def parameters(
    dtype: type[np.int8 | np.uint8], channels: int, size: tuple[int, int], pad: tuple[int, int]
) -> ConvolutionParameters:
    signed = dtype is np.int8
    scales = 0.02 + 0.001 * np.arange(channels) if signed and channels > 1 else 0.02
    return ConvolutionParameters(
        quantization(0.05, -7 if signed else 121),
        quantization(scales, 0 if signed else 131),
        quantization(0.9, 3 if signed else 130),
        "RELU6",
        dtype,
        (2, 1),
        (1, 2),
        size,
        pad,
    )


def run(kernel: _native.Kernel, x: NDArray[Any]) -> NDArray[np.uint8]:
    """The output, out of a buffer whose other bytes must stay."""
    size = kernel.output_bytes[0]
    buffer = np.full(size + 64, 0xA5, np.uint8)
    kernel.run([x], [buffer[:size]])
    assert (buffer[size:] == 0xA5).all()
    return buffer[:size]


def check_spec(spec: ConvolutionSpec, isa: str, x: NDArray[Any], expected: NDArray[Any]) -> None:
    found = run(spec.make(isa), x)
    np.testing.assert_array_equal(found, expected.view(np.uint8).ravel())
    # The other signedness, in and out.
    unsigned = x.dtype == np.uint8
    moved = spec.input_zero_point + (-128 if unsigned else 128)
    flipped = replace(spec, input_unsigned=not unsigned, input_zero_point=moved, flip=True).make(
        isa
    )
    np.testing.assert_array_equal(run(flipped, x.view(np.uint8) ^ 0x80), found ^ 0x80)


def check(
    depthwise: bool,
    isa: str,
    policy: Policy,
    dtype: type[np.int8 | np.uint8],
    channels: int,
    filter_shape: tuple[int, ...],
) -> None:
    rng = np.random.default_rng(channels)
    info = np.iinfo(dtype)
    outputs = filter_shape[3] if depthwise else filter_shape[0]
    x = rng.integers(info.min, info.max, (2, 7, 9, channels), dtype, endpoint=True)
    filter_ = rng.integers(info.min, info.max, filter_shape, dtype, endpoint=True)
    if depthwise and dtype is np.uint8:  # of some channels no weight is 128 from the zero point
        filter_[..., 16:] = np.maximum(filter_[..., 16:], 131 - 128)
    bias = rng.integers(-3000, 3000, outputs).astype(np.int32)
    # SAME padding: heights 7 by steps of 2, widths 9 by 1 with taps 2 apart.
    p = parameters(dtype, outputs, (4, 9), (1, 2))
    meaning = reference.depthwise_conv_2d if depthwise else reference.conv_2d
    expected = meaning(x, filter_, bias, p, policy)
    zero_point = int(p.input.zero_point[0])
    spec = ConvolutionSpec(
        depthwise, x.shape, filter_, bias, p, policy, dtype is np.uint8, zero_point
    )
    check_spec(spec, isa, x, expected)


@each_isa
@each_policy
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_conv_2d(isa: str, policy: Policy, dtype: type[np.int8 | np.uint8]) -> None:
    for channels in CHANNELS:
        check(False, isa, policy, dtype, channels, (channels + 2, 3, 3, channels))
    check(False, isa, policy, dtype, 6, (4, 3, 3, 3))  # two groups


@each_isa
@each_policy
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_depthwise_conv_2d(isa: str, policy: Policy, dtype: type[np.int8 | np.uint8]) -> None:
    for channels in CHANNELS:
        for multiplier in (1, 3):
            check(True, isa, policy, dtype, channels, (1, 3, 3, channels * multiplier))
    for outputs in (3, 4, 24):
        check(True, isa, policy, dtype, 1, (1, 3, 3, outputs))


@each_isa
def test_pixels_beyond_the_image_are_padding(isa: str) -> None:
    """Filters of one pixel read the image as it lies, but not what is behind it."""
    rng = np.random.default_rng(3)
    x = rng.integers(-128, 128, (1, 3, 4, 5), np.int8)
    filter_ = rng.integers(-127, 128, (6, 1, 1, 5), np.int8)
    p = replace(parameters(np.int8, 6, (4, 6), (0, 0)), stride=(1, 1), dilation=(1, 1))
    expected = reference.conv_2d(x, filter_, None, p, XNNPACK)
    spec = ConvolutionSpec(False, x.shape, filter_, None, p, XNNPACK, False, -7)
    np.testing.assert_array_equal(run(spec.make(isa), x), expected.view(np.uint8).ravel())


# Filter, stride and output size: taps that overlap, meet, leave gaps; odd phases.
PLACES = [
    ((3, 3), (2, 2), (14, 18)),
    ((2, 4), (2, 2), (13, 18)),
    ((1, 2), (3, 2), (21, 17)),
    ((5, 3), (1, 1), (7, 9)),
    ((3, 1), (1, 3), (7, 25)),
]


@each_isa
@each_policy
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_transpose_conv(isa: str, policy: Policy, dtype: type[np.int8 | np.uint8]) -> None:
    rng = np.random.default_rng(1)
    info = np.iinfo(dtype)
    for channels, (taps, stride, size) in product(CHANNELS, PLACES):
        outputs = channels + 2
        images = 16 if dtype is np.uint8 else 2  # whole blocks: the rest is not native
        x = rng.integers(info.min, info.max, (images, 7, 9, channels), dtype, endpoint=True)
        filter_ = rng.integers(info.min, info.max, (outputs, *taps, channels), dtype, endpoint=True)
        bias = rng.integers(-3000, 3000, outputs).astype(np.int32)
        p = replace(
            parameters(dtype, outputs, size, (taps[0] // 2, taps[1] // 2)),
            stride=stride,
            dilation=(1, 1),
        )
        expected = transpose_conv(x, filter_, bias, p, policy)
        zero_point = int(p.input.zero_point[0])
        spec = TransposeConvSpec(
            False, x.shape, filter_, bias, p, policy, dtype is np.uint8, zero_point
        )
        check_spec(spec, isa, x, expected)


@pytest.mark.parametrize("make", [_native.conv_2d, _native.depthwise_conv_2d])
@pytest.mark.parametrize("filter_shape", [(3, 0, 2, 3), (3, 2, 0, 3)])
def test_filters_without_elements_are_refused(make: Any, filter_shape: tuple[int, ...]) -> None:
    """A padded row of the scratch memory would be less than nothing wide."""
    with pytest.raises(ValueError, match="filter, stride and dilation must be at least 1"):
        make(
            images=1,
            input=(2, 26),
            input_channels=3,
            output=(5, 3),
            stride=(3, 1),
            dilation=(25, 5),
            padding=(1, 3),
            weights=np.zeros(filter_shape, np.int8),
            weights_zero_point=0,
            input_unsigned=False,
            input_zero_point=0,
            epilogue=_native.Epilogue(
                channels=3,
                bias=None,
                scale=np.ones(3),
                rounding=_native.Rounding.FP32,
                gemmlowp_channel=None,
                zero_point=0,
                activation_min=-128,
                activation_max=127,
            ),
        )
