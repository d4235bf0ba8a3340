"""logistic and tanh in gemmlowp's 16-bit fixed point, and by TFLite Micro's table.

A raw value with k integer bits stands for raw * 2**(k - 15); results have none.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import gemmlowp
from .fixed_point import rounding_divide_by_pot, wrap_int32

Raw = NDArray[np.int64]
INT16_MIN, INT16_MAX = -(2**15), 2**15 - 1
FRACTION_BITS = 15


def wrap_int16(x: Any) -> Raw:
    """What int16 arithmetic leaves of x."""
    return np.asarray(((np.asarray(x, np.int64) + 2**15) & 0xFFFF) - 2**15)


def saturate_int16(x: Any) -> Raw:
    return np.asarray(np.clip(np.asarray(x, np.int64), INT16_MIN, INT16_MAX))


def _constant(raw: int) -> int:
    """One of 32 bits with as many integer bits."""
    return int(rounding_divide_by_pot(raw, 16))


def _multiply(a: Any, b: Any) -> Raw:
    """a * b / 2**15: nudged by the sign, then truncated."""
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    return np.asarray(np.minimum(np.sign(nudged) * (np.abs(nudged) >> 15), INT16_MAX))


def _multiply_by_power_of_two(x: Any, exponent: int) -> Raw:
    if exponent < 0:
        return rounding_divide_by_pot(x, -exponent)
    return saturate_int16(np.asarray(x, np.int64) << exponent)


def _exp_on_negative_values(a: Raw, integer_bits: int) -> Raw:
    fraction = FRACTION_BITS - integer_bits
    quarter = 1 << (fraction - 2)
    remainder = (a & (quarter - 1)) - quarter
    x = _multiply_by_power_of_two(remainder, integer_bits) + (1 << 12)  # + 1/8
    x2 = _multiply(x, x)
    x3, x4 = _multiply(x2, x), _multiply(x2, x2)
    third = _multiply(_multiply_by_power_of_two(x4, -2) + x3, _constant(gemmlowp.ONE_THIRD))
    rest = _multiply_by_power_of_two(third + x2, -1)
    start = _constant(gemmlowp.EXP_MINUS_ONE_EIGHTH)
    result = saturate_int16(start + _multiply(start, x + rest))
    for exponent, factor in gemmlowp.EXP_OF_MINUS_POWERS.items():
        if integer_bits > exponent:
            has_bit = (remainder - a) & (1 << (fraction + exponent)) != 0
            result = np.where(has_bit, _multiply(result, _constant(factor)), result)
    if integer_bits > 5:
        result = np.where(a < _constant(-(1 << (36 - integer_bits))), 0, result)
    return np.where(a == 0, INT16_MAX, result)


def _reciprocal(a: Raw) -> Raw:
    """2 / (1 + a) for a in [0, 1), with two integer bits."""
    half_sum = (a + INT16_MAX + 1) >> 1
    start = _multiply(half_sum, _constant(gemmlowp.MINUS_THIRTY_TWO_SEVENTEENTHS))
    x = wrap_int16(_constant(gemmlowp.FORTY_EIGHT_SEVENTEENTHS) + start)
    for _ in range(3):
        error = wrap_int16((1 << 13) - _multiply(half_sum, x))
        x = wrap_int16(x + _multiply_by_power_of_two(_multiply(x, error), 2))
    return x


def logistic(a: Raw, integer_bits: int) -> Raw:
    """1 / (1 + exp(-a)).

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, logistic; LiteRT 2.3.0,
    tflite/kernels/internal/reference/portable_tensor_utils.cc, PortableApplySigmoid.
    """
    exponential = _exp_on_negative_values(-np.abs(a), integer_bits)
    positive = _multiply_by_power_of_two(_reciprocal(exponential), 1)
    return np.where(a == 0, 1 << 14, np.where(a > 0, positive, INT16_MAX - positive))


def tanh(a: Raw, integer_bits: int) -> Raw:
    """tanh(a), as (1 - exp(-2a)) / (1 + exp(-2a)).

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, tanh; LiteRT 2.3.0,
    tflite/kernels/internal/reference/portable_tensor_utils.cc, PortableApplyTanh.
    """
    exponential = _exp_on_negative_values(np.maximum(-np.abs(a), INT16_MIN), integer_bits + 1)
    positive = _multiply_by_power_of_two(_reciprocal(exponential) - (1 << 13), 2)
    return np.where(a == 0, 0, np.where(a > 0, positive, -positive))


# Where TFLite's table of 65536 * logistic(i / 24) is one above the nearest integer.
_ONE_ABOVE: Final = (
    *(4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39),
    *(40, 41, 43, 44, 45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116),
    *(135, 255),
)


@cache
def _table() -> Raw:
    exact = 65536 / (1 + np.exp(-np.arange(256) / 24.0))
    table = np.rint(exact).astype(np.int64)
    table[list(_ONE_ABOVE)] += 1
    return table


def _scaled(x: Raw, multiplier: int, shift: int) -> Raw:
    half = 1 << (shift - 1) if shift > 0 else 0
    return np.asarray(wrap_int32(x * multiplier + half) >> shift)


def _interpolate(magnitude: Raw, fraction_bits: int, most: int) -> Raw:
    index = np.minimum(magnitude >> fraction_bits, 254)
    low, high = _table()[index], _table()[index + 1]
    fraction = magnitude & ((1 << fraction_bits) - 1)
    value = (low << fraction_bits) + fraction * (high - low)
    return np.where(magnitude >> fraction_bits >= 255, most << fraction_bits, value)


def logistic_by_table(x: Raw) -> Raw:
    """1 / (1 + exp(-x)) of x with three integer bits.

    Source: TFLite Micro 90b983c, tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h,
    Logistic.
    """
    v = _scaled(x, 3, 0)
    value = np.where(np.abs(v) >> 9 >= 255, 0x7FFF << 10, _interpolate(np.abs(v), 9, 0))
    return np.where(v >= 0, value + (1 << 9), (1 << 25) - value + (1 << 9) - 1) >> 10


def tanh_by_table(x: Raw, integer_bits: int) -> Raw:
    """tanh(x).

    Source: TFLite Micro 90b983c, tensorflow/lite/kernels/internal/reference/integer_ops/tanh.h,
    Tanh.
    """
    shift = integer_bits - 3
    v = _scaled(x, 3 << shift, 0) if shift >= 0 else _scaled(x, 3, -shift)
    value = _interpolate(np.abs(v), 8, 0xFFFF)
    one = 1 << 23
    return np.where(v >= 0, value - one + (1 << 7), -value + one + (1 << 7) - 1) >> 8
