"""Hybrid kernels on every instruction set, against the reference arithmetic, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite._native import RealFormula, RowRounding
from intlite.reference import hybrid as reference
from intlite.reference.hybrid import convolution_way
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import HybridPolicy

FAMILIES = ("xnnpack", "litert_optimized", "litert_reference")
each_isa = pytest.mark.parametrize("isa", _native.supported_isas())
each_policy = pytest.mark.parametrize(
    "policy", [POLICIES[name].hybrid for name in FAMILIES], ids=FAMILIES
)
DEPTHS = (0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 130, 300)
COLUMNS = (1, 7, 8, 9, 16, 17, 40, 70)
ROWS = (0, 1, 2, 5, 8, 17, 40)
ODD = (np.nan, np.inf, -np.inf, 1e-45, -1e-45, 3e38, -3e38, -0.0)


def draw_rows(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Floats, ties, zeros, and values at the limits of float32."""
    x = rng.normal(size=shape).astype(np.float32) + np.float32(rng.normal())
    pick = rng.random()
    if pick < 0.3:
        x = np.asarray(rng.integers(-127, 128, shape) / 2, np.float32)
    elif pick < 0.4:
        x = np.abs(x)
    elif pick < 0.5 and x.size:
        x.flat[rng.integers(0, x.size, 3)] = rng.choice(ODD, 3)
    elif pick < 0.6:
        x *= 0
    return np.asarray(x, np.float32)


