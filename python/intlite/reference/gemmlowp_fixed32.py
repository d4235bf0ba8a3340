"""exp, logistic and tanh in gemmlowp's 32-bit fixed point, as TFLite Micro computes them.

A raw value with k integer bits stands for raw * 2**(k - 31).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fixed_point import INT32_MAX, INT32_MIN, rounding_divide_by_pot, wrap_int32
from .fixed_point import saturating_rounding_doubling_high_mul as multiply

Raw = NDArray[np.int64]
FRACTION_BITS = 31
EXP_MINUS_ONE_EIGHTH, ONE_THIRD = 1895147668, 715827883
# exp(-2**k) with no integer bits.
EXP_OF_MINUS_POWERS = {
    -2: 1672461947,
    -1: 1302514674,
    0: 790015084,
    1: 290630308,
    2: 39332535,
    3: 720401,
    4: 242,
}
# With two integer bits: where Newton's method for 1 / x starts on [1/2, 1].
FORTY_EIGHT_SEVENTEENTHS, MINUS_THIRTY_TWO_SEVENTEENTHS = 1515870810, -1010580540


def multiply_by_power_of_two(x: Any, exponent: int) -> Raw:
    """Saturating to the left, half away from zero to the right.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, SaturatingRoundingMultiplyByPOT.
    """
    if exponent < 0:
        return rounding_divide_by_pot(x, -exponent)
    return np.asarray(np.clip(np.asarray(x, np.int64) << exponent, INT32_MIN, INT32_MAX))


def exp_on_negative_values(a: Raw, integer_bits: int) -> Raw:
    """exp(a) for a <= 0, without integer bits: a series on [-1/4, 0), exp(-2**k) for the rest.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, exp_on_negative_values.
    """
    fraction = FRACTION_BITS - integer_bits
    quarter = 1 << (fraction - 2)
    remainder = (a & (quarter - 1)) - quarter
    x = multiply_by_power_of_two(remainder, integer_bits) + (1 << 28)  # + 1/8
    x2 = multiply(x, x)
    x3, x4 = multiply(x2, x), multiply(x2, x2)
    rest = multiply_by_power_of_two(
        multiply(multiply_by_power_of_two(x4, -2) + x3, ONE_THIRD) + x2, -1
    )
    result = EXP_MINUS_ONE_EIGHTH + multiply(EXP_MINUS_ONE_EIGHTH, x + rest)
    for exponent, factor in EXP_OF_MINUS_POWERS.items():
        if integer_bits > exponent:
            has_bit = (remainder - a) & (1 << (fraction + exponent)) != 0
            result = np.where(has_bit, multiply(result, factor), result)
    if integer_bits > 5:
        result = np.where(a < -(1 << (36 - integer_bits)), 0, result)
    return np.where(a == 0, INT32_MAX, result)


def _reciprocal(a: Raw) -> Raw:
    """2 / (1 + a) for a in [0, 1), with two integer bits: three steps of Newton's method."""
    half_sum = (a + INT32_MAX + 1) >> 1
    start = multiply(half_sum, MINUS_THIRTY_TWO_SEVENTEENTHS)
    x = wrap_int32(FORTY_EIGHT_SEVENTEENTHS + start)
    for _ in range(3):
        error = wrap_int32((1 << 29) - multiply(half_sum, x))
        x = wrap_int32(x + multiply_by_power_of_two(multiply(x, error), 2))
    return x


def one_over_one_plus(a: Raw) -> Raw:
    """1 / (1 + a) for a in [0, 1], without integer bits.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, one_over_one_plus_x_for_x_in_0_1.
    """
    return multiply_by_power_of_two(_reciprocal(a), 1)


def logistic(a: Raw, integer_bits: int) -> Raw:
    """1 / (1 + exp(-a)), without integer bits.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, logistic.
    """
    exponential = exp_on_negative_values(-np.abs(a), integer_bits)
    positive = one_over_one_plus(exponential)
    return np.where(a == 0, 1 << 30, np.where(a > 0, positive, INT32_MAX - positive))


def tanh(a: Raw, integer_bits: int) -> Raw:
    """tanh(a), without integer bits, as (1 - exp(-2a)) / (1 + exp(-2a)).

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, tanh.
    """
    magnitude = np.maximum(-np.abs(a), INT32_MIN)
    exponential = exp_on_negative_values(magnitude, integer_bits + 1)
    # 2 / (1 + e) - 1: the reciprocal stands for half of its value.
    positive = multiply_by_power_of_two(_reciprocal(exponential) - (1 << 29), 2)
    return np.where(a == 0, 0, np.where(a > 0, positive, -positive))
