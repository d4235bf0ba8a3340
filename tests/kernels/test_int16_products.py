"""int16 by int8 on every instruction set, against the definition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.batch_matmul import BatchMatMulInt16Spec, Sizes
from intlite.ops.convolution_int16 import ConvolutionInt16Spec
from intlite.ops.fully_connected import FullyConnectedInt16Spec
from intlite.ops.transpose_conv import TransposeConvInt16Spec
from intlite.quantization import Quantization
from intlite.reference.batch_matmul import BatchMatMulParameters, batch_matmul
from intlite.reference.convolution import ConvolutionParameters, conv_2d, depthwise_conv_2d
from intlite.reference.fully_connected import FullyConnectedParameters, fully_connected
from intlite.reference.transpose_conv import transpose_conv
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import Policy

from ..sweeps.base import quantization

each_isa = pytest.mark.parametrize("isa", _native.supported_isas())
# XNNPACK takes no int16.
FAMILIES = {name: p for name, p in POLICIES.items() if name != "xnnpack"}
each_policy = pytest.mark.parametrize("policy", FAMILIES.values(), ids=FAMILIES)
# Rows, depth and columns: around pairs, tiles, panels; beyond what int32 sums hold.
MATRICES = [
    *[(1, 1, 1), (1, 7, 70), (2, 8, 16), (3, 5, 17), (4, 64, 33), (7, 31, 64), (13, 2, 40)],
    *[(1, 1500, 20), (9, 1301, 35), (5, 520, 3)],
]


def run(
    kernel: _native.Kernel, x: NDArray[np.int16], samples: int = 1, *more: NDArray[Any]
) -> NDArray[np.int16]:
    """The output, out of a buffer whose other bytes must stay; x has nothing behind it."""
    size = kernel.output_bytes[0] * samples
    buffer = np.full(size + 64, 0xA5, np.uint8)
    kernel.run([x, *more], [buffer[:size]], samples)
    assert (buffer[size:] == 0xA5).all()
    return buffer[:size].view(np.int16)


def extremes(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """Values of a type, many of them its least or its greatest."""
    info = np.iinfo(dtype)
    x = rng.integers(info.min, info.max + 1, shape)
    x = np.where(rng.random(shape) < 0.2, info.max, x)
    return np.where(rng.random(shape) < 0.2, info.min, x).astype(dtype)


def draw_bias(rng: np.random.Generator, units: int, wide: bool, large: bool) -> NDArray[Any]:
    if not wide:
        return rng.integers(-(2**31), 2**31, units).astype(np.int32)
    return rng.integers(-(2**46), 2**46, units) if large else rng.integers(-(2**24), 2**24, units)


def scales(rng: np.random.Generator, units: int, depth: int, spread: int) -> Quantization:
    """Of outputs around int16's limits, or far from there."""
    scale = 2.0**-8 / np.sqrt(depth) * 2.0 ** rng.integers(-spread, spread + 1, units)
    return Quantization(scale.astype(np.float32), np.zeros(units, np.int64), axis=0)


@each_isa
@each_policy
@pytest.mark.parametrize("wide", [False, True], ids=["32 bits", "64 bits"])
def test_fully_connected(isa: str, policy: Policy, wide: bool) -> None:
    rng = np.random.default_rng(3)
    for rows, depth, units in MATRICES:
        for spread, large in ((1, False), (6, False), (14, True)):
            weights = extremes(rng, (units, depth), "int8")
            if not large:
                weights = (weights >> 4).astype(np.int8)
            bias = draw_bias(rng, units, wide, large)
            p = FullyConnectedParameters(
                quantization(1.0),
                scales(rng, units, depth, spread),
                quantization(1.0),
                "RELU" if large else "NONE",
                np.int16,
                wide,
            )
            x = extremes(rng, (2 * rows, depth), "int16")
            spec = FullyConnectedInt16Spec(rows, weights, bias, p, policy, False, 0)
            y = run(spec.make(isa), x, samples=2)
            expected = fully_connected(x, weights, bias, p, policy)
            np.testing.assert_array_equal(y, expected.ravel())