def run(kernel: _native.Kernel, x: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The output, out of a buffer whose other bytes must stay."""
    size = kernel.output_bytes[0] // 4
    buffer = np.full(size + 16, 12345, np.float32)
    kernel.run([np.ascontiguousarray(x)], [buffer[:size]])
    assert (buffer[size:] == 12345).all()
    return np.asarray(buffer[:size].reshape(shape))


def check(found: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    """Bit for bit, whatever NaN it is."""
    where = ~(np.isnan(found) & np.isnan(expected))
    np.testing.assert_array_equal(found[where].view(np.int32), expected[where].view(np.int32))


def finish(policy: HybridPolicy, is_asymmetric: bool, scale: Any, bias: Any) -> dict[str, Any]:
    rounding = RowRounding.ASYMMETRIC if is_asymmetric else RowRounding.SYMMETRIC
    return {
        "scale": np.asarray(scale, np.float32),
        "bias": np.asarray(bias, np.float32),
        "rounding": RowRounding.HALF_EVEN if policy.always_asymmetric else rounding,
        "formula": RealFormula.FUSED if policy.fused_bias else RealFormula.SCALES_FIRST,
        "activation_min": -np.inf,
        "activation_max": np.inf,
    }


def columns_of(rng: np.random.Generator, columns: int) -> tuple[NDArray[Any], NDArray[Any]]:
    scale = rng.uniform(1e-3, 0.1, columns).astype(np.float32)
    bias = rng.normal(size=columns).astype(np.float32)
    bias[rng.random(columns) < 0.2] = -0.0
    return scale, bias


@each_policy
@each_isa
def test_matrix(isa: str, policy: HybridPolicy) -> None:
    rng = np.random.default_rng(1)
    for k, depth in enumerate(DEPTHS):
        for i, columns in enumerate(COLUMNS):
            rows, is_asymmetric = ROWS[(i + k) % len(ROWS)], bool(rng.integers(2))
            weights = rng.integers(-128, 128, (columns, depth), np.int8)
            scale, bias = columns_of(rng, columns)
            x = draw_rows(rng, (rows, depth))
            kernel = _native.hybrid_matmul(
                rows=rows,
                left_matrices=1,
                left_adjoint=False,
                weights=weights[None],
                products=np.array([[0, 0, 1]]),
                **finish(policy, is_asymmetric, scale, bias),
                isa=isa,
            )
            with np.errstate(all="ignore"):
                expected = reference.fully_connected(x, weights, scale, bias, policy, is_asymmetric)
            check(run(kernel, x, (rows, columns)), expected)


@each_isa
def test_many_rows(isa: str) -> None:
    """More than are quantized at a time; weights that several blocks of rows share."""
    rng = np.random.default_rng(2)
    policy = POLICIES["xnnpack"].hybrid
    weights = rng.integers(-128, 128, (150, 900), np.int8)
    scale, bias = columns_of(rng, 150)
    x = rng.normal(size=(430, 900)).astype(np.float32)
    x[200:330] = np.abs(x[200:330]) * (rng.random((130, 900)) < 0.05)  # mostly zeros
    kernel = _native.hybrid_matmul(
        rows=430,
        left_matrices=1,
        left_adjoint=False,
        weights=weights[None],
        products=np.array([[0, 0, 1]]),
        **finish(policy, True, scale, bias),
        isa=isa,
    )
    expected = reference.fully_connected(x, weights, scale, bias, policy, True)
    check(run(kernel, x, (430, 150)), expected)


@each_isa
def test_packed_int4(isa: str) -> None:
    rng = np.random.default_rng(3)
    for depth in (32, 34, 64, 98):
        for columns in (4, 17, 40):
            weights = rng.integers(-8, 8, (columns, depth), np.int8)
            scale, bias = columns_of(rng, columns)
            x = draw_rows(rng, (9, depth))
            kernel = _native.hybrid_matmul(
                rows=9,
                left_matrices=1,
                left_adjoint=False,
                weights=weights[None] + np.int8(7),
                products=np.array([[0, 0, 1]]),
                scale=scale,
                bias=bias,
                rounding=RowRounding.SYMMETRIC_HALF_AWAY,
                formula=RealFormula.OFFSET,
                activation_min=0,
                activation_max=6,
                isa=isa,
            )
            with np.errstate(all="ignore"):
                expected = reference.packed_fully_connected(x, weights, scale, bias)
            np.testing.assert_array_equal(run(kernel, x, (9, columns)), np.clip(expected, 0, 6))


@pytest.mark.parametrize("adjoint", [False, True])
@each_policy
@each_isa
def test_batches(isa: str, policy: HybridPolicy, adjoint: bool) -> None:
    """Products of some left matrices, some of which are zero, by two right ones."""
    rng = np.random.default_rng(4)
    rows, depth, columns = 5, 19, 18
    left = rng.normal(size=(2, 6, rows, depth)).astype(np.float32)
    left[0, 2], left[1, :2] = 0, 0
    right = rng.integers(-128, 128, (2, columns, depth), np.int8)
    products = np.array([[0, 1, 3], [3, 0, 1], [2, 0, 4]])
    scale, bias = np.full(columns, 0.03, np.float32), np.full(columns, -0.0, np.float32)
    kernel = _native.hybrid_matmul(
        rows=rows,
        left_matrices=6,
        left_adjoint=adjoint,
        weights=right,
        products=products,
        **finish(policy, True, scale, bias),
        isa=isa,
    )
    x = np.ascontiguousarray(np.swapaxes(left, -1, -2)) if adjoint else left
    found = np.empty((2, 8, rows, columns), np.float32)
    kernel.run([x], [found], samples=2)
    for sample in range(2):
        pairs = [(a + i, b) for a, b, count in products for i in range(count)]
        for y, (a, b) in zip(found[sample], pairs, strict=True):
            check(
                y,
                reference.fully_connected(left[sample, a], right[b], scale, bias, policy, True),
            )


WINDOWS: tuple[dict[str, Any], ...] = (
    {"size": (5, 6), "filter": (3, 3), "stride": (1, 1), "dilation": (1, 1), "pad": (1, 1)},
    {"size": (3, 3), "filter": (3, 3), "stride": (2, 2), "dilation": (1, 1), "pad": (1, 0)},
    {"size": (5, 6), "filter": (2, 5), "stride": (1, 1), "dilation": (2, 1), "pad": (1, 2)},
    {"size": (5, 6), "filter": (1, 1), "stride": (1, 1), "dilation": (1, 1), "pad": (0, 0)},
    {"size": (3, 2), "filter": (1, 1), "stride": (2, 3), "dilation": (1, 1), "pad": (0, 0)},
    {"size": (2, 6), "filter": (5, 3), "stride": (3, 1), "dilation": (1, 2), "pad": (2, 2)},
)


def run_convolution(
    make: Any,
    isa: str,
    x: NDArray[np.float32],
    weights: NDArray[np.int8],
    window: dict[str, Any],
    arguments: dict[str, Any],
) -> NDArray[np.float32]:
    """Also in parts, which must be the same."""
    images, height, width, channels = x.shape
    kernel = make(
        images=images,
        input=(height, width),
        input_channels=channels,
        output=window["size"],
        stride=window["stride"],
        dilation=window["dilation"],
        padding=window["pad"],
        weights=weights,
        **arguments,
        isa=isa,
    )
    assert kernel.rows == images * window["size"][0]
    return run(kernel, x, (images, *window["size"], arguments["scale"].size))


@each_policy
@each_isa
def test_conv_2d(isa: str, policy: HybridPolicy) -> None:
    rng = np.random.default_rng(5)
    for window in WINDOWS:
        for channels, outputs, groups in ((1, 7, 1), (3, 16, 1), (16, 33, 1), (6, 4, 2)):
            weights = rng.integers(
                -128, 128, (outputs, *window["filter"], channels // groups), np.int8
            )
            scale, bias = columns_of(rng, outputs)
            if groups == 1 and rng.random() < 0.5:
                scale[:] = scale[0]
            place = {key: window[key] for key in ("stride", "dilation", "size", "pad")}
            x = draw_rows(rng, (2, 5, 6, channels))
            way = convolution_way(channels, weights, scale, policy, place)
            if way.pixels_are_rows:
                continue  # a matrix product
            arguments = finish(policy, way.is_asymmetric, scale, bias)
            if way.column_first:
                arguments["formula"] = RealFormula.COLUMN_FIRST
            with np.errstate(all="ignore"):
                expected = reference.conv_2d(x, weights, scale, bias, policy, **place)
            found = run_convolution(_native.hybrid_conv_2d, isa, x, weights, window, arguments)
            if arguments["formula"] is RealFormula.SCALES_FIRST:
                check(found + np.float32(0), expected + np.float32(0))
            else:
                check(found, expected)


@pytest.mark.parametrize("policy", [POLICIES[name].hybrid for name in FAMILIES[1:]])
@each_isa
def test_depthwise_conv_2d(isa: str, policy: HybridPolicy) -> None:
    rng = np.random.default_rng(6)
    for window in WINDOWS:
        for channels, multiplier in ((1, 1), (1, 5), (4, 1), (8, 2), (16, 1), (17, 1), (70, 1)):
            outputs = channels * multiplier
            weights = rng.integers(-128, 128, (1, *window["filter"], outputs), np.int8)
            scale, bias = columns_of(rng, outputs)
            place = {key: window[key] for key in ("stride", "dilation", "size", "pad")}
            x = draw_rows(rng, (2, 5, 6, channels))
            arguments = finish(policy, True, scale, bias)
            arguments["rounding"] = RowRounding.ASYMMETRIC
            if policy.depthwise_block is not None:
                arguments["formula"] = RealFormula.COLUMN_BLOCKS
                arguments["block_end"] = outputs // policy.depthwise_block * policy.depthwise_block
            with np.errstate(all="ignore"):
                expected = reference.depthwise_conv_2d(x, weights, scale, bias, policy, **place)
            make = _native.hybrid_depthwise_conv_2d
            check(run_convolution(make, isa, x, weights, window, arguments), expected)


@each_policy
@each_isa
def test_transpose_conv(isa: str, policy: HybridPolicy) -> None:
    rng = np.random.default_rng(7)
    for size, filter_, stride, pad in (
        ((9, 12), (3, 3), (2, 2), (0, 0)),
        ((5, 6), (2, 3), (1, 1), (0, 1)),
        ((13, 16), (2, 1), (3, 3), (0, 0)),  # pixels that nothing reaches
    ):
        for channels, outputs in ((1, 3), (5, 16), (17, 9)):
            weights = rng.integers(-128, 128, (outputs, *filter_, channels), np.int8)
            scale, bias = columns_of(rng, outputs)
            x = draw_rows(rng, (2, 5, 6, channels))
            kernel = _native.hybrid_transpose_conv_2d(
                images=2,
                input=(5, 6),
                input_channels=channels,
                output=size,
                stride=stride,
                padding=pad,
                weights=weights,
                **finish(policy, True, scale, bias),
                scattered=policy.transposed_in_float,
                isa=isa,
            )
            with np.errstate(all="ignore"):
                expected = reference.transpose_conv(
                    x, weights, scale, bias, policy, stride=stride, size=size, pad=pad
                )
            check(run(kernel, x, expected.shape), expected)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weights": np.zeros((1, 4, 3), np.uint8)}, "weights must be int8"),
        ({"weights": np.zeros((4, 3), np.int8)}, "of the operator's rank"),
        ({"weights": np.zeros((1, 3, 4), np.int8).transpose(0, 2, 1)}, "C-contiguous"),
        ({"scale": np.ones(3, np.float32)}, "differ in channels"),
        ({"bias": np.ones(3, np.float32)}, "differ in channels"),
        ({"products": np.array([[0, 1, 1]])}, "product out of range"),
        ({"products": np.array([[1, 0, 2]])}, "product out of range"),
        ({"products": np.array([[-1, 0, 1]])}, "bad product"),
        ({"rows": 2**60}, "tensor too large"),
    ],
)
def test_bad_arguments(changes: dict[str, Any], reason: str) -> None:
    arguments: dict[str, Any] = {
        "rows": 2,
        "left_matrices": 2,
        "left_adjoint": False,
        "weights": np.zeros((1, 4, 3), np.int8),
        "products": np.array([[0, 0, 2]]),
        "scale": np.ones(4, np.float32),
        "bias": np.ones(4, np.float32),
        "rounding": RowRounding.HALF_EVEN,
        "formula": RealFormula.FUSED,
        "activation_min": 0.0,
        "activation_max": 6.0,
    }
    _native.hybrid_matmul(**arguments)
    with pytest.raises(ValueError, match=reason):
        _native.hybrid_matmul(**{**arguments, **changes})
