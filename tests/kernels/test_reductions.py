"""Reductions of quantized values over any axes, on every instruction set, against the reference."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from intlite import _native
from intlite.ops.mean import MeanSpec
from intlite.ops.reduced import ExtremeSpec, QuantizedProductSpec, TotalSpec, reduced_sizes
from intlite.reference import reduction, sum_and_prod
from intlite.reference.reduction import MeanParameters
from intlite.runtimes.families import POLICIES

from ..sweeps.base import draw_values, quantization

each_isa = pytest.mark.parametrize("isa", _native.supported_isas())
each_dtype = pytest.mark.parametrize("dtype", ["int8", "uint8", "int16"])
# Rows below, at and above a vector; pixels of a few channels, of which 16 are as one; dimensions
# that are reduced by turns.
SHAPES = (
    *((), (1,), (15,), (16, 1), (17, 3), (3, 35, 5), (5, 3, 64), (2, 7, 83)),
    *((3, 5, 4, 17), (2, 3, 40, 2, 3), (2, 3, 2, 3, 2, 18)),
)
CASES = [
    (shape, axes)
    for shape in SHAPES
    for count in range(len(shape) + 1)
    for axes in combinations(range(len(shape)), count)
]


def test_neighbouring_dimensions_are_one() -> None:
    assert reduced_sizes((), ()) == {"outer": 1, "groups": [(1, 1)]}
    assert reduced_sizes((2, 3), ()) == {"outer": 1, "groups": [(1, 6)]}
    assert reduced_sizes((2, 3), (0, 1)) == {"outer": 1, "groups": [(6, 1)]}
    assert reduced_sizes((2, 3, 4, 5), (1, 2)) == {"outer": 2, "groups": [(12, 5)]}
    assert reduced_sizes((2, 3, 4, 5), (0, 2)) == {"outer": 1, "groups": [(2, 3), (4, 5)]}
    assert reduced_sizes((2, 3, 4, 5), (1, 3)) == {"outer": 2, "groups": [(3, 4), (5, 1)]}


@each_isa
@each_dtype
def test_extremes(dtype: str, isa: str) -> None:
    for shape, axes in CASES:
        x = draw_values(np.random.default_rng(len(shape)), shape, dtype)
        for least in (False, True):
            expected = np.asarray(x.min(axes) if least else x.max(axes))
            found = np.empty_like(expected)
            ExtremeSpec(shape, axes, np.dtype(dtype), least).make(isa).run([x], [found])
            np.testing.assert_array_equal(found, expected, f"{shape} {axes}")


@each_isa
@each_dtype
def test_extremes_of_nothing_are_the_ends_of_the_type(dtype: str, isa: str) -> None:
    info = np.iinfo(dtype)
    for least, end in ((False, info.min), (True, info.max)):
        found = np.zeros((2, 3), dtype)
        spec = ExtremeSpec((2, 0, 3), (1,), np.dtype(dtype), least)
        spec.make(isa).run([np.empty((2, 0, 3), dtype)], [found])
        assert (found == end).all()


def parameters(dtype: str, axes: tuple[int, ...], out: float) -> MeanParameters:
    zero_points = {"int8": (3, -7), "uint8": (131, 121), "int16": (0, 0)}[dtype]
    scales = (0.05, out)
    input_, output = map(quantization, scales, zero_points)
    return MeanParameters(input_, output, dtype, axes, False)


@each_isa
@each_dtype
@pytest.mark.parametrize("family", POLICIES)
def test_sums_and_means(family: str, dtype: str, isa: str) -> None:
    policy = POLICIES[family]
    for shape, axes in CASES:
        x = draw_values(np.random.default_rng(len(shape)), shape, dtype)
        count = int(np.prod([shape[a] for a in axes]))
        p = parameters(dtype, axes, 0.05 * count**0.5)
        expected = np.asarray(sum_and_prod.total(x, p, policy))
        found = np.empty_like(expected)
        TotalSpec(shape, axes, p, policy).make(isa).run([x], [found])
        np.testing.assert_array_equal(found, expected, f"{shape} {axes}")
        p = parameters(dtype, axes, 0.03)
        expected = np.asarray(reduction.mean(x, p, policy))
        MeanSpec(shape, p, policy).make(isa).run([x], [found])
        np.testing.assert_array_equal(found, expected, f"{shape} {axes}")


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_products(dtype: str) -> None:
    for shape, axes in CASES:
        x = draw_values(np.random.default_rng(len(shape)), shape, dtype)
        count = int(np.prod([shape[a] for a in axes]))
        p = parameters(dtype, axes, 3.0 ** min(count, 60) / 60)
        expected = np.asarray(sum_and_prod.product(x, p, False))
        found = np.empty_like(expected)
        QuantizedProductSpec(shape, axes, p).make().run([x], [found])
        np.testing.assert_array_equal(found, expected, f"{shape} {axes}")


@pytest.mark.parametrize(
    "wrong", [{"groups": []}, {"groups": [(2**31, 1)]}, {"outer": 2**40, "groups": [(2**30, 1)]}]
)
def test_sizes_are_checked(wrong: dict[str, Any]) -> None:
    sizes: dict[str, Any] = {"outer": 1, "groups": [(1, 1)]}
    _native.extreme(**sizes, is_unsigned=False, least=False)
    with pytest.raises(ValueError, match="at least one group|too large"):
        _native.extreme(**(sizes | wrong), is_unsigned=False, least=False)


def test_numbers_of_a_product_are_checked() -> None:
    good: dict[str, Any] = {
        "input_zero_point": 0,
        "output_zero_point": 0,
        "multiplier": 0,
        "shift": 0,
    }
    for name, value in (("input_zero_point", 128), ("multiplier", 2**15), ("shift", 15)):
        with pytest.raises(ValueError, match="out of range"):
            _native.quantized_product(outer=1, groups=[(1, 1)], **(good | {name: value}))
