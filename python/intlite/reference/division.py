"""DIV on int8 or uint8: the dividend by a reciprocal in gemmlowp's fixed point."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..quantization import activation_range, quantize_multiplier
from . import gemmlowp_fixed32
from .elementwise import BinaryParameters, centred
from .fixed_point import rounding_divide_by_pot, wrap_int32
from .fixed_point import saturating_rounding_doubling_high_mul as multiply

# Above, the last shift of some quotients would go to the left.
MAX_SHIFT = 23


def factor(p: BinaryParameters) -> float:
    """left / (right * output), in float32.

    Source: LiteRT 2.3.0, tflite/kernels/div.cc, Prepare.
    """
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        return float(p.left.scale[0] / np.float32(p.right.scale[0] * p.output.scale[0]))


def divide(x: NDArray[Any], y: NDArray[Any], p: BinaryParameters) -> NDArray[Any]:
    """x / y: TFLite's DivElementwise; by 0 the end of the type that x points to.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/div.h, DivElementwise.
    """
    low, high = activation_range(p.activation, p.output, p.dtype, half_even=False)
    a, b = np.broadcast_arrays(centred(x, p.left), centred(y, p.right))
    a, divisor = np.where(b < 0, -a, a), np.where(b == 0, 1, np.abs(b))
    multiplier, shift = quantize_multiplier(factor(p))
    bits = np.frexp(divisor.astype(np.float64))[1]  # significant ones
    reciprocal = gemmlowp_fixed32.one_over_one_plus(wrap_int32((divisor << (32 - bits)) - 2**31))
    # As many as keep the sign; one more for negative powers of two.
    headroom = 31 - np.frexp(np.where(a < 0, -a - 1, a).astype(np.float64))[1]
    quotient = multiply(multiply(wrap_int32(a << headroom), reciprocal), multiplier)
    value = wrap_int32(rounding_divide_by_pot(quotient, headroom + bits - 1 - shift))
    value = wrap_int32(value + int(p.output.zero_point[0]))
    saturated = np.where(a > 0, 2**31, np.where(a < 0, -(2**31), int(p.output.zero_point[0])))
    value = np.where(b == 0, saturated, value)
    return np.asarray(np.minimum(np.maximum(value, low), high).astype(p.dtype))
