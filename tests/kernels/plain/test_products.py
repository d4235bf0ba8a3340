"""Matrix products and convolutions of float32 on every instruction set, against the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.float_products import (
    FloatBatchMatMulSpec,
    FloatConvSpec,
    FloatDepthwiseSpec,
    FloatTransposeConvSpec,
    FloatWindowSpec,
    Place,
)
from intlite.reference import plain_convolution as reference
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import Policy

from ..test_parts import run_in_parts

Real = NDArray[np.float32]
each_isa = pytest.mark.parametrize("isa", _native.supported_isas())
each_family = pytest.mark.parametrize("family", ["xnnpack", "litert_reference"])
BOUNDS = ((-np.inf, np.inf), (0.0, 6.0))
# Of special values: their products are NaN, infinities and zeros of both signs.
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-30, -1e-30], np.float32)


def draw(rng: np.random.Generator, *shape: int, special: bool = False) -> Real:
    x = rng.normal(0, 1, shape).astype(np.float32)
    return np.where(rng.random(shape) < 0.1, rng.choice(SPECIAL, shape), x) if special else x


def check(
    spec: FloatWindowSpec | FloatBatchMatMulSpec, isa: str, given: list[Real], expected: Real
) -> None:
    """The kernel gives these bits, alone and in parts, and for two samples."""
    kernel, found = spec.make(isa), np.full(expected.shape, 7, np.float32)
    kernel.run(given, [found])
    assert_same(found, expected)
    size, written = kernel.input_bytes, kernel.output_bytes
    assert [v.nbytes for v in given] == size
    assert [found.nbytes] == written
    both = np.full((2, *expected.shape), 7, np.float32)
    kernel.run([np.stack([v, -v]) for v in given], [both], 2)
    assert_same(both[0], expected)
    parts = run_in_parts(kernel, given, 3)
    assert_same(parts[0].view(np.float32).reshape(expected.shape), expected)


def assert_same(found: Real, expected: Real) -> None:
    same = found.view(np.uint32) == expected.view(np.uint32)
    same |= np.isnan(found) & np.isnan(expected)
    assert same.all(), f"{np.count_nonzero(~same)} of {same.size} differ"


def clamped(y: Real, bounds: tuple[float, float]) -> Real:
    low, high = map(np.float32, bounds)
    return np.where(y < low, low, np.where(y > high, high, y))


def by_rows(policy: Policy) -> Policy:
    """That never adds taps column by column."""
    return Policy(**{**vars(policy), "column_taps": 0})


# Input height and width, filter, stride, dilation, rows above and columns before, output.
WINDOWS: dict[str, tuple[tuple[int, int], ...]] = {
    "pointwise": ((5, 7), (1, 1), (1, 1), (1, 1), (0, 0), (5, 7)),
    "one pixel": ((1, 1), (1, 1), (1, 1), (1, 1), (0, 0), (1, 1)),
    "two pixels": ((1, 2), (1, 1), (1, 1), (1, 1), (0, 0), (1, 2)),
    "3x3": ((9, 8), (3, 3), (1, 1), (1, 1), (1, 1), (9, 8)),
    "strided": ((9, 12), (3, 2), (2, 2), (1, 1), (1, 0), (5, 6)),
    "apart": ((9, 7), (1, 1), (3, 2), (1, 1), (0, 0), (3, 4)),
    "dilated": ((8, 11), (2, 3), (1, 1), (3, 2), (1, 2), (8, 11)),
    "wider than the image": ((2, 3), (5, 5), (1, 1), (1, 1), (2, 2), (2, 3)),
    "outside": ((2, 2), (2, 2), (3, 3), (1, 1), (4, 4), (3, 3)),
    "49 taps": ((9, 9), (7, 7), (1, 1), (1, 1), (3, 3), (9, 9)),
}
each_window = pytest.mark.parametrize("window", WINDOWS)


def placed(window: str) -> tuple[tuple[int, int], tuple[int, int], Place]:
    size, filter_, stride, dilation, pad, out = WINDOWS[window]
    return size, filter_, Place(stride, dilation, out, pad)


@each_isa
@each_family
@each_window
@pytest.mark.parametrize(
    ("groups", "channels", "outputs"),
    [(1, 1, 1), (1, 3, 15), (1, 17, 16), (1, 5, 17), (1, 16, 33), (1, 4, 150), (3, 5, 6)],
)
def test_convolutions(
    groups: int, channels: int, outputs: int, window: str, family: str, isa: str
) -> None:
    rng = np.random.default_rng(outputs)
    size, filter_, place = placed(window)
    special = outputs == 15 and place.pad == (0, 0)
    x = draw(rng, 2, *size, channels * groups, special=special)
    weights = draw(rng, outputs, *filter_, channels, special=special)
    bias = draw(rng, outputs) if outputs != 33 else None
    policy, bounds = by_rows(POLICIES[family]), BOUNDS[outputs % 2]
    expected = clamped(reference.conv_2d(x, weights, bias, policy, **vars(place)), bounds)
    inputs = [x, weights, bias] if bias is not None else [x, weights]
    for constant in (True, False):
        spec = FloatConvSpec(
            shape=x.shape,
            filter=(*filter_, channels),
            outputs=outputs,
            place=place,
            weights=weights if constant else None,
            bias=bias if constant else None,
            has_bias=bias is not None,
            activation=bounds,
            fused=policy.fused_sums,
        )
        check(spec, isa, inputs[:1] if constant else inputs, expected)


@each_isa
@each_family
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 6, 9, 11, 12, 13, 25, 49, 100])
@pytest.mark.parametrize(("depth", "outputs"), [(0, 5), (1, 16), (70, 260), (300, 37)])
def test_rows(depth: int, outputs: int, rows: int, family: str, isa: str) -> None:
    rng = np.random.default_rng(rows)
    x, weights, bias = draw(rng, rows, depth), draw(rng, outputs, depth), draw(rng, outputs)
    policy = POLICIES[family]
    spec = FloatConvSpec(
        shape=(1, rows, 1, depth),
        filter=(1, 1, depth),
        outputs=outputs,
        place=Place((1, 1), (1, 1), (rows, 1), (0, 0)),
        weights=weights,
        bias=bias,
        has_bias=True,
        activation=BOUNDS[0],
        fused=policy.fused_sums,
    )
    check(spec, isa, [x], reference.fully_connected(x, weights, bias, policy))


@each_isa
@each_family
@each_window
@pytest.mark.parametrize(
    ("channels", "multiplier"),
    [(1, 1), (3, 1), (15, 1), (16, 1), (17, 1), (64, 1), (75, 1), (1, 3), (5, 4), (32, 2)],
)
def test_depthwise(channels: int, multiplier: int, window: str, family: str, isa: str) -> None:
    rng = np.random.default_rng(channels)
    size, filter_, place = placed(window)
    outputs = channels * multiplier
    special = channels == 15 and place.pad == (0, 0)
    x = draw(rng, 2, *size, channels, special=special)
    weights = draw(rng, 1, *filter_, outputs, special=special)
    bias = draw(rng, outputs) if outputs != 16 else None
    policy, bounds = POLICIES[family], BOUNDS[channels % 2]
    y = reference.depthwise_conv_2d(x, weights, bias, policy, **vars(place))
    inputs = [x, weights, bias] if bias is not None else [x, weights]
    for constant in (True, False):
        spec = FloatDepthwiseSpec(
            shape=x.shape,
            filter=(*filter_, 1),
            outputs=outputs,
            place=place,
            weights=weights if constant else None,
            bias=bias if constant else None,
            has_bias=bias is not None,
            activation=bounds,
            fused=policy.fused_sums,
            by_column=reference.adds_by_column(filter_, multiplier, policy),
            from_bias=policy.depthwise_from_bias,
        )
        check(spec, isa, inputs[:1] if constant else inputs, clamped(y, bounds))


@each_isa
@each_family
@pytest.mark.parametrize(
    ("size", "filter_", "stride", "pad", "out"),
    [
        ((4, 5), (3, 3), (2, 2), (0, 0), (9, 11)),
        ((4, 5), (3, 3), (2, 2), (0, 0), (8, 10)),
        ((4, 5), (4, 2), (1, 1), (1, 0), (4, 5)),
        ((3, 3), (2, 1), (3, 4), (0, 0), (9, 12)),
        ((3, 4), (5, 5), (3, 2), (1, 1), (9, 8)),
        ((9, 40), (2, 2), (2, 2), (0, 0), (18, 80)),
    ],
)
@pytest.mark.parametrize(("channels", "outputs"), [(1, 1), (3, 17), (20, 40)])
def test_transposed(
    channels: int,
    outputs: int,
    size: tuple[int, int],
    filter_: tuple[int, int],
    stride: tuple[int, int],
    pad: tuple[int, int],
    out: tuple[int, int],
    family: str,
    isa: str,
) -> None:
    rng = np.random.default_rng(channels)
    x, weights = draw(rng, 2, *size, channels), draw(rng, outputs, *filter_, channels)
    bias = draw(rng, outputs) if outputs != 17 else None
    policy, bounds = POLICIES[family], BOUNDS[outputs % 2]
    y = reference.transpose_conv(x, weights, bias, policy, stride, out, pad)
    inputs = [weights, x, bias] if bias is not None else [weights, x]
    for constant in (True, False):
        spec = FloatTransposeConvSpec(
            shape=x.shape,
            filter=(*filter_, channels),
            outputs=outputs,
            place=Place(stride, (1, 1), out, pad),
            weights=weights if constant else None,
            bias=bias if constant else None,
            has_bias=bias is not None,
            activation=bounds,
            fused=policy.fused_sums,
            later_taps_first=policy.later_taps_first,
        )
        check(spec, isa, [x] if constant else inputs, clamped(y, bounds))


@each_isa
@each_family
@pytest.mark.parametrize("adjoint", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize(
    ("left", "right", "sizes"),
    [
        ((), (), (1, 1, 1)),
        ((), (), (5, 33, 70)),
        ((4,), (4,), (13, 16, 17)),
        ((2, 3), (3,), (7, 40, 150)),
        ((1, 3), (2, 1), (30, 20, 15)),
        ((2, 1), (5,), (1, 64, 260)),
    ],
)
def test_batch_matmul(
    left: tuple[int, ...],
    right: tuple[int, ...],
    sizes: tuple[int, int, int],
    adjoint: tuple[bool, bool],
    family: str,
    isa: str,
) -> None:
    rng = np.random.default_rng(sizes[2])
    rows, depth, columns = sizes
    x, y = draw(rng, *left, rows, depth), draw(rng, *right, depth, columns)
    policy = POLICIES[family]
    expected = reference.batch_matmul(x, y, policy)
    stored = [
        np.ascontiguousarray(np.swapaxes(v, -1, -2)) if is_adjoint else v
        for v, is_adjoint in zip((x, y), adjoint, strict=True)
    ]
    for constant in (True, False):
        spec = FloatBatchMatMulSpec(
            left=stored[0].shape,
            right=stored[1].shape,
            output=expected.shape,
            adjoint=adjoint,
            constant=stored[1] if constant else None,
            fused=policy.fused_sums,
        )
        check(spec, isa, stored[:1] if constant else stored, expected)


GEOMETRY: dict[str, Any] = {
    "images": 1,
    "input": (4, 4),
    "input_channels": 4,
    "output": (4, 4),
    "output_channels": 4,
    "filter": (1, 1),
    "stride": (1, 1),
    "padding": (0, 0),
    "weights": None,
    "bias": None,
    "has_bias": True,
    "activation": (0.0, 6.0),
    "fused": True,
}
CONV = {**GEOMETRY, "dilation": (1, 1), "group_channels": 4}
DEPTHWISE = {**GEOMETRY, "dilation": (1, 1), "columns_first": True, "from_bias": False}
TRANSPOSE = {**GEOMETRY, "taps_descend": True}
MATMUL: dict[str, Any] = {
    "rows": 2,
    "depth": 3,
    "columns": 4,
    "left_matrices": 2,
    "right_matrices": 1,
    "left_adjoint": False,
    "right_adjoint": False,
    "right": None,
    "products": np.zeros((2, 2), np.int64),
    "fused": True,
}
FIVE = np.zeros(5, np.float32)


@pytest.mark.parametrize(
    ("make", "good", "bad", "reason"),
    [
        (make, good, bad, reason)
        for make, good, more in (
            (
                _native.float_conv_2d,
                CONV,
                [
                    ({"group_channels": 3}, "whole number of groups"),
                    ({"group_channels": 0}, "whole number of groups"),
                    ({"group_channels": 2, "output_channels": 5}, "output channels are not"),
                ],
            ),
            (_native.float_depthwise_conv_2d, DEPTHWISE, [({"input_channels": 3}, "a multiple")]),
            (_native.float_transpose_conv_2d, TRANSPOSE, [({"input_channels": 0}, "no input")]),
        )
        for bad, reason in (
            *more,
            ({"weights": FIVE}, "weights of the wrong size"),
            ({"bias": FIVE}, "one entry a channel"),
            ({"has_bias": False, "bias": FIVE[:4]}, "not to be had"),
            ({"activation": (1.0, 0.0)}, "bad activation range"),
            ({"activation": (np.nan, 0.0)}, "bad activation range"),
            ({"stride": (0, 1)}, "at least 1"),
            ({"filter": (0, 1)}, "at least 1"),
            ({"filter": (2**31, 1)}, "dimension too large"),
            ({"images": 2**45}, "tensor too large"),
            ({"filter": (2**30, 2**30)}, "tensor too large"),
        )
    ],
)
def test_bad_arguments_of_convolutions(
    make: Callable[..., Any], good: dict[str, Any], bad: dict[str, Any], reason: str
) -> None:
    make(**good)
    with pytest.raises(ValueError, match=reason):
        make(**{**good, **bad})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"products": np.zeros((2, 3), np.int64)}, "of 2 columns"),
        ({"products": np.array([[2, 0]])}, "out of range"),
        ({"products": np.array([[0, 1]])}, "out of range"),
        ({"products": np.array([[-1, 0]])}, "bad product"),
        ({"right": FIVE}, "wrong size"),
        ({"rows": 2**47}, "tensor too large"),
        ({"columns": 2**47}, "tensor too large"),
    ],
)
def test_bad_arguments_of_batch_matmul(bad: dict[str, Any], reason: str) -> None:
    _native.float_batch_matmul(**MATMUL)
    with pytest.raises(ValueError, match=reason):
        _native.float_batch_matmul(**{**MATMUL, **bad})


def test_the_definition_refuses_shapes_that_do_not_multiply() -> None:
    x, w = np.zeros((1, 2, 3), np.float32), np.zeros((1, 3, 4), np.float32)
    assert _native.sums_of_products(x, w, np.ones((1, 2, 4), np.float32), True).sum() == 8
    for start in ((1, 2, 3), (2, 4), (1, 3, 4)):
        with pytest.raises(ValueError, match="do not multiply"):
            _native.sums_of_products(x, w, np.zeros(start, np.float32), True)
