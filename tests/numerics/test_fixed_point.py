"""The roundings, native and in numpy, against their definitions in unbounded integers.

Nothing here is shared with the code under test: the definitions are quotients of
Python integers, rounded down after adding a half, and wrapped at 32 bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from intlite import _native
from intlite.quantization import quantize_multiplier
from intlite.reference import fixed_point

Primitive = Callable[..., Any]
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

# Zero, every power of two, their neighbours, and the same negated: all carries and signs.
EDGES = sorted(
    {
        value
        for power in range(32)
        for near in (2**power - 1, 2**power, 2**power + 1)
        for value in (near, -near, near - 2**31)
        if INT32_MIN <= value <= INT32_MAX
    }
)
int32s = st.one_of(st.integers(INT32_MIN, INT32_MAX), st.sampled_from(EDGES))
exponents = st.integers(0, 31)
shifts = st.integers(-31, 31)


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def half_away(numerator: int, denominator: int) -> int:
    magnitude = half_up(abs(numerator), denominator)
    return magnitude if numerator >= 0 else -magnitude


def wrap(x: int) -> int:
    return (x + 2**31) % 2**32 - 2**31


def high_mul(a: int, b: int) -> int:
    return min(half_up(a * b, 2**31), INT32_MAX)


def gemmlowp(x: int, multiplier: int, shift: int) -> int:
    # The left shift is x86's, which looks at the low five bits of the count.
    shifted = wrap(x * 2 ** (max(shift, 0) % 32))
    return half_away(high_mul(shifted, multiplier), 2 ** max(-shift, 0))


def ruy(x: int, multiplier: int, shift: int) -> int:
    shifted = wrap(x * 2 ** max(shift, 0))
    return half_up(high_mul(shifted, multiplier), 2 ** max(-shift, 0))


def single(x: int, multiplier: int, shift: int) -> int:
    return wrap(half_up(x * multiplier, 2 ** (31 - shift)))


def both(name: str) -> pytest.MarkDecorator:
    """The test's ``primitive`` is the native one, then the numpy one."""
    return pytest.mark.parametrize(
        "primitive",
        [
            pytest.param(getattr(_native, name), id="native"),
            pytest.param(getattr(fixed_point, name), id="reference"),
        ],
    )


def int32(values: Iterable[int]) -> NDArray[np.int32]:
    return np.array(list(values), np.int32)


def check(primitive: Primitive, definition: Callable[..., int], *columns: list[int]) -> None:
    """One call on whole arrays, element by element equal to the definition."""
    found = primitive(*(int32(column) for column in columns)).tolist()
    expected = [definition(*values) for values in zip(*columns, strict=True)]
    if found != expected:
        wrong = [
            (values, f, e)
            for values, f, e in zip(zip(*columns, strict=True), found, expected, strict=True)
            if f != e
        ]
        pytest.fail(
            f"{len(wrong)} differ; first: f{wrong[0][0]} = {wrong[0][1]}, not {wrong[0][2]}"
        )


def product_columns(*axes: Iterable[int]) -> list[list[int]]:
    """Every combination, as one list for each argument."""
    grids = np.meshgrid(*(np.array(list(axis), np.int64) for axis in axes), indexing="ij")
    return [grid.ravel().tolist() for grid in grids]


# ------------------------------------------------- saturating_rounding_doubling_high_mul


@both("saturating_rounding_doubling_high_mul")
def test_high_mul_edges(primitive: Primitive) -> None:
    check(primitive, high_mul, *product_columns(EDGES, EDGES))


@both("saturating_rounding_doubling_high_mul")
def test_high_mul_saturates_in_one_corner_only(primitive: Primitive) -> None:
    assert primitive(int32([INT32_MIN]), int32([INT32_MIN])).tolist() == [INT32_MAX]
    corner = [INT32_MIN, INT32_MIN, INT32_MAX, INT32_MIN, INT32_MIN + 1]
    other = [INT32_MAX, INT32_MIN + 1, INT32_MAX, -1, INT32_MIN + 1]
    assert primitive(int32(corner), int32(other)).tolist() == [
        -INT32_MAX,  # -(2**31 - 1) exactly
        INT32_MAX,
        INT32_MAX - 1,
        1,
        INT32_MAX - 1,
    ]


