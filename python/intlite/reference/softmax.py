"""SOFTMAX on int8 or uint8: gemmlowp's fixed point, or LiteRT's float32 table.

gemmlowp's fixed-point numbers are int32; one with k integer bits stands for
``raw * 2**(k - 31)``.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..quantization import Quantization, quantize_multiplier, type_range
from .fixed_point import (
    INT32_MAX,
    INT32_MIN,
    round_half_away,
    rounding_divide_by_pot,
    wrap_int32,
)
from .fixed_point import saturating_rounding_doubling_high_mul as mul

DISTANCES = 256
INPUT_BITS = 5  # differences from the maximum, scaled, are Q5.26
SUM_BITS = 12  # sums are Q12.19


@dataclass(frozen=True, eq=False)
class SoftmaxParameters:
    """Quantizations, output type, and the factor in front of the input."""

    input: Quantization
    output: Quantization
    dtype: DTypeLike
    beta: float


def fixed_point_factor(p: SoftmaxParameters) -> float:
    """beta * scale in Q5.26; the runtimes abort unless it is above 1."""
    factor = float(np.float32(p.beta)) * float(p.input.scale[0]) * (1 << (31 - INPUT_BITS))
    return min(factor, 2.0**31 - 1)


def multiply_by_pot(x: NDArray[np.int64], exponent: int) -> NDArray[np.int64]:
    """gemmlowp's SaturatingRoundingMultiplyByPOT."""
    if exponent < 0:
        return rounding_divide_by_pot(x, -exponent)
    return np.asarray(np.clip(x << exponent, INT32_MIN, INT32_MAX))


def exp_on_negative(a: NDArray[np.int64], integer_bits: int) -> NDArray[np.int64]:
    """gemmlowp's exp_on_negative_values: exp of x <= 0, as Q0.31.

    A polynomial on [-1/4, 0), times exp of the bits above.
    """
    fraction = 31 - integer_bits
    quarter = np.int64(1) << (fraction - 2)
    rest = (a & (quarter - 1)) - quarter
    x = multiply_by_pot(rest, integer_bits) + (1 << 28)
    x2 = mul(x, x)
    x3, x4 = mul(x2, x), mul(x2, x2)
    inner = multiply_by_pot(mul(multiply_by_pot(x4, -2) + x3, 715827883) + x2, -1)
    constant = 1895147668  # exp(-1/8)
    result = constant + mul(constant, x + inner)
    above = rest - a
    powers = {
        -2: 1672461947,
        -1: 1302514674,
        0: 790015084,
        1: 290630308,
        2: 39332535,
        3: 720401,
        4: 242,
    }
    for exponent, factor in powers.items():
        if integer_bits > exponent:
            bit = np.int64(1) << (fraction + exponent)
            result = np.where(above & bit, mul(result, factor), result)
    return np.asarray(np.where(a == 0, INT32_MAX, result))


def one_over_one_plus(a: int) -> int:
    """gemmlowp's 1 / (1 + x) for x in [0, 1], Q0.31 to Q0.31: three Newton steps."""
    total = a + INT32_MAX
    half = (total + 1) // 2 if total >= 0 else -((1 - total) // 2)
    x = int(wrap_int32(1515870810 + int(mul(half, -1010580540))))
    for _ in range(3):
        residual = int(wrap_int32((1 << 29) - int(mul(half, x))))
        step = min(max(int(mul(x, residual)) * 4, INT32_MIN), INT32_MAX)
        x = int(wrap_int32(x + step))
    return min(max(2 * x, INT32_MIN), INT32_MAX)


def fixed_table(p: SoftmaxParameters) -> tuple[NDArray[np.int32], int]:
    """exp for each distance below the maximum, and how many distances count at all."""
    multiplier, shift = quantize_multiplier(fixed_point_factor(p))
    radius = ((1 << INPUT_BITS) - 1) * (1 << (31 - INPUT_BITS)) / (1 << shift)
    distances = min(math.floor(radius) + 1, DISTANCES)
    x = np.zeros(DISTANCES, np.int64)
    x[:distances] = -np.arange(distances)
    scaled = mul(wrap_int32(x << shift), multiplier)
    return exp_on_negative(scaled, INPUT_BITS).astype(np.int32), distances


def float_table(p: SoftmaxParameters) -> NDArray[np.float32]:
    """exp for each distance, by the C library's expf, which the runtime calls too."""
    scale = np.float32(-p.input.scale[0]) * np.float32(p.beta)
    expf = ctypes.CDLL(ctypes.util.find_library("m") or None).expf
    expf.restype, expf.argtypes = ctypes.c_float, [ctypes.c_float]
    x = scale * np.arange(DISTANCES).astype(np.float32)
    return np.array([expf(float(v)) for v in x], np.float32)


def softmax(x: NDArray[Any], p: SoftmaxParameters, fixed_point: bool) -> NDArray[Any]:
    """Along the last dimension."""
    distance = x.max(-1, keepdims=True).astype(np.int64) - x.astype(np.int64)
    rows = distance.reshape(-1, x.shape[-1])
    by_row = _fixed_row if fixed_point else _float_row
    table: Any = fixed_table(p) if fixed_point else float_table(p)
    low, high = type_range(p.dtype)
    out = [np.clip(by_row(row, table, p), low, high) for row in rows]
    return np.array(out, np.int64).reshape(x.shape).astype(p.dtype)


def _fixed_row(
    distance: NDArray[np.int64], table: tuple[NDArray[np.int32], int], p: SoftmaxParameters
) -> NDArray[np.int64]:
    low = type_range(p.dtype)[0]
    exps, distances = table
    counts = distance < distances
    exp = exps[distance].astype(np.int64)
    total = int(wrap_int32(np.where(counts, rounding_divide_by_pot(exp, SUM_BITS), 0).sum()))
    headroom = 32 - (total & 0xFFFFFFFF).bit_length()
    shifted = int(wrap_int32(((total << headroom) & 0xFFFFFFFF) - (1 << 31)))
    product = mul(one_over_one_plus(shifted), exp)
    stored = rounding_divide_by_pot(product, SUM_BITS - headroom + 31 - 8) + low
    return np.asarray(np.where(counts, np.clip(stored, low, low + 255), low))


def _float_row(
    distance: NDArray[np.int64], table: NDArray[np.float32], p: SoftmaxParameters
) -> NDArray[np.int64]:
    exp = table[distance]
    total = np.float32(0)
    for term in exp:  # in order: float32 sums depend on it
        total = np.float32(total + term)
    probability = exp * (np.float32(1) / np.float32(total * p.output.scale[0]))
    if np.dtype(p.dtype) == np.uint8:
        return np.asarray(np.trunc(probability + np.float32(0.5)), np.int64)
    return round_half_away(probability).astype(np.int64) + int(p.output.zero_point[0])
