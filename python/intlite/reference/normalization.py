"""L2_NORMALIZATION and LOG_SOFTMAX on int8 or uint8, along the last dimension."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..quantization import quantize_multiplier, type_range
from . import gemmlowp_fixed32, libm
from .activations import UnaryParameters
from .fixed_point import (
    INT32_MAX,
    INT32_MIN,
    multiply_by_quantized_multiplier_gemmlowp,
    rounding_divide_by_pot,
    wrap_int32,
)
from .fixed_point import saturating_rounding_doubling_high_mul as multiply
from .rsqrt import inverse_sqrt_multipliers

DISTANCES = 256
INPUT_BITS = 5  # differences from the maximum, scaled, are Q5.26
SUM_BITS = 12  # sums are Q12.19
SQRT_HALF, LOG_2, FIRST, SECOND = 1518500250, 1488522236, 1805811301, 117049297
THIRD, FOURTH, FIFTH = 1057819769, 127690142, 638450708


def l2_normalization(x: NDArray[Any], p: UnaryParameters) -> NDArray[Any]:
    """x / sqrt(sum of squares), in 1/128; uint8 rounds a product that int8 shifts first.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/l2normalization.h,
    L2Normalization; LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h,
    L2Normalization.
    """
    low, high = type_range(p.dtype)
    centred = x.astype(np.int64) - int(p.input.zero_point[0])
    sums = wrap_int32((centred * centred).sum(-1, keepdims=True))
    multiplier, shift = inverse_sqrt_multipliers(sums)
    if np.dtype(p.dtype) == np.int8:
        value = multiply_by_quantized_multiplier_gemmlowp(centred, multiplier, shift + 7)
    else:
        value = multiply_by_quantized_multiplier_gemmlowp(128 * centred, multiplier, shift) + 128
    return np.asarray(np.clip(value, low, high).astype(p.dtype))


def log_softmax_factor(p: UnaryParameters) -> float:
    """The input's scale in Q5.26; the runtimes abort unless it is above 1.

    Source: LiteRT 2.3.0, tflite/kernels/internal/quantization_util.cc,
    PreprocessLogSoftmaxScalingExp.
    """
    return min(float(p.input.scale[0]) * (1 << (31 - INPUT_BITS)), 2.0**31 - 1)


def log_softmax(x: NDArray[Any], p: UnaryParameters, fixed_point: bool) -> NDArray[Any]:
    """x - log(sum of exp(x)), in 1/16 below the greatest value of the type.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/log_softmax.h, LogSoftmax;
    LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h, LogSoftmax.
    """
    low, high = type_range(p.dtype)
    rows = x.reshape(-1, x.shape[-1]).astype(np.int64)
    values = _fixed_rows(rows, p) if fixed_point else _float_rows(rows, p)
    return np.clip(values + high, low, high).reshape(x.shape).astype(p.dtype)


def log_softmax_exponentials(p: UnaryParameters) -> NDArray[np.float32]:
    """exp for each distance from the greatest value, by the C library's float32 function.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h,
    PopulateSoftmaxLookupTable.
    """
    return libm.apply("exp", -p.input.scale[0] * np.arange(DISTANCES).astype(np.float32))


def _float_rows(rows: NDArray[np.int64], p: UnaryParameters) -> NDArray[np.int64]:
    scale, out = p.input.scale[0], p.output.scale[0]
    table = log_softmax_exponentials(p)
    greatest = rows.max(-1, keepdims=True)
    exps = table[greatest - rows]
    total = np.zeros(len(rows), np.float32)
    for column in exps.T:  # in order: float32 sums depend on it
        total = total + column
    log = np.array([math.log(t) for t in total.tolist()]).astype(np.float32)[:, None]
    moved = np.asarray((scale * greatest.astype(np.float32) + log) / out, np.float32)
    return np.asarray(np.rint(scale / out * rows.astype(np.float32) - moved).astype(np.int64))


@dataclass(frozen=True, eq=False)
class LogSoftmaxTables:
    """By the distance from a row's greatest value, in fixed point.

    Attributes:
        scaled: In Q5.26.
        exponentials: As Q12.19; 0 below ``least``.
        least: The farthest distance that counts, as a negative number.
        reverse: From Q5.26 to distances.
    """

    scaled: NDArray[np.int32]
    exponentials: NDArray[np.int32]
    least: int
    reverse: tuple[int, int]


def log_softmax_tables(p: UnaryParameters) -> LogSoftmaxTables:
    """What a row's values are looked up in.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/log_softmax.h, LogSoftmax.
    """
    multiplier, shift = quantize_multiplier(log_softmax_factor(p))
    reverse = quantize_multiplier((1 << (31 - shift)) / multiplier)
    radius = ((1 << INPUT_BITS) - 1) * (1 << (31 - INPUT_BITS)) / (1 << shift)
    least = max(-math.floor(radius), -DISTANCES)
    distance = -np.arange(DISTANCES)
    counts = distance >= least
    scaled = multiply(wrap_int32(np.where(counts, distance, 0) << shift), multiplier)
    exps = rounding_divide_by_pot(
        gemmlowp_fixed32.exp_on_negative_values(scaled, INPUT_BITS), SUM_BITS
    )
    exponentials = np.where(counts, exps, 0)
    return LogSoftmaxTables(scaled.astype(np.int32), exponentials.astype(np.int32), least, reverse)


def _fixed_rows(rows: NDArray[np.int64], p: UnaryParameters) -> NDArray[np.int64]:
    tables = log_softmax_tables(p)
    distance = rows.max(-1, keepdims=True) - rows
    sums = wrap_int32(tables.exponentials[distance].astype(np.int64).sum(-1))
    logs = log_from_one(sums)[:, None]
    # Below this the result is the least value whatever it is.
    limit = multiply_by_quantized_multiplier_gemmlowp(wrap_int32(logs + INT32_MIN), *tables.reverse)
    scaled = tables.scaled[distance].astype(np.int64)
    value = rounding_divide_by_pot(wrap_int32(scaled - logs), 31 - INPUT_BITS - 4)
    return np.asarray(np.where(-distance > np.maximum(limit, tables.least - 1), value, -256))


def log_from_one(raw: NDArray[np.int64]) -> NDArray[np.int64]:
    """log(x) for x >= 1 in Q12.19, as Q5.26: TFLite's log_x_for_x_greater_than_or_equal_to_1.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.h,
    log_x_for_x_greater_than_or_equal_to_1_impl.
    """

    def saturate(value: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.clip(value, INT32_MIN, INT32_MAX)

    def bits(value: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.frexp(np.abs(value).astype(np.float64))[1].astype(np.int64)

    accumulator = INPUT_BITS + 1
    quarter = int(rounding_divide_by_pot(1 << 29, accumulator))
    zeros = 32 - bits(raw)
    # Two ways to write x as 2**z * r with r near 1: the one that has r below sqrt(1/2) wins.
    r_1 = saturate(multiply(saturate(raw << np.maximum(zeros - 1, 0)), SQRT_HALF) << 1)
    z_1 = saturate(saturate((SUM_BITS - zeros) << (31 - accumulator)) + quarter)
    zeros = 31 - bits(multiply(raw, SQRT_HALF))
    r_2 = saturate(raw << zeros)
    z_2 = saturate(saturate((SUM_BITS - zeros) << (31 - accumulator)) - quarter)
    r, z = np.minimum(r_1, r_2), np.maximum(z_1, z_2)
    total = r + FIRST
    half = np.where(total >= 0, (total + 1) >> 1, -((1 - total) >> 1))
    q = wrap_int32(2 * (r - FIRST))
    square = multiply(q, q)
    numerator = wrap_int32(multiply(q, r) + multiply(multiply(q, square), SECOND))
    inner = wrap_int32(THIRD + q + multiply(FOURTH, square))
    denominator = wrap_int32(multiply(half, inner) + multiply(FIFTH, q))
    reciprocal = gemmlowp_fixed32.one_over_one_plus(denominator)
    fraction = multiply(rounding_divide_by_pot(numerator, accumulator), reciprocal)
    return saturate(wrap_int32(multiply(z, LOG_2) + fraction) << 1)
