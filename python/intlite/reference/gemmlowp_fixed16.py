"""logistic and tanh in gemmlowp's 16-bit fixed point, as LiteRT computes them on int16.

A raw value with k integer bits stands for raw * 2**(k - 15); results have none. ``Multiply``
is the product of two raw values: vector code rounds it half up, the rest half away from zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fixed_point import rounding_divide_by_pot
from .gemmlowp_fixed32 import (
    EXP_MINUS_ONE_EIGHTH,
    EXP_OF_MINUS_POWERS,
    FORTY_EIGHT_SEVENTEENTHS,
    MINUS_THIRTY_TWO_SEVENTEENTHS,
    ONE_THIRD,
)

Raw = NDArray[np.int64]
Multiply = Callable[[Any, Any], Raw]
FRACTION_BITS = 15
INT16_MIN, INT16_MAX = -(2**15), 2**15 - 1


def wrap_int16(x: Any) -> Raw:
    """What int16 arithmetic leaves of x."""
    return np.asarray(((np.asarray(x, np.int64) + 2**15) & 0xFFFF) - 2**15)


def saturate_int16(x: Any) -> Raw:
    return np.asarray(np.clip(np.asarray(x, np.int64), INT16_MIN, INT16_MAX))


def multiply_half_up(a: Any, b: Any) -> Raw:
    """Source: gemmlowp 16e8662, fixedpoint/fixedpoint_sse.h, SaturatingRoundingDoublingHighMul."""
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    return np.asarray(np.minimum((product + (1 << 14)) >> 15, INT16_MAX))


def multiply_half_away(a: Any, b: Any) -> Raw:
    """The nudged product is cut towards zero.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, SaturatingRoundingDoublingHighMul.
    """
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    return np.asarray(np.minimum(np.sign(nudged) * (np.abs(nudged) >> 15), INT16_MAX))


def multiply_by_power_of_two(x: Any, exponent: int) -> Raw:
    """Saturating to the left, half away from zero to the right.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, SaturatingRoundingMultiplyByPOT.
    """
    if exponent < 0:
        return rounding_divide_by_pot(x, -exponent)
    return saturate_int16(np.asarray(x, np.int64) << exponent)


def _constant(raw: int) -> int:
    """One of the 32-bit constants with 16 bits, and as many integer ones."""
    return int(rounding_divide_by_pot(raw, 16))


def exp_on_negative_values(a: Raw, integer_bits: int, multiply: Multiply) -> Raw:
    """exp(a) for a <= 0, without integer bits.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, exp_on_negative_values.
    """
    fraction = FRACTION_BITS - integer_bits
    quarter = 1 << (fraction - 2)
    remainder = (a & (quarter - 1)) - quarter
    x = multiply_by_power_of_two(remainder, integer_bits) + (1 << 12)  # + 1/8
    x2 = multiply(x, x)
    x3, x4 = multiply(x2, x), multiply(x2, x2)
    cubes = multiply(multiply_by_power_of_two(x4, -2) + x3, _constant(ONE_THIRD))
    rest = multiply_by_power_of_two(cubes + x2, -1)
    first = _constant(EXP_MINUS_ONE_EIGHTH)
    result = saturate_int16(first + multiply(first, x + rest))
    for exponent, factor in EXP_OF_MINUS_POWERS.items():
        if integer_bits > exponent:
            has_bit = (remainder - a) & (1 << (fraction + exponent)) != 0
            result = np.where(has_bit, multiply(result, _constant(factor)), result)
    if integer_bits > 5:
        result = np.where(a < _constant(-(1 << (36 - integer_bits))), 0, result)
    return np.where(a == 0, INT16_MAX, result)


def _reciprocal(a: Raw, multiply: Multiply) -> Raw:
    """2 / (1 + a) for a in [0, 1), with two integer bits: three steps of Newton's method."""
    half_sum = (a + INT16_MAX + 1) >> 1
    start = multiply(half_sum, _constant(MINUS_THIRTY_TWO_SEVENTEENTHS))
    x = wrap_int16(_constant(FORTY_EIGHT_SEVENTEENTHS) + start)
    for _ in range(3):
        error = wrap_int16((1 << 13) - multiply(half_sum, x))
        x = wrap_int16(x + multiply_by_power_of_two(multiply(x, error), 2))
    return x


def logistic(a: Raw, integer_bits: int, multiply: Multiply) -> Raw:
    """1 / (1 + exp(-a)), without integer bits.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, logistic.
    """
    exponential = exp_on_negative_values(-np.abs(a), integer_bits, multiply)
    positive = multiply_by_power_of_two(_reciprocal(exponential, multiply), 1)
    return np.where(a == 0, 1 << 14, np.where(a > 0, positive, INT16_MAX - positive))


def tanh(a: Raw, integer_bits: int, multiply: Multiply) -> Raw:
    """tanh(a), without integer bits, as (1 - exp(-2a)) / (1 + exp(-2a)).

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, tanh.
    """
    exponential = exp_on_negative_values(
        np.maximum(-np.abs(a), INT16_MIN), integer_bits + 1, multiply
    )
    # 2 / (1 + e) - 1: the reciprocal stands for half of its value.
    positive = multiply_by_power_of_two(_reciprocal(exponential, multiply) - (1 << 13), 2)
    return np.where(a == 0, 0, np.where(a > 0, positive, -positive))
