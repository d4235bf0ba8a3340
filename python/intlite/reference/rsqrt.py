"""RSQRT on int8: 1 / sqrt(x) of a quantized value, by Newton's method in fixed point."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..quantization import INT32_MAX, quantize_multiplier, type_range
from .activations import UnaryParameters
from .fixed_point import (
    multiply_by_quantized_multiplier_gemmlowp,
    rounding_divide_by_pot,
    wrap_int32,
)
from .fixed_point import saturating_rounding_doubling_high_mul as multiply
from .gemmlowp import multiply_by_power_of_two

# Bits that an intermediate result has more than the output.
KEPT_BITS = 20
# With 3 integer bits, and without.
ONE, THREE_HALVES, HALF_SQRT_2 = 1 << 28, (1 << 28) + (1 << 27), 1518500250
NEWTON_STEPS = 5


def inverse_sqrt_multiplier(x: int) -> tuple[int, int]:
    """1 / sqrt(x) for 0 < x < 2**29 as (multiplier, shift): multiplier * 2**(shift - 31).

    TFLite's GetInvSqrtQuantizedMultiplierExp.
    """
    if x <= 1:
        return INT32_MAX, 0
    pairs = (32 - x.bit_length() - 1) // 2 - 1
    shift = pairs - 11
    value = x << (2 * pairs) >> 1
    half = int(rounding_divide_by_pot(value, 1))
    y = ONE
    for _ in range(NEWTON_STEPS):
        # y * (3/2 - x/2 * y**2)
        cube = multiply_by_power_of_two(multiply(multiply(y, y), y), 6)
        difference = multiply(THREE_HALVES, y) - multiply(half, cube)
        y = int(multiply_by_power_of_two(wrap_int32(difference), 3))
    multiplier = int(multiply(y, HALF_SQRT_2))
    return (multiplier << shift, 0) if shift > 0 else (multiplier, shift)


def output_factor(p: UnaryParameters) -> float:
    """1 / (sqrt(input scale) * output scale); the product in float32."""
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        return float(np.float64(1) / np.float64(np.sqrt(p.input.scale[0]) * p.output.scale[0]))


def rsqrt(x: NDArray[Any], p: UnaryParameters) -> NDArray[Any]:
    """1 / sqrt(x); the greatest value for 0, and below it, where the runtimes fail."""
    low, high = type_range(p.dtype)
    multiplier, shift = quantize_multiplier(output_factor(p))
    result = multiply_by_quantized_multiplier_gemmlowp(_kept(), multiplier, shift - KEPT_BITS)
    table = np.clip(wrap_int32(result + int(p.output.zero_point[0])), low, high)
    table[0] = high
    centred = x.astype(np.int64) - int(p.input.zero_point[0])
    return np.asarray(table[np.maximum(centred, 0)].astype(p.dtype))


@cache
def _kept() -> NDArray[np.int64]:
    """1 / sqrt(x) for x = 1 to 255, with ``KEPT_BITS`` more bits; 0 for x = 0."""
    factors = [inverse_sqrt_multiplier(value) for value in range(1, 256)]
    multiplier, shift = np.array(factors, np.int64).T
    kept = multiply_by_quantized_multiplier_gemmlowp(1, multiplier, shift + KEPT_BITS)
    return np.concatenate([[0], kept])
