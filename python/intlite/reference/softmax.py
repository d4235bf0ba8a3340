"""SOFTMAX on int8 or uint8: gemmlowp's fixed point, or LiteRT's float32 table; int16: tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..quantization import Quantization, quantize_multiplier, type_range
from ..runtimes.policy import Policy, RealType
from . import gemmlowp_fixed32, interpolation, libm
from .fixed_point import (
    multiply_by_quantized_multiplier_gemmlowp,
    round_half_away,
    rounding_divide_by_pot,
    wrap_int32,
)
from .fixed_point import saturating_rounding_doubling_high_mul as mul

DISTANCES = 256
INPUT_BITS = 5  # differences from the maximum, scaled, are Q5.26
SUM_BITS = 12  # sums are Q12.19
ROWS_OF_ELEMENTS = 1 << 16  # rows of so many elements are computed at once


@dataclass(frozen=True, eq=False)
class SoftmaxParameters:
    """Quantizations, output type, and the factor in front of the input."""

    input: Quantization
    output: Quantization
    dtype: DTypeLike
    beta: float


def fixed_point_factor(p: SoftmaxParameters) -> float:
    """beta * scale in Q5.26; the runtimes abort unless it is above 1.

    Source: LiteRT 2.3.0, tflite/kernels/internal/quantization_util.cc, PreprocessSoftmaxScaling.
    """
    factor = float(np.float32(p.beta)) * float(p.input.scale[0]) * (1 << (31 - INPUT_BITS))
    return min(factor, 2.0**31 - 1)


def fixed_table(p: SoftmaxParameters) -> tuple[NDArray[np.int32], int]:
    """exp for each distance below the maximum, and how many distances count at all.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/softmax.h, Softmax.
    """
    multiplier, shift = quantize_multiplier(fixed_point_factor(p))
    radius = ((1 << INPUT_BITS) - 1) * (1 << (31 - INPUT_BITS)) / (1 << shift)
    distances = min(math.floor(radius) + 1, DISTANCES)
    x = np.zeros(DISTANCES, np.int64)
    x[:distances] = -np.arange(distances)
    scaled = mul(wrap_int32(x << shift), multiplier)
    return gemmlowp_fixed32.exp_on_negative_values(scaled, INPUT_BITS).astype(np.int32), distances


def float_table(p: SoftmaxParameters) -> NDArray[np.float32]:
    """exp for each distance, by the C library's float32 function.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h,
    PopulateSoftmaxLookupTable.
    """
    scale = np.float32(-p.input.scale[0]) * np.float32(p.beta)
    return libm.apply("exp", scale * np.arange(DISTANCES).astype(np.float32))


def softmax(x: NDArray[Any], p: SoftmaxParameters, fixed_point: bool) -> NDArray[Any]:
    """Along the last dimension.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/softmax.h, Softmax; LiteRT 2.3.0,
    tflite/kernels/internal/optimized/optimized_ops.h, Softmax.
    """
    distance = x.max(-1, keepdims=True).astype(np.int64) - x.astype(np.int64)
    rows = distance.reshape(-1, x.shape[-1])
    some = max(1, ROWS_OF_ELEMENTS // x.shape[-1])
    of_rows = _fixed_rows if fixed_point else _float_rows
    table: Any = fixed_table(p) if fixed_point else float_table(p)
    y = np.empty(rows.shape, p.dtype)
    for first in range(0, len(rows), some):
        y[first : first + some] = of_rows(rows[first : first + some], table, p).clip(
            *type_range(p.dtype)
        )
    return y.reshape(x.shape)


def _fixed_rows(
    distance: NDArray[np.int64], table: tuple[NDArray[np.int32], int], p: SoftmaxParameters
) -> NDArray[np.int64]:
    low, high = type_range(p.dtype)
    bits = (high - low).bit_length()
    exps, distances = table
    counts = distance < distances
    exp = exps[distance].astype(np.int64)
    terms = np.where(counts, rounding_divide_by_pot(exp, SUM_BITS), 0)
    total = terms.sum(-1, keepdims=True) & 0xFFFFFFFF
    headroom = 32 - np.frexp(total.astype(np.float64))[1].astype(np.int64)  # its leading zeros
    shifted = wrap_int32((total << headroom) - (1 << 31))
    product = mul(gemmlowp_fixed32.one_over_one_plus(shifted), exp)
    # Beyond 31, of which sums of thousands of maxima are capable, the runtimes' is not defined.
    exponent = np.clip(SUM_BITS - headroom + 31 - bits, 0, 31)
    stored = rounding_divide_by_pot(product, exponent) + low
    return np.asarray(np.where(counts, np.clip(stored, low, high), low))


def _float_rows(
    distance: NDArray[np.int64], table: NDArray[np.float32], p: SoftmaxParameters
) -> NDArray[np.int64]:
    exp = table[distance]
    # In order: float32 sums depend on it.
    total = np.add.accumulate(exp, axis=-1, dtype=np.float32)[:, -1:]
    probability = exp * (np.float32(1) / (total * p.output.scale[0]).astype(np.float32))
    if np.dtype(p.dtype) == np.uint8:
        return np.asarray(np.trunc(probability + np.float32(0.5)), np.int64)
    return round_half_away(probability).astype(np.int64) + int(p.output.zero_point[0])


# --------------------------------------------------------------------- int16

# The table of exp goes down to here, over all of the codes.
LEAST = -10.0
CODES = 2**16 - 1


@cache
def int16_tables(single: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of exp(x) for x in [-10, 0], and of 1 / (1 + x) for x in [0, 1], in float32 or double.

    Source: LiteRT 2.3.0, tflite/kernels/activations.cc, SoftmaxPrepare; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/softmax_common.cc, InitializeLutForInt16.
    """
    real: Any = np.float32 if single else np.float64
    output = (float(real(2) / real(CODES)), 0)
    exp: Callable[[Any], Any] = _exp_single if single else _exp_double
    of_exp = float(real(-LEAST) / real(CODES)), 2**15 - 1
    of_reciprocal = float(real(1) / real(CODES)), -(2**15)
    return (
        interpolation.populate(exp, of_exp, output, real),
        interpolation.populate(lambda x: real(1) / (real(1) + x), of_reciprocal, output, real),
    )


