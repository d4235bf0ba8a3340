"""Operators that put elements where a run's integers say, against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from intlite import ShapeError, _native
from intlite.ops.range import BroadcastArgsSpec, OneHotSpec, RangeSpec
from intlite.ops.scatter import ReverseSequenceSpec, ScaledRowsSpec, ScatterSpec
from intlite.ops.select import WhereSpec

REFUSAL = "they are outside"


@pytest.mark.parametrize("dtype", ["int8", "float32", "int64"])
@pytest.mark.parametrize("index", ["int32", "int64"])
def test_one_hot(index: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    indices = rng.integers(-2, 7, (4, 9)).astype(index)
    indices[0, 0] = np.iinfo(index).max
    on, off = np.array(7, dtype), np.array(-3, dtype)
    found = np.empty((4, 5, 9), dtype)
    spec = OneHotSpec(4, 5, 9, indices.itemsize, on.itemsize)
    spec.make().run([indices, on, off], [found])
    hot = indices.astype(np.int32)[:, None] == np.arange(5)[:, None]
    np.testing.assert_array_equal(found, np.where(hot, on, off))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "int64", "float32"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_scatter(depth: int, dtype: str) -> None:
    rng = np.random.default_rng(0)
    shape = (3, 4, 5)
    indices = rng.integers(0, shape[:depth], (20, depth)).astype(np.int32)
    updates = rng.integers(0, 99, (20, *shape[depth:])).astype(dtype)
    expected = np.zeros(shape, dtype)
    for place, update in zip(indices, updates, strict=True):
        expected[tuple(place)] += update
    found = np.empty(shape, dtype)
    row = int(np.prod(shape[depth:]))
    kernel = ScatterSpec(shape[:depth], row, 20, updates.dtype, REFUSAL).make()
    kernel.run([indices, updates], [found])
    np.testing.assert_array_equal(found, expected)
    for outside in (5, -1, 2**31 - 1, -(2**31)):
        if depth:
            indices[13, 0] = outside
            with pytest.raises(ShapeError, match=REFUSAL):
                kernel.run([indices, updates], [found])


@pytest.mark.parametrize("length", ["int32", "int64"])
@pytest.mark.parametrize(("along", "batch"), [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)])
def test_reverse_sequence(along: int, batch: int, length: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(-99, 99, (4, 5, 6, 3)).astype(np.int16)
    lengths = rng.integers(0, x.shape[along], x.shape[batch], length, endpoint=True)
    expected = x.copy()
    for i, n in enumerate(lengths):
        row = np.moveaxis(expected, (batch, along), (0, 1))[i]
        row[:n] = row[:n][::-1].copy()
    found = np.empty_like(x)
    kernel = ReverseSequenceSpec(x.shape, along, batch, 2, lengths.itemsize, REFUSAL).make()
    kernel.run([x, lengths], [found])
    np.testing.assert_array_equal(found, expected)
    for outside in (x.shape[along] + 1, -1):
        lengths[-1] = outside
        with pytest.raises(ShapeError, match=REFUSAL):
            kernel.run([x, lengths], [found])


@pytest.mark.parametrize("scales", [1, 6])
def test_scaled_rows(scales: int) -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(-128, 128, (6, 17)).astype(np.int8)
    rows, factors = rng.integers(0, 6, 9).astype(np.int32), rng.random(scales, np.float32)
    found = np.empty((9, 17), np.float32)
    kernel = ScaledRowsSpec(table.shape, 9, factors, REFUSAL).make()
    kernel.run([rows, table], [found])
    np.testing.assert_array_equal(found, table[rows] * np.resize(factors, 6)[rows, None])
    for outside in (6, -1):
        rows[3] = outside
        with pytest.raises(ShapeError, match=REFUSAL):
            kernel.run([rows, table], [found])


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "uint32", "int64", "float32"])
def test_where(dtype: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.choice(np.array([0, 0, 1]), (3, 4, 5)).astype(dtype)
    if dtype == "float32":
        x[0, 0, :2] = [-0.0, np.nan]
    for shape in ((60,), (3, 4, 5)):
        expected = np.argwhere(x.reshape(shape))
        found = np.empty(expected.shape, np.int64)
        WhereSpec(shape, x.dtype, len(expected)).make().run([x], [found])
        np.testing.assert_array_equal(found, expected)
    # Of fewer than it was made for, as in memory that another writes to, zeros are the rest.
    found = np.full((70, 1), -1)
    WhereSpec((60,), x.dtype, 70).make().run([x], [found])
    assert not found[60:].any()


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
def test_range(dtype: str) -> None:
    start, step = np.array(-3, dtype), np.array(0.1 if dtype == "float32" else 7, dtype)
    found = np.empty(100, dtype)
    RangeSpec(100, found.dtype).make().run([start, step], [found])
    np.testing.assert_array_equal(found, np.add.accumulate(np.r_[start, np.full(99, step)]))


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_broadcast_args(dtype: str) -> None:
    a, b = np.array([4, 1, 7, 1], dtype), np.array([3, 1, 5], dtype)
    found = np.empty(4, dtype)
    kernel = BroadcastArgsSpec(4, 3, a.itemsize, REFUSAL).make()
    kernel.run([a, b], [found])
    np.testing.assert_array_equal(found, [4, 3, 7, 5])
    with pytest.raises(ShapeError, match=REFUSAL):
        kernel.run([a, np.array([2, 2, 2], dtype)], [found])


def test_bad_arguments() -> None:
    one_hot: dict[str, Any] = {
        **{"outer": 1, "depth": 1, "inner": 1, "index_bytes": 4, "element_bytes": 1}
    }
    for change in ({"depth": 2**50}, {"index_bytes": 2}, {"element_bytes": 3}):
        with pytest.raises(ValueError, match="too large|must be int16|other sizes"):
            _native.one_hot(**(one_hot | change))
    int8 = np.dtype(np.int8)
    with pytest.raises(ValueError, match="too large"):
        _native.scatter(sizes=[2**30, 2**30], row=1, count=1, dtype=int8, refusal="")
    with pytest.raises(ValueError, match="no kernel"):
        _native.range(size=1, dtype=int8)
    with pytest.raises(ValueError, match="one scale"):
        ScaledRowsSpec((3, 4), 1, np.ones(2, np.float32), "").make()
    with pytest.raises(ValueError, match="too large"):
        _native.where(shape=[2**40, 2**40], dtype=int8, count=0)