@both("saturating_rounding_doubling_high_mul")
def test_high_mul_ties_go_up(primitive: Primitive) -> None:
    # odd * 2**n times odd * 2**(30 - n) is an odd multiple of 2**30: all ties have this form.
    odds = [1, 3, 5, 7, 9, 21, 127, 255, 1023]
    columns: list[list[int]] = [[], []]
    for n in range(31):
        for a in odds:
            for b in odds:
                pair = a << n, b << (30 - n)
                if max(pair) <= INT32_MAX:
                    for x, y in (pair, (-pair[0], pair[1]), (pair[0], -pair[1])):
                        columns[0].append(x)
                        columns[1].append(y)
    assert all(a * b % 2**31 == 2**30 for a, b in zip(*columns, strict=True))
    check(primitive, lambda a, b: (a * b + 2**30) // 2**31, *columns)


@both("saturating_rounding_doubling_high_mul")
@given(a=int32s, b=int32s)
def test_high_mul(primitive: Primitive, a: int, b: int) -> None:
    assert int(primitive(a, b)) == high_mul(a, b)


@given(a=int32s, b=int32s)
def test_definition_of_high_mul_is_gemmlowps(a: int, b: int) -> None:
    """gemmlowp writes a nudge of the product's sign and a division towards zero."""
    product = a * b
    nudged = product + (2**30 if product >= 0 else 1 - 2**30)
    truncated = abs(nudged) // 2**31 * (1 if nudged >= 0 else -1)
    assert high_mul(a, b) == (INT32_MAX if a == b == INT32_MIN else truncated)


# ----------------------------------------------------- divisions by powers of two

DIVISIONS = {
    "rounding_divide_by_pot": half_away,
    "rounding_shift_right_half_up": half_up,
}


def division(name: str) -> Callable[[int, int], int]:
    return lambda x, exponent: DIVISIONS[name](x, 2**exponent)


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", DIVISIONS)
def test_divisions_edges(module: Any, name: str) -> None:
    check(getattr(module, name), division(name), *product_columns(EDGES, range(32)))


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", DIVISIONS)
@pytest.mark.parametrize("exponent", range(1, 32))
def test_divisions_at_and_beside_ties(module: Any, name: str, exponent: int) -> None:
    half = 2 ** (exponent - 1)
    most = (2**31 // half - 1) // 2  # the tie (2k + 1) * half fits int32 up to this k
    ks = {k for near in (0, most) for k in range(near - 40, near + 41)}
    ks |= {-1 - k for k in ks}
    ties = [(2 * k + 1) * half for k in ks]
    values = [t + d for t in ties for d in (-1, 0, 1) if INT32_MIN <= t + d <= INT32_MAX]
    assert any(v % (2 * half) == half for v in values)
    check(getattr(module, name), division(name), values, [exponent] * len(values))


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", DIVISIONS)
def test_divisions_of_all_small_numbers(module: Any, name: str) -> None:
    for exponent in (1, 2, 3, 7):
        values = list(range(-1100, 1101))
        check(getattr(module, name), division(name), values, [exponent] * len(values))


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", DIVISIONS)
@given(x=int32s, exponent=exponents)
def test_divisions(module: Any, name: str, x: int, exponent: int) -> None:
    assert int(getattr(module, name)(x, exponent)) == division(name)(x, exponent)


def test_divisions_differ_only_at_negative_ties() -> None:
    """The two tie rules are told apart at all, and exactly where they should be."""
    x = np.arange(-64, 65, dtype=np.int32)
    away = _native.rounding_divide_by_pot(x, np.int32(3))
    up = _native.rounding_shift_right_half_up(x, np.int32(3))
    np.testing.assert_array_equal(away != up, (x < 0) & (x % 8 == 4))


# ------------------------------------------------- multiply_by_quantized_multiplier

MULTIPLICATIONS: dict[str, Callable[[int, int, int], int]] = {
    "multiply_by_quantized_multiplier_gemmlowp": gemmlowp,
    "multiply_by_quantized_multiplier_ruy": ruy,
    "multiply_by_quantized_multiplier_single": single,
}
SOME = [v for v in EDGES if abs(v) <= 3 or abs(v) >= 2**30 - 1] + [100, -100, 12345, -99999, 2**24]
MULTIPLIERS = [
    2**30,
    2**30 + 1,
    0x5A827999,
    INT32_MAX - 1,
    INT32_MAX,
    0,
    1,
    -1,
    -(2**30),
    INT32_MIN,
]


def shift_range(name: str) -> range:
    # single's shift ends at 30, where its total shift is 1; the others' left shift has no end.
    return range(-31, 31) if name.endswith("single") else range(-31, 100)


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", MULTIPLICATIONS)
def test_multiplications_edges(module: Any, name: str) -> None:
    columns = product_columns(SOME, MULTIPLIERS, shift_range(name))
    check(getattr(module, name), MULTIPLICATIONS[name], *columns)


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", list(MULTIPLICATIONS)[:2])
def test_multiplications_by_far_left_shifts(module: Any, name: str) -> None:
    """Ratios of float32 scales reach 2**277: shifts as large must still be defined."""
    columns = product_columns(
        [1, -1, 77, INT32_MAX, INT32_MIN], MULTIPLIERS, [277, 512, 1023, 1100]
    )
    check(getattr(module, name), MULTIPLICATIONS[name], *columns)


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", MULTIPLICATIONS)
def test_multiplications_at_ties_of_the_last_rounding(module: Any, name: str) -> None:
    # With multiplier 2**30 and a left shift that is not there, x even: x / 2**(1 - shift).
    columns: list[list[int]] = [[], [], []]
    for shift in range(-30, 1):
        tie = 2 ** (-shift)
        for k in (0, 1, 2, 3, 50):
            for x in ((2 * k + 1) * tie, -(2 * k + 1) * tie):
                if INT32_MIN <= x <= INT32_MAX:
                    for column, value in zip(columns, (x, 2**30, shift), strict=True):
                        column.append(value)
    check(getattr(module, name), MULTIPLICATIONS[name], *columns)


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", list(MULTIPLICATIONS)[:2])
@given(x=int32s, multiplier=int32s, shift=st.one_of(shifts, st.integers(32, 1100)))
def test_double_roundings(module: Any, name: str, x: int, multiplier: int, shift: int) -> None:
    found = int(getattr(module, name)(x, multiplier, shift))
    assert found == MULTIPLICATIONS[name](x, multiplier, shift)


@pytest.mark.parametrize("module", [_native, fixed_point])
@given(x=int32s, multiplier=int32s, shift=st.integers(-31, 30))
def test_single_rounding(module: Any, x: int, multiplier: int, shift: int) -> None:
    found = int(module.multiply_by_quantized_multiplier_single(x, multiplier, shift))
    assert found == single(x, multiplier, shift)


# --------------------------------------------------------------- quantize_multiplier

FACTORIES = pytest.mark.parametrize(
    "factory",
    [
        pytest.param(_native.quantize_multiplier, id="native"),
        pytest.param(quantize_multiplier, id="python"),
        pytest.param(lambda factor: one_of_several(factor), id="several"),
    ],
)
Factory = Callable[[float], tuple[int, int]]


def one_of_several(factor: float) -> tuple[int, int]:
    """Among others, which must not change it."""
    multipliers, shifts = _native.quantize_multipliers(np.array([0.3, factor, -7.0]))
    assert (multipliers[0], shifts[0]) == quantize_multiplier(0.3)
    assert (multipliers[2], shifts[2]) == quantize_multiplier(-7.0)
    return int(multipliers[1]), int(shifts[1])


def exact_multiplier(factor: float) -> tuple[int, int]:
    """The nearest Q31 significand by rational arithmetic, and its shift."""
    if factor == 0:
        return 0, 0
    exact = Fraction(factor)
    shift = 0
    while abs(exact) / Fraction(2) ** shift >= 1:
        shift += 1
    while abs(exact) / Fraction(2) ** shift < Fraction(1, 2):
        shift -= 1
    scaled = exact / Fraction(2) ** shift * 2**31
    multiplier = half_away(scaled.numerator, scaled.denominator)
    if multiplier == 2**31:  # TFLite halves it only if positive: -2**31 fits int32
        multiplier, shift = 2**30, shift + 1
    return (0, 0) if shift < -31 else (multiplier, shift)


@FACTORIES
def test_quantize_multiplier_of_every_exponent(factory: Factory) -> None:
    significands = (
        0.5,
        math.nextafter(0.5, 1),
        math.nextafter(1.0, 0),  # rounds up to 1, so the shift grows
        (2**31 - 0.5) / 2**31,  # a tie that does so
        (2**30 + 0.5) / 2**31,  # ties, to odd and to even
        (2**30 + 1.5) / 2**31,
        math.nextafter((2**30 + 0.5) / 2**31, 0),
        math.nextafter((2**30 + 0.5) / 2**31, 1),
        2 / 3,
    )
    for exponent in (*range(-45, 45), -1073, -1022, -500, -126, 127, 277, 500, 1024):
        for significand in significands:
            factor = math.ldexp(significand, exponent)
            assert factory(factor) == exact_multiplier(factor), factor.hex()
            assert factory(-factor) == exact_multiplier(-factor), (-factor).hex()


@FACTORIES
def test_quantize_multiplier_flushes_below_2_to_minus_32(factory: Factory) -> None:
    assert factory(0.0) == factory(-0.0) == (0, 0)
    assert factory(2.0**-32) == (2**30, -31)
    assert factory(math.nextafter(2.0**-32, 0)) == (2**30, -31)  # rounds up to it
    assert factory(2.0**-32 * (1 - 2**-31)) == (0, 0)
    assert factory(5e-324) == (0, 0)


@FACTORIES
@given(factor=st.floats(allow_nan=False, allow_infinity=False))
@example(factor=1.7976931348623157e308)
@example(factor=0.0003922)
def test_quantize_multiplier(factory: Factory, factor: float) -> None:
    assert factory(factor) == exact_multiplier(factor)


@FACTORIES
@given(factor=st.floats(2.0**-31, 2.0**40))
def test_quantize_multiplier_is_within_half_a_unit(factory: Factory, factor: float) -> None:
    multiplier, shift = factory(factor)
    assert 2**30 <= multiplier < 2**31
    unit = Fraction(2) ** (shift - 31)
    assert abs(multiplier * unit - Fraction(factor)) <= unit / 2


@pytest.mark.parametrize("factor", [math.nan, math.inf, -math.inf])
def test_quantize_multiplier_refuses_what_is_not_finite(factor: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        quantize_multiplier(factor)
    with pytest.raises(ValueError, match=f"factor must be finite, not {factor}"):
        _native.quantize_multipliers(np.array([1.0, factor]))


# ------------------------------------------------------------------ shapes of arrays

ARGUMENTS = {
    "saturating_rounding_doubling_high_mul": 2,
    "rounding_divide_by_pot": 2,
    "rounding_shift_right_half_up": 2,
    "multiply_by_quantized_multiplier_gemmlowp": 3,
    "multiply_by_quantized_multiplier_ruy": 3,
    "multiply_by_quantized_multiplier_single": 3,
}


def definition(name: str) -> Callable[..., int]:
    if name in MULTIPLICATIONS:
        return MULTIPLICATIONS[name]
    return division(name) if name in DIVISIONS else high_mul


SHAPES: list[tuple[tuple[int, ...], ...]] = [
    ((), (), ()),
    ((0,), (), ()),
    ((0, 3), (1, 3), (3,)),
    ((1,), (5,), ()),
    ((2, 3), (3,), (2, 1)),
    ((4, 1, 3), (2, 1), (1, 1, 1)),
    ((1, 1), (2, 3), (1, 3)),
]


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_broadcasting(module: Any, name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    shapes = shapes[: ARGUMENTS[name]]
    rng = np.random.default_rng(7)
    arrays = [rng.integers(0, 31, shape, np.int32) for shape in shapes]
    arrays[0] = rng.integers(INT32_MIN, INT32_MAX, shapes[0], np.int32)
    found = np.asarray(getattr(module, name)(*arrays))
    expected_shape = np.broadcast_shapes(*shapes)
    assert found.shape == expected_shape
    wide = [np.broadcast_to(a, expected_shape).ravel().tolist() for a in arrays]
    assert found.ravel().tolist() == [definition(name)(*v) for v in zip(*wide, strict=True)]


@pytest.mark.parametrize("module", [_native, fixed_point])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_arrays_of_any_layout(module: Any, name: str) -> None:
    """Transposed, reversed and strided arrays, and the arguments left as they were."""
    function = getattr(module, name)
    rest = [np.int32(5)] * (ARGUMENTS[name] - 1)
    x = np.arange(-(2**30), 2**30, 2**26, dtype=np.int32).reshape(4, 8)
    before = x.copy()
    plain = np.asarray(function(x, *rest))
    for view in (np.s_[::-1, ::-1], np.s_[::2, 1::3], np.s_[:, :0]):
        np.testing.assert_array_equal(function(x[view], *rest), plain[view])
    np.testing.assert_array_equal(function(x.T, *rest), plain.T)
    np.testing.assert_array_equal(function(np.asfortranarray(x), *rest), plain)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_shapes_that_do_not_fit_are_refused(name: str) -> None:
    arrays = [np.zeros(3, np.int32), np.zeros(2, np.int32), np.zeros(3, np.int32)]
    with pytest.raises((ValueError, RuntimeError), match="incompatible"):
        getattr(_native, name)(*arrays[: ARGUMENTS[name]])


# ----------------------------------------------------------- float conversions, in numpy


@settings(max_examples=300)
@given(x=st.floats(width=64))
@example(x=2147483647.5)
@example(x=2147483648.0)
@example(x=-2147483648.9)
@example(x=-2147483649.0)
def test_truncate_to_int32(x: float) -> None:
    fits = math.isfinite(x) and INT32_MIN <= math.trunc(x) <= INT32_MAX
    found = int(fixed_point.truncate_to_int32(np.array([x]))[0])
    assert found == (math.trunc(x) if fits else INT32_MIN)


@settings(max_examples=300)
@given(x=st.one_of(st.floats(-1e6, 1e6, width=32), st.integers(-999, 999).map(lambda k: k / 2)))
@example(x=0.49999997)
@example(x=8388607.5)
@example(x=-8388608.0)
@example(x=1e30)
def test_round_half_away(x: float) -> None:
    x = float(np.float32(x))
    exact = Fraction(x)
    for dtype in (np.float32, np.float64):
        found = fixed_point.round_half_away(np.array([x], dtype))
        assert found.dtype == dtype
        assert float(found[0]) == half_away(exact.numerator, exact.denominator)


def test_round_half_away_in_double() -> None:
    x = np.array([0.5 - 2**-54, -0.5 + 2**-54, 4503599627370495.5, np.inf, -np.inf])
    expected = [0.0, 0.0, 4503599627370496.0, np.inf, -np.inf]
    np.testing.assert_array_equal(fixed_point.round_half_away(x), expected)
    assert np.isnan(fixed_point.round_half_away(np.array([np.nan]))).all()