def _exp_single(x: NDArray[Any]) -> NDArray[np.float32]:
    return libm.apply("exp", x)


def _exp_double(x: NDArray[Any]) -> NDArray[np.float64]:
    return np.array([math.exp(v) for v in x.tolist()])


def int16_factor(p: SoftmaxParameters, real: RealType) -> float:
    """beta * scale in steps of the table of exp.

    Source: LiteRT 2.3.0, tflite/kernels/activations.cc, SoftmaxPrepare; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/softmax_common.cc, CalculateSoftmaxParams.
    """
    with np.errstate(over="ignore", under="ignore"):
        product = float(real(np.float32(p.beta)) * real(p.input.scale[0]))
    return product / (-LEAST / CODES)


def softmax_int16(x: NDArray[Any], p: SoftmaxParameters, policy: Policy) -> NDArray[Any]:
    """int16 to int16, along the last dimension: TFLite's SoftmaxInt16.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/softmax.h, SoftmaxInt16.
    """
    exp, reciprocal = int16_tables(policy.softmax_tables is np.float32)
    distance = x.astype(np.int64) - x.max(-1, keepdims=True).astype(np.int64)
    factor = quantize_multiplier(int16_factor(p, policy.factor_type))
    scaled = multiply_by_quantized_multiplier_gemmlowp(distance, *factor)
    exps = interpolation.look_up(np.clip(scaled + 2**15 - 1, -(2**15), 2**15 - 1), exp)
    total = exps.sum(-1, keepdims=True)
    headroom = 32 - np.frexp(total.astype(np.float64))[1].astype(np.int64)
    # One plus a fraction, of which the 16 highest bits count.
    fraction = ((total << (headroom - 1)) + (1 << 13)) >> 14
    position = np.clip(fraction - (1 << 15) - (1 << 16), -(2**15), 2**15 - 1)
    shift = 31 - headroom
    product = exps * interpolation.look_up(position, reciprocal)
    rounded = (product + (np.int64(1) << (shift - 1))) >> shift
    return np.asarray(np.clip(rounded, 0, 2**15 - 1).astype(np.int16))
