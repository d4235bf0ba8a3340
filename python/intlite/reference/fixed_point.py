"""Every fixed-point rounding in plain integer numpy: int64 throughout, so nothing wraps unasked.

All functions take and return arrays (or scalars) that broadcast against each other.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
# How near to one a scale counts as a power of two, in the exponent.
POWER_OF_TWO_TOLERANCE = 1e-3


def wrap_int32(x: ArrayLike) -> NDArray[np.int64]:
    """What int32 arithmetic leaves of x: its low 32 bits, as two's complement."""
    return np.asarray(((np.asarray(x, np.int64) + 2**31) & 0xFFFFFFFF) - 2**31)


def saturating_rounding_doubling_high_mul(a: ArrayLike, b: ArrayLike) -> NDArray[np.int64]:
    """a * b / 2**31 for int32 a and b, half up; only INT32_MIN squared saturates.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, SaturatingRoundingDoublingHighMul.
    """
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    return np.asarray(np.minimum((product + (1 << 30)) >> 31, INT32_MAX))


def rounding_divide_by_pot(x: ArrayLike, exponent: ArrayLike) -> NDArray[np.int64]:
    """x / 2**exponent, half away from zero: gemmlowp's RoundingDivideByPOT.

    An exponent of 32 and more, or below 0, it does not expect: this is then x86's answer, whose
    shifts of int32 count modulo 32, and of int64 modulo 64.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, RoundingDivideByPOT.
    """
    x, exponent = np.asarray(x, np.int64), np.asarray(exponent, np.int64)
    count = exponent % 32
    mask = (np.int64(1) << count) - 1
    if (count != exponent).any():
        mask = np.where(exponent % 64 < 32, (np.int64(1) << count) - 1, -1)
    threshold = (mask >> 1) + (x < 0)
    return np.asarray((x >> count) + ((x & mask) > threshold))


def rounding_shift_right_half_up(x: ArrayLike, exponent: ArrayLike) -> NDArray[np.int64]:
    """x / 2**exponent, half up; exponent >= 0.

    Source: ruy 2af8886, ruy/kernel_avx512.cc, rounding_right_shift.
    """
    x, exponent = np.asarray(x, np.int64), np.asarray(exponent, np.int64)
    return np.asarray((x + ((np.int64(1) << exponent) >> 1)) >> exponent)


def multiply_by_quantized_multiplier_gemmlowp(
    x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike
) -> NDArray[np.int64]:
    """x * multiplier * 2**(shift - 31), rounded twice: half up, then half away.

    TFLite's reference kernels and TFLite Micro. The left shift wraps at 32 bits
    and counts modulo 32, as x86's does.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.cc, MultiplyByQuantizedMultiplier.
    """
    shift = np.asarray(shift, np.int64)
    left, right = np.maximum(shift, 0) % 32, np.maximum(-shift, 0)
    shifted = wrap_int32(np.asarray(x, np.int64) << left)
    return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(shifted, multiplier), right)


def multiply_by_quantized_multiplier_ruy(
    x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike
) -> NDArray[np.int64]:
    """The same in ruy's x86 kernels: half up twice; a left shift by 32 or more leaves 0.

    Source: ruy 2af8886, ruy/kernel_avx512.cc, rounding_right_shift; LiteRT 2.3.0,
    tflite/kernels/internal/common.h, MultiplyByQuantizedMultiplier4Rows.
    """
    shift = np.asarray(shift, np.int64)
    left, right = np.maximum(shift, 0), np.maximum(-shift, 0)
    shifted = wrap_int32(np.asarray(x, np.int64) << np.minimum(left, 32))
    return rounding_shift_right_half_up(
        saturating_rounding_doubling_high_mul(shifted, multiplier), right
    )


def multiply_by_quantized_multiplier_single(
    x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike
) -> NDArray[np.int64]:
    """The same with TFLITE_SINGLE_ROUNDING: one 64-bit shift, half up; shift in [-31, 30].

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.cc, MultiplyByQuantizedMultiplier.
    """
    total = 31 - np.asarray(shift, np.int64)
    product = np.asarray(x, np.int64) * np.asarray(multiplier, np.int64)
    return wrap_int32((product + (np.int64(1) << (total - 1))) >> total)


def multiply_by_quantized_multiplier_wide(
    x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike
) -> NDArray[np.int64]:
    """The same for accumulators of up to 48 bits: a multiplier of 16 bits, half up once.

    TFLite's overload for int64.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.cc, MultiplyByQuantizedMultiplier.
    """
    reduced = np.minimum((np.asarray(multiplier, np.int64) + 2**15) >> 16, 2**15 - 1)
    total = 15 - np.asarray(shift, np.int64)
    product = np.asarray(x, np.int64) * reduced
    return wrap_int32((product + (np.int64(1) << (total - 1))) >> total)


def log2_of_power(scale: float) -> int | None:
    """The exponent of a scale that counts as a power of two: TFLite's CheckedLog2.

    Source: LiteRT 2.3.0, tflite/kernels/internal/quantization_util.cc, CheckedLog2.
    """
    log = math.log2(scale)
    return round(log) if abs(log - round(log)) < POWER_OF_TWO_TOLERANCE else None


def exact_matmul(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """a @ b of integers: in float64, which is much faster, where that is exact."""
    greatest = [int(np.abs(x).max(initial=0)) for x in (a, b)]
    if greatest[0] * greatest[1] * a.shape[-1] < 2**53:
        return np.asarray(np.matmul(a.astype(np.float64), b.astype(np.float64)), np.int64)
    return np.asarray(np.matmul(a, b))


def truncate_to_int32(x: NDArray[Any]) -> NDArray[np.int64]:
    """Floats towards zero as x86 converts them: INT32_MIN for NaN and what does not fit.

    Source: measured against ai-edge-litert 2.3.0.
    """
    with np.errstate(invalid="ignore"):
        inside = (x > -2147483649.0) & (x < 2147483648.0)
        whole = np.where(inside, x, 0.0).astype(np.float64).astype(np.int64)
    return np.where(inside, whole, INT32_MIN)


def round_half_away(x: NDArray[Any]) -> NDArray[Any]:
    """C's round(), in the dtype of x.

    Source: LiteRT 2.3.0, tflite/kernels/internal/cppmath.h, TfLiteRound.
    """
    with np.errstate(invalid="ignore"):
        whole = np.trunc(x)
        away = np.abs(x - whole) >= 0.5
    return np.asarray(np.where(away, whole + np.sign(x), whole), x.dtype)
