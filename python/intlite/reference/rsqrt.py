"""RSQRT: 1 / sqrt(x) of a quantized value, by Newton's method in fixed point, or by a table."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..quantization import INT32_MAX, quantize_multiplier, type_range
from ..runtimes.policy import RealType
from .activations import UnaryParameters
from .fixed_point import (
    multiply_by_quantized_multiplier_gemmlowp,
    rounding_divide_by_pot,
    wrap_int32,
)
from .fixed_point import saturating_rounding_doubling_high_mul as multiply
from .functions import interpolate, interpolation_table
from .gemmlowp_fixed32 import multiply_by_power_of_two

# Bits that an intermediate result has more than the output.
KEPT_BITS = 20
# With 3 integer bits, and without.
ONE, THREE_HALVES, HALF_SQRT_2 = 1 << 28, (1 << 28) + (1 << 27), 1518500250
NEWTON_STEPS = 5


def inverse_sqrt_multipliers(x: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """1 / sqrt(x) for 0 < x < 2**29 as multiplier * 2**(shift - 31), element by element.

    TFLite's GetInvSqrtQuantizedMultiplierExp.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.h, GetInvSqrtQuantizedMultiplierExp.
    """
    bits = np.frexp(x.astype(np.float64))[1].astype(np.int64)
    pairs = (32 - bits - 1) // 2 - 1
    shift = pairs - 11
    value = (x.astype(np.int64) << (2 * pairs)) >> 1
    half = rounding_divide_by_pot(value, 1)
    y = np.full(x.shape, ONE, np.int64)
    for _ in range(NEWTON_STEPS):
        # y * (3/2 - x/2 * y**2)
        cube = multiply_by_power_of_two(multiply(multiply(y, y), y), 6)
        difference = multiply(THREE_HALVES, y) - multiply(half, cube)
        y = multiply_by_power_of_two(wrap_int32(difference), 3)
    multiplier = multiply(y, HALF_SQRT_2) << np.maximum(shift, 0)
    is_one = x <= 1
    return np.where(is_one, INT32_MAX, multiplier), np.where(is_one, 0, np.minimum(shift, 0))


def output_factor(p: UnaryParameters, real: RealType) -> float:
    """1 / (sqrt(input scale) * output scale), of which only the product is ``real``.

    Source: LiteRT 2.3.0, tflite/kernels/elementwise.cc, SetRsqrtOutputMultiplier; TFLite Micro
    90b983c, tensorflow/lite/micro/kernels/elementwise.cc, SetRsqrtOutputMultiplier.
    """
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        product = np.sqrt(real(p.input.scale[0])) * real(p.output.scale[0])
        return float(np.float64(1) / np.float64(product))


def rsqrt(x: NDArray[Any], p: UnaryParameters, real: RealType) -> NDArray[Any]:
    """1 / sqrt(x); the greatest value for 0, and below it, where the runtimes fail.

    Source: LiteRT 2.3.0, tflite/kernels/elementwise.cc, RsqrtEvalQuantizedInt8; TFLite Micro
    90b983c, tensorflow/lite/micro/kernels/elementwise.cc, RsqrtEvalQuantized.
    """
    low, high = type_range(p.dtype)
    multiplier, shift = quantize_multiplier(output_factor(p, real))
    kept = _kept(high - low)
    result = multiply_by_quantized_multiplier_gemmlowp(kept, multiplier, shift - KEPT_BITS)
    table = np.clip(wrap_int32(result + int(p.output.zero_point[0])), low, high)
    table[0] = high
    centred = x.astype(np.int64) - int(p.input.zero_point[0])
    return np.asarray(table[np.maximum(centred, 0)].astype(p.dtype))


@cache
def _kept(greatest: int) -> NDArray[np.int64]:
    """1 / sqrt(x) for x = 1 to ``greatest``, with ``KEPT_BITS`` more bits; 0 for x = 0."""
    multiplier, shift = inverse_sqrt_multipliers(np.arange(1, greatest + 1))
    kept = multiply_by_quantized_multiplier_gemmlowp(1, multiplier, shift + KEPT_BITS)
    return np.concatenate([[0], kept])


def rsqrt_by_table(x: NDArray[Any], p: UnaryParameters) -> NDArray[Any]:
    """LiteRT's int16 kernel: between entries of a table of 1 / sqrt(x) in float32.

    Source: LiteRT 2.3.0, tflite/kernels/elementwise.cc, RsqrtEvalQuantizedInt16.
    """
    greatest = np.float32(type_range(p.dtype)[1]) * p.output.scale[0]

    def function(real: NDArray[np.float32]) -> NDArray[np.float32]:
        root = np.sqrt(np.where(real > 0, real, np.float32(1)))
        return np.asarray(np.where(real > 0, np.float32(1) / root, greatest))

    return interpolate(x, interpolation_table(p, function))
