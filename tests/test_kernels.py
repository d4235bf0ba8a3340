"""intlite.kernels: primitives against Python's integers, a layer against the reference."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import ShapeError, kernels
from intlite.quantization import Quantization, per_tensor
from intlite.reference.fully_connected import FullyConnectedParameters
from intlite.reference.fully_connected import fully_connected as reference
from intlite.runtimes import runtime

LOW, HIGH = -(2**31), 2**31 - 1
VALUES = [LOW, LOW + 1, -(2**30), -65537, -256, -3, -2, -1, 0, 1, 2, 3, 255, 65536, 2**30, HIGH]
EXPONENTS = [0, 1, 2, 3, 15, 30, 31]
NUMERICS = ("litert", "litert-builtin", "litert-reference", "tflm")

Primitive = Callable[..., NDArray[np.int32]]


# ---------------------------------------------------------------- by Python's integers


def wrap(x: int) -> int:
    return (x - LOW) % 2**32 + LOW


def half_up(x: Fraction) -> int:
    return floor(x + Fraction(1, 2))


def half_away(x: Fraction) -> int:
    return half_up(x) if x >= 0 else -half_up(-x)


def high_mul(a: int, b: int) -> int:
    return min(half_up(Fraction(a * b, 2**31)), HIGH)


def gemmlowp(x: int, multiplier: int, shift: int) -> int:
    high = high_mul(wrap(x << max(shift, 0)), multiplier)
    return half_away(Fraction(high, 2 ** max(-shift, 0)))


def ruy(x: int, multiplier: int, shift: int) -> int:
    high = high_mul(wrap(x << max(shift, 0)), multiplier)
    return half_up(Fraction(high, 2 ** max(-shift, 0)))


BINARY: dict[str, tuple[Primitive, Callable[[int, int], int], list[int]]] = {
    "high_mul": (kernels.saturating_rounding_doubling_high_mul, high_mul, VALUES),
    "divide": (
        kernels.rounding_divide_by_pot,
        lambda x, e: half_away(Fraction(x, 2**e)),
        EXPONENTS,
    ),
    "shift": (
        kernels.rounding_shift_right_half_up,
        lambda x, e: half_up(Fraction(x, 2**e)),
        EXPONENTS,
    ),
}


@pytest.mark.parametrize("name", list(BINARY))
def test_primitives_by_broadcasting(name: str) -> None:
    function, by_hand, seconds = BINARY[name]
    found = function(np.array(VALUES)[:, None], np.array(seconds))
    assert found.dtype == np.int32
    assert found.tolist() == [[by_hand(a, b) for b in seconds] for a in VALUES]


def test_the_square_of_the_least_saturates() -> None:
    assert int(kernels.saturating_rounding_doubling_high_mul(LOW, LOW)) == HIGH


@pytest.mark.parametrize("rounding", ["gemmlowp", "ruy", "single"])
def test_multiply_by_quantized_multiplier(rounding: Any) -> None:
    rng = np.random.default_rng(1)
    accumulators = [*VALUES, *rng.integers(-(2**20), 2**20, 300).tolist()]
    multipliers = [0, 1 << 30, HIGH, *rng.integers(1 << 30, HIGH, 5).tolist()]
    shifts = [-31, -20, -8, -1, 0, 1, 5, 30]
    found = kernels.multiply_by_quantized_multiplier(
        np.array(accumulators)[:, None, None],
        np.array(multipliers)[:, None],
        np.array(shifts),
        rounding,
    )
    assert found.shape == (len(accumulators), len(multipliers), len(shifts))
    for i, x in enumerate(accumulators):
        for j, multiplier in enumerate(multipliers):
            for k, shift in enumerate(shifts):
                if rounding == "single":
                    # In 64 bits: what does not fit int32 has no defined result.
                    expected = half_up(Fraction(x * multiplier) * Fraction(2) ** (shift - 31))
                    if not LOW <= expected <= HIGH:
                        continue
                else:
                    by_hand = gemmlowp if rounding == "gemmlowp" else ruy
                    expected = by_hand(x, multiplier, shift)
                assert found[i, j, k] == expected, (x, multiplier, shift)


def test_default_rounding_is_gemmlowp() -> None:
    # -1.5 goes to -2 half away from zero, to -1 half up.
    found = [
        int(kernels.multiply_by_quantized_multiplier(-6, 1 << 30, -1, *more))
        for more in ((), ("gemmlowp",), ("ruy",))
    ]
    assert found == [-2, -2, -1]


@pytest.mark.parametrize("factor", [0.0, 1e-12, 2.0**-32, 0.00037, 0.5, 0.9999999999, 1.0, 700.3])
def test_quantize_multiplier(factor: float) -> None:
    multiplier, shift = kernels.quantize_multiplier(factor)
    if factor < 2.0**-32:
        assert (multiplier, shift) == (0, 0)
        return
    assert 2**30 <= multiplier < 2**31
    error = abs(Fraction(multiplier) * Fraction(2) ** (shift - 31) - Fraction(factor))
    assert error <= Fraction(2) ** (shift - 32)


# ------------------------------------------------------------------- types and errors


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
)
def test_integer_types(dtype: Any) -> None:
    x = np.array([[0, 1], [100, 127]], dtype)
    found = kernels.rounding_divide_by_pot(x, dtype(1))
    assert found.dtype == np.int32
    assert found.tolist() == [[0, 1], [50, 64]]
    assert kernels.rounding_divide_by_pot(x[:, ::-1].T, 0).tolist() == [[1, 127], [0, 100]]


def test_shapes() -> None:
    function = kernels.saturating_rounding_doubling_high_mul
    assert int(function(1 << 30, 6)) == 3
    assert function(np.zeros(0, int), 1).shape == (0,)
    assert function(np.zeros((0, 3), np.int64), 1).shape == (0, 3)
    assert function(np.zeros((4, 1, 2), int), np.zeros((3, 1), int)).shape == (4, 3, 2)


def test_shapes_that_do_not_broadcast() -> None:
    with pytest.raises(ValueError, match=r"shape"):
        kernels.saturating_rounding_doubling_high_mul(np.zeros(2, int), np.zeros(3, int))


def test_numbers_give_arrays_too() -> None:
    found: Any = kernels.rounding_divide_by_pot(5, 1)
    assert isinstance(found, np.ndarray | np.int32)
    assert found.shape == ()


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "floats": (lambda: kernels.rounding_divide_by_pot(1.0, 1), TypeError, "x must .* float64"),
    "bools": (lambda: kernels.rounding_divide_by_pot([True], 1), TypeError, "x must .* bool"),
    "text": (lambda: kernels.rounding_shift_right_half_up("1", 1), TypeError, "x must hold"),
    "float exponent": (
        lambda: kernels.rounding_shift_right_half_up(1, 1.0),
        TypeError,
        "exponent must hold",
    ),
    "beyond int32": (
        lambda: kernels.saturating_rounding_doubling_high_mul(1, 2**31),
        ValueError,
        "b must be in",
    ),
    "below int32": (
        lambda: kernels.saturating_rounding_doubling_high_mul(-(2**31) - 1, 0),
        ValueError,
        "a must be in",
    ),
    "uint64": (
        lambda: kernels.rounding_divide_by_pot(np.uint64(2**63), 1),
        ValueError,
        "x must be in",
    ),
    "exponent -1": (lambda: kernels.rounding_divide_by_pot(1, -1), ValueError, r"\[0, 31\]"),
    "exponent 32": (lambda: kernels.rounding_divide_by_pot(1, [1, 32]), ValueError, r"\[0, 31\]"),
    "shift 32": (
        lambda: kernels.multiply_by_quantized_multiplier(1, 1, 32),
        ValueError,
        r"shift must be in \[-31, 31\]",
    ),
    "shift 31 in 64 bits": (
        lambda: kernels.multiply_by_quantized_multiplier(1, 1, 31, "single"),
        ValueError,
        r"shift must be in \[-31, 30\]",
    ),
    "infinite factor": (
        lambda: kernels.quantize_multiplier(float("inf")),
        ValueError,
        "finite",
    ),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_refuses(case: str) -> None:
    call, error, words = WRONG[case]
    with pytest.raises(error, match=words):
        call()


def test_refuses_an_unknown_rounding() -> None:
    rounding: Any = "nearest"
    with pytest.raises(ValueError, match=r"'nearest': expected one of gemmlowp, ruy, single"):
        kernels.multiply_by_quantized_multiplier(1, 1, 1, rounding)


# --------------------------------------------------------------------- fully_connected


def per_channel(count: int, zero_point: int = 0) -> Quantization:
    scales = np.linspace(0.002, 0.02, count).astype(np.float32)
    return Quantization(scales, np.full(count, zero_point, np.int64))


@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_fully_connected(dtype: Any, rows: int, bias: bool, activation: str, numerics: str) -> None:
    rng = np.random.default_rng(2)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    depth, units = 67, 19
    x = rng.integers(low, high + 1, (rows, depth)).astype(dtype)
    weights = rng.integers(low, high + 1, (units, depth)).astype(dtype)
    b = rng.integers(-5000, 5000, units).astype(np.int32) if bias else None
    unsigned = dtype == np.uint8
    quantizations: dict[str, Any] = {
        "input": per_tensor(0.05, int(low) + 135),
        "weights_quantization": per_tensor(0.01, 121) if unsigned else per_channel(units),
        "output": per_tensor(0.3, int(low) + 100),
    }
    found = kernels.fully_connected(
        x, weights, b, activation=activation, numerics=numerics, **quantizations
    )
    assert found.dtype == dtype
    assert found.shape == (rows, units)
    parameters = FullyConnectedParameters(
        quantizations["input"],
        quantizations["weights_quantization"],
        quantizations["output"],
        activation,
        np.dtype(dtype),
    )
    expected = reference(x, weights, b, parameters, runtime(numerics).policies[0])
    np.testing.assert_array_equal(found, expected)
    if rows and activation != "RELU_N1_TO_1":
        assert len(np.unique(found)) > 3  # not all clamped


SMALL: dict[str, Any] = {
    "x": np.zeros((2, 3), np.int8),
    "weights": np.zeros((4, 3), np.int8),
    "bias": np.zeros(4, np.int32),
    "input": per_tensor(0.5, 0),
    "weights_quantization": per_tensor(0.5, 0),
    "output": per_tensor(0.5, 0),
}


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"x": np.zeros((2, 3))}, TypeError, "float64"),
        ({"x": np.zeros((2, 3), np.uint8)}, TypeError, "uint8, int8"),
        ({"weights": np.zeros((4, 3), np.int16)}, TypeError, "int16"),
        ({"x": np.zeros((2, 4), np.int8)}, ShapeError, "one depth"),
        ({"x": np.zeros(3, np.int8)}, ShapeError, "not matrices"),
        ({"weights": np.zeros((1, 4, 3), np.int8)}, ShapeError, "not matrices"),
        ({"bias": np.zeros(3, np.int32)}, ShapeError, r"\(4,\)"),
        ({"bias": np.zeros(4, np.int64)}, ShapeError, "int32"),
        pytest.param({"activation": "TANH"}, ValueError, "TANH"),
        ({"numerics": "nonsense"}, ValueError, "nonsense"),
        pytest.param({"weights_quantization": per_channel(3)}, ValueError, "scales"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_fully_connected_refuses(
    changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        kernels.fully_connected(**{**SMALL, **changes})


def test_fully_connected_takes_any_layout() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(-128, 128, (2, 3)).astype(np.int8)
    weights = rng.integers(-128, 128, (4, 3)).astype(np.int8)
    expected = kernels.fully_connected(**{**SMALL, "x": x, "weights": weights})
    changes: list[Callable[[NDArray[Any]], NDArray[Any]]] = [
        np.asfortranarray,
        lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    ]
    for change in changes:
        other = {**SMALL, "x": change(x), "weights": change(weights)}
        np.testing.assert_array_equal(kernels.fully_connected(**other), expected)
