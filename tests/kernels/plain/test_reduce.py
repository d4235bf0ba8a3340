"""Reductions of integers and bool, and CUMSUM, against numpy."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import ShapeError, _native
from intlite._native import Reduction
from intlite.ops.integer_reduce import IntegerReduceSpec
from intlite.ops.sums import CumSumSpec
from intlite.reference.plain_convolution import mean

SHAPES = [(), (1,), (65,), (3, 5), (2, 3, 4), (2, 1, 3, 5), (0, 3), (3, 0), (4, 100, 3)]
STARTS = {Reduction.MAXIMUM: "min", Reduction.MINIMUM: "max"}


def expected(x: NDArray[Any], axes: tuple[int, ...], reduction: Reduction) -> NDArray[Any]:
    if x.dtype == bool:
        return np.asarray(x.any(axes) if reduction is Reduction.MAXIMUM else x.all(axes))
    with np.errstate(all="ignore"):
        match reduction:
            case Reduction.SUM:
                return np.asarray(x.sum(axes, x.dtype))
            case Reduction.PRODUCT:
                return np.asarray(x.prod(axes, x.dtype))
            case Reduction.MEAN:
                return mean(x, axes, keep_dims=False)
    start = getattr(np.iinfo(x.dtype), STARTS[reduction])
    function: Any = np.maximum if reduction is Reduction.MAXIMUM else np.minimum
    return np.asarray(function.reduce(x, axes, initial=start))


def draw(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    if dtype == "bool":
        return np.asarray(rng.random(shape) < 0.5)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("dtype", ["int32", "int64", "bool"])
@pytest.mark.parametrize("reduction", Reduction)
def test_equal_to_numpy(dtype: str, reduction: Reduction) -> None:
    if dtype == "bool" and reduction not in STARTS:
        with pytest.raises(ValueError, match="no kernel"):
            IntegerReduceSpec((2,), (0,), np.dtype(bool), reduction).make()
        return
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        for count in range(len(shape) + 1):
            for axes in combinations(range(len(shape)), count):
                x = draw(rng, shape, dtype)
                if reduction is Reduction.MEAN and x.size == 0:
                    continue
                found = np.empty(expected(x, axes, reduction).shape, dtype)
                kernel = IntegerReduceSpec(shape, axes, x.dtype, reduction).make()
                kernel.run([x], [found])
                np.testing.assert_array_equal(found, expected(x, axes, reduction), f"{axes}")


def test_several_samples() -> None:
    x = draw(np.random.default_rng(0), (7, 3, 5), "int32")
    for reduction in (Reduction.SUM, Reduction.MEAN):
        found = np.empty((7, 5), np.int32)
        IntegerReduceSpec((3, 5), (0,), x.dtype, reduction).make().run([x], [found], 7)
        np.testing.assert_array_equal(found, expected(x, (1,), reduction))


def test_bad_arguments() -> None:
    for dimensions, dtype in (([(2**46, True)], "int32"), ([(3, True)], "float32")):
        with pytest.raises(ValueError, match="too large|no kernel"):
            _native.integer_reduce(
                dimensions=dimensions, dtype=np.dtype(dtype), reduction=Reduction.SUM
            )
    with pytest.raises(ValueError, match="no mean of nothing"):
        IntegerReduceSpec((0,), (0,), np.dtype("int32"), Reduction.MEAN).make()


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("exclusive", [False, True])
def test_cumsum(dtype: str, reverse: bool, exclusive: bool) -> None:
    rng = np.random.default_rng(0)
    shape = (2, 5, 33)
    x = rng.normal(size=shape).astype(dtype) if dtype == "float32" else draw(rng, shape, dtype)
    kernel = CumSumSpec(shape, x.dtype, exclusive, reverse, "no such axis").make()
    for axis in (-3, -1, 0, 1, 2):
        turned = np.flip(x, axis) if reverse else x
        y = np.add.accumulate(turned, axis, dtype)
        if exclusive:
            y = np.roll(y, 1, axis)
            np.moveaxis(y, axis, 0)[0] = 0
        found = np.empty_like(x)
        kernel.run([x, np.array(axis, np.int32)], [found])
        np.testing.assert_array_equal(found, np.flip(y, axis) if reverse else y)
    for axis in (3, -4, 2**31 - 1, -(2**31)):
        with pytest.raises(ShapeError, match="no such axis"):
            kernel.run([x, np.array(axis, np.int32)], [found])