# Images, height, width, inputs, outputs, groups; filter, stride, dilation, padding before.
CONVOLUTIONS = [
    ((2, 5, 7, 3), 5, 1, (1, 1), (1, 1), (1, 1), (0, 0)),
    ((1, 5, 7, 16), 33, 1, (1, 1), (2, 1), (1, 1), (0, 0)),
    ((2, 6, 5, 3), 17, 1, (3, 3), (1, 1), (1, 1), (1, 1)),
    ((1, 9, 8, 4), 6, 2, (3, 2), (2, 1), (1, 2), (1, 0)),
    ((1, 1, 40, 1), 8, 1, (1, 9), (1, 1), (1, 1), (0, 4)),
    ((1, 4, 4, 300), 3, 1, (3, 3), (1, 1), (1, 1), (1, 1)),
]


def geometry(
    shape: tuple[int, ...],
    window: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    pad: tuple[int, int],
) -> tuple[int, int]:
    """The output's height and width, with as much padding behind as before."""
    height, width = (
        (d + 2 * before - (taps - 1) * by - 1) // step + 1
        for d, before, taps, by, step in zip(shape[1:3], pad, window, dilation, stride, strict=True)
    )
    return height, width


@each_isa
@each_policy
@pytest.mark.parametrize("wide", [False, True], ids=["32 bits", "64 bits"])
def test_convolution(isa: str, policy: Policy, wide: bool) -> None:
    rng = np.random.default_rng(4)
    for shape, outputs, groups, window, stride, dilation, pad in CONVOLUTIONS:
        size = geometry(shape, window, stride, dilation, pad)
        filter_ = extremes(rng, (outputs, *window, shape[3] // groups), "int8")
        p = ConvolutionParameters(
            quantization(1.0),
            scales(rng, outputs, filter_[0].size, 6),
            quantization(1.0),
            "NONE",
            np.int16,
            stride,
            dilation,
            size,
            pad,
            wide,
        )
        bias = draw_bias(rng, outputs, wide, large=False)
        x = extremes(rng, (2 * shape[0], *shape[1:]), "int16")
        spec = ConvolutionInt16Spec(False, shape, filter_, bias, p, policy, False, 0)
        y = run(spec.make(isa), x, samples=2)
        np.testing.assert_array_equal(y, conv_2d(x, filter_, bias, p, policy).ravel())


DEPTHWISE = [
    ((2, 6, 5, 3), 1, (3, 3), (1, 1), (1, 1), (1, 1)),
    ((1, 7, 6, 32), 1, (3, 3), (2, 2), (1, 1), (1, 1)),
    ((1, 5, 9, 5), 3, (2, 3), (1, 1), (2, 2), (1, 2)),
    ((1, 4, 4, 80), 1, (3, 3), (1, 1), (1, 1), (1, 1)),
    ((1, 30, 30, 2), 1, (26, 26), (1, 1), (1, 1), (0, 0)),
]


@each_isa
@each_policy
@pytest.mark.parametrize("wide", [False, True], ids=["32 bits", "64 bits"])
def test_depthwise(isa: str, policy: Policy, wide: bool) -> None:
    rng = np.random.default_rng(5)
    for shape, multiplier, window, stride, dilation, pad in DEPTHWISE:
        outputs = shape[3] * multiplier
        size = geometry(shape, window, stride, dilation, pad)
        filter_ = extremes(rng, (1, *window, outputs), "int8")
        p = ConvolutionParameters(
            quantization(1.0),
            scales(rng, outputs, filter_[..., 0].size, 6),
            quantization(1.0),
            "NONE",
            np.int16,
            stride,
            dilation,
            size,
            pad,
            wide,
        )
        bias = draw_bias(rng, outputs, wide, large=False)
        x = extremes(rng, (2 * shape[0], *shape[1:]), "int16")
        spec = ConvolutionInt16Spec(True, shape, filter_, bias, p, policy, False, 0)
        y = run(spec.make(isa), x, samples=2)
        np.testing.assert_array_equal(y, depthwise_conv_2d(x, filter_, bias, p, policy).ravel())


TRANSPOSED = [
    ((2, 4, 3, 5), 7, (3, 3), (2, 2), (1, 1)),
    ((1, 3, 5, 16), 17, (2, 3), (1, 2), (0, 1)),
    ((1, 4, 3, 2), 3, (1, 2), (3, 4), (0, 0)),
    ((1, 3, 3, 300), 2, (3, 3), (1, 1), (1, 1)),
]


@each_isa
@each_policy
@pytest.mark.parametrize("wide", [False, True], ids=["32 bits", "64 bits"])
def test_transpose_conv(isa: str, policy: Policy, wide: bool) -> None:
    rng = np.random.default_rng(6)
    for shape, outputs, window, stride, pad in TRANSPOSED:
        size = tuple(
            (d - 1) * step + taps - 2 * before + 1
            for d, step, taps, before in zip(shape[1:3], stride, window, pad, strict=True)
        )
        filter_ = extremes(rng, (outputs, *window, shape[3]), "int8")
        p = ConvolutionParameters(
            quantization(1.0),
            scales(rng, outputs, filter_[0].size, 6),
            quantization(1.0),
            "NONE",
            np.int16,
            stride,
            (1, 1),
            (size[0], size[1]),
            pad,
            wide,
        )
        bias = draw_bias(rng, outputs, wide, large=False)
        x = extremes(rng, (2 * shape[0], *shape[1:]), "int16")
        spec = TransposeConvInt16Spec(False, shape, filter_, bias, p, policy, False, 0)
        y = run(spec.make(isa), x, samples=2)
        np.testing.assert_array_equal(y, transpose_conv(x, filter_, bias, p, policy).ravel())


@each_isa
@each_policy
@pytest.mark.parametrize("right_type", ["int8", "int16"])
def test_batch_matmul(isa: str, policy: Policy, right_type: str) -> None:
    rng = np.random.default_rng(7)
    for rows, depth, columns in MATRICES:
        for adjoint in ((a, b) for a in (False, True) for b in (False, True)):
            left_matrix = (depth, rows) if adjoint[0] else (rows, depth)
            right_matrix = (columns, depth) if adjoint[1] else (depth, columns)
            left = extremes(rng, (2, 3, *left_matrix), "int16")
            right = extremes(rng, (2, 1, *right_matrix), right_type)
            one = quantization(1.0)
            out = quantization(2.0 ** (8 if right_type == "int8" else 16) * np.sqrt(depth))
            p = BatchMatMulParameters(one, one, out, adjoint, np.int16)
            sizes = Sizes(rows, depth, columns, (3,), (3,), (1,))
            words = right_type == "int16"
            spec = BatchMatMulInt16Spec(sizes, None, p, policy, False, 0, right_is_int16=words)
            expected = [batch_matmul(a, b, p, policy) for a, b in zip(left, right, strict=True)]
            y = run(spec.make(isa), left, 2, right)
            np.testing.assert_array_equal(y, np.stack(expected).ravel())
            constant = replace(spec, right=right[0])
            y = run(constant.make(isa), left[:1])
            np.testing.assert_array_equal(y, expected[0].ravel())


def test_bad_arguments() -> None:
    def epilogue(**changed: Any) -> _native.Epilogue:
        given = {
            "channels": 2,
            "bias": None,
            "scale": np.ones(1),
            "rounding": _native.Rounding.GEMMLOWP,
            "gemmlowp_channel": None,
            "zero_point": 0,
            "activation_min": -(2**15),
            "activation_max": 2**15 - 1,
            "is_int16": True,
            "wide": True,
        }
        return _native.Epilogue(**(given | changed))

    weights = np.ones((2, 3), np.int8)
    _native.fully_connected_int16(rows=1, weights=weights, epilogue=epilogue())
    for changed, message in (
        ({"scale": np.full(1, 2.0**15)}, "scale out of range"),
        ({"activation_max": 2**15}, "activation range"),
        ({"zero_point": 1}, "zero point"),
        ({"flip": True}, "flip"),
        ({"rounding": _native.Rounding.FP32}, "XNNPACK"),
        ({"bias": np.zeros(3, np.int64)}, "one entry a channel"),
        ({"is_int16": False}, "64 bits"),
    ):
        with pytest.raises(ValueError, match=message):
            epilogue(**changed)
    with pytest.raises(ValueError, match="must be int8"):
        _native.fully_connected_int16(rows=1, weights=weights.view(np.uint8), epilogue=epilogue())
    narrow = epilogue(is_int16=False, wide=False, activation_min=-128, activation_max=127)
    with pytest.raises(ValueError, match="another type"):
        _native.fully_connected_int16(rows=1, weights=weights, epilogue=narrow)
    with pytest.raises(ValueError, match="differ in channels"):
        _native.fully_connected_int16(rows=1, weights=weights[:1], epilogue=epilogue())
