"""Rows, windows and reductions of float32 on every instruction set: portable code, and double."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite._native import BlendKind, PoolFunction, ReductionFunction, RowFunction, SumOrder
from intlite.ops.plain_rows import (
    DefinedNatively,
    PlainPoolSpec,
    PlainReductionSpec,
    PlainResizeSpec,
    PlainRowsSpec,
)
from intlite.reference.pool import Windows

DEPTHS = (1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 257)


def draw(shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.random.default_rng(len(shape)).normal(0, 3, shape).astype(np.float32)


def agree(spec: Any, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """What all instruction sets give, of one sample and of two."""
    assert isinstance(spec, DefinedNatively)
    expected = spec.computed(x)
    for isa in _native.supported_isas():
        found = np.empty((2, *expected.shape), np.float32)
        spec.make(isa).run([np.stack([x, -x])], [found], 2)
        np.testing.assert_array_equal(found[0], expected)
        np.testing.assert_array_equal(found[1], spec.computed(-x))
    return expected


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("function", RowFunction)
def test_rows(function: RowFunction, depth: int) -> None:
    x = draw((3, depth))
    found = agree(PlainRowsSpec((3, depth), function, beta=1.0), x)
    z = x.astype(np.float64)
    e = np.exp(z - z.max(-1, keepdims=True))
    expected = {
        RowFunction.LOG_SOFTMAX: np.log(e / e.sum(-1, keepdims=True)),
        RowFunction.L2_NORMALIZATION: z / np.sqrt((z * z).sum(-1, keepdims=True)),
    }.get(function, e / e.sum(-1, keepdims=True))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("order", SumOrder)
@pytest.mark.parametrize("function", ReductionFunction)
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        *(((3, depth), (1,)) for depth in DEPTHS),
        *(((depth, 3), (0,)) for depth in (1, 2, 9)),
        ((5, 17), (0,)),
        ((3, 4, 5, 40), (1, 2)),
        ((3, 4, 5, 6, 7), (0, 2, 4)),
        ((3, 4, 5, 6, 7), (1, 3)),
        ((2, 3), (0, 1)),
        ((2, 3), ()),
        ((), ()),
        ((4, 0, 3), (1,)),
        ((4, 0, 3), (0,)),
    ],
)
def test_reductions(
    shape: tuple[int, ...], axes: tuple[int, ...], function: ReductionFunction, order: SumOrder
) -> None:
    is_product = function == ReductionFunction.PRODUCT
    x = draw(shape) / np.float32(3 if is_product else 1)
    start = 1.0 if is_product else -2.0
    spec = PlainReductionSpec(shape, axes, True, function, order, start=start)
    found = agree(spec, x)
    name = {"SUM": "sum", "PRODUCT": "prod", "MAXIMUM": "max", "MINIMUM": "min"}[function.name]
    z = x.astype(np.float64)
    if axes:
        z = getattr(z, name)(axes, keepdims=True, initial=start)
    np.testing.assert_allclose(found, z, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("order", SumOrder)
def test_means(order: SumOrder) -> None:
    x = draw((4, 33, 20))
    for axes in ((1,), (2,), (0, 2)):
        spec = PlainReductionSpec(x.shape, axes, False, ReductionFunction.SUM, order, is_mean=True)
        np.testing.assert_allclose(agree(spec, x), x.mean(axes, np.float64), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("function", PoolFunction)
@pytest.mark.parametrize("channels", [1, 15, 16, 17, 40])
@pytest.mark.parametrize(
    "windows",
    [
        Windows((2, 2), (2, 2), (4, 3), (0, 0)),
        Windows((3, 3), (1, 1), (8, 6), (1, 1)),
        Windows((5, 4), (3, 2), (3, 3), (2, 1)),
        Windows((8, 6), (1, 1), (1, 1), (0, 0)),
        Windows((1, 1), (1, 1), (8, 6), (0, 0)),
    ],
)
def test_pools(windows: Windows, channels: int, function: PoolFunction) -> None:
    x = draw((2, 8, 6, channels))
    found = agree(PlainPoolSpec(x.shape, windows, function, -100.0, 100.0), x)
    count = np.zeros((1, *windows.size, 1))
    total = np.zeros((2, *windows.size, channels))
    most = np.full(total.shape, -np.inf)
    for at, values in windows.taps(x.astype(np.float64)):
        count[at] += 1
        total[at] += values**2 if function.name.startswith("ROOT") else values
        most[at] = np.maximum(most[at], values)
    mean = total / count
    expected = {PoolFunction.MAXIMUM: most}.get(function, mean)
    if function.name.startswith("ROOT"):
        expected = np.sqrt(mean)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_bounds() -> None:
    x = draw((1, 4, 4, 20))
    windows = Windows((2, 2), (2, 2), (2, 2), (0, 0))
    found = agree(PlainPoolSpec(x.shape, windows, PoolFunction.MAXIMUM, 0.0, 1.0), x)
    free = agree(PlainPoolSpec(x.shape, windows, PoolFunction.MAXIMUM, -np.inf, np.inf), x)
    np.testing.assert_array_equal(found, np.clip(free, 0, 1))


@pytest.mark.parametrize("kind", BlendKind)
@pytest.mark.parametrize("channels", [1, 3, 16, 35])
def test_resizing(channels: int, kind: BlendKind) -> None:
    x = draw((2, 5, 4, channels))
    low = np.array([0, 0, 3, 3, 2], np.int32)
    high = np.array([0, 1, 3, 3, 3], np.int32)
    weight = np.array([0, 0.5, 0, 0.5, 0.5], np.float32)
    axis = (low, high, weight)
    found = agree(PlainResizeSpec(x.shape, axis, axis, kind), x)
    z = x.astype(np.float64)
    w = weight[:, None, None], weight[:, None]
    rows = z[:, low] * (1 - w[0]) + z[:, high] * w[0]
    expected = rows[:, :, low] * (1 - w[1]) + rows[:, :, high] * w[1]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_bad_arguments() -> None:
    axis = (np.array([4], np.int32), np.array([0], np.int32), np.array([0], np.float32))
    good = (np.array([3], np.int32), np.array([0], np.int32), np.array([0], np.float32))
    for rows, columns in ((axis, good), (good, axis)):
        with pytest.raises(ValueError, match="outside"):
            PlainResizeSpec((1, 4, 4, 2), rows, columns, BlendKind.MEANS).make()
    with pytest.raises(ValueError, match="differ"):
        PlainResizeSpec((1, 4, 4, 2), (good[0], good[1], good[2][:0]), good, BlendKind.MEANS).make()
    with pytest.raises(ValueError, match="at least one"):
        _native.plain_rows(function=RowFunction.SOFTMAX, rows=2, depth=0)
    with pytest.raises(ValueError, match="too large"):
        _native.plain_rows(function=RowFunction.SOFTMAX, rows=2**40, depth=2**40)
    with pytest.raises(ValueError, match="no dimension"):
        _native.plain_reduction(
            sizes=[3],
            first_is_reduced=False,
            function=ReductionFunction.SUM,
            order=SumOrder.IN_ORDER,
            is_mean=False,
            start=0.0,
        )
    windows = Windows((2, 2), (0, 2), (2, 2), (0, 0))
    with pytest.raises(ValueError, match="at least 1"):
        PlainPoolSpec((1, 4, 4, 2), windows, PoolFunction.MAXIMUM, 0.0, 1.0).make()
