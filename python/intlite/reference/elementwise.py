"""Binary operators on int8, uint8 or int16, element by element; operands broadcast.

``..._in_blocks`` is the vector code of LiteRT's optimized kernels, for the elements
in whole blocks: see ``broadcast``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..quantization import Quantization, activation_range, quantize_multiplier
from ..runtimes.policy import Policy, RealType
from . import requantize
from .fixed_point import (
    log2_of_power,
    multiply_by_quantized_multiplier_gemmlowp,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
    wrap_int32,
)

# Headroom that TFLite gives the operands of 8-bit sums: 255 << 20 is below 2**28.
ADD_LEFT_SHIFT = 20
# And those of int16 sums.
ADD_LEFT_SHIFT_INT16 = 15
SQUARED_DIFFERENCE_LEFT_SHIFT = 7
COMPARISON_LEFT_SHIFT = 8


@dataclass(frozen=True, eq=False)
class BinaryParameters:
    """Quantizations of the operands and the output, fused activation, output type."""

    left: Quantization
    right: Quantization
    output: Quantization
    activation: str
    dtype: DTypeLike


def centred(x: NDArray[Any], q: Quantization) -> NDArray[np.int64]:
    return np.asarray(x.astype(np.int64) - int(q.zero_point[0]))


def _stored(
    rescaled: NDArray[np.int64], p: BinaryParameters, half_even_bounds: bool = False
) -> NDArray[Any]:
    """With the output's zero point, clamped to what the activation leaves of the type."""
    low, high = activation_range(p.activation, p.output, p.dtype, half_even_bounds)
    value = wrap_int32(rescaled + int(p.output.zero_point[0]))
    return np.asarray(np.clip(value, low, high).astype(p.dtype))


def _stored_in_blocks(rescaled: NDArray[np.int64], p: BinaryParameters) -> NDArray[Any]:
    """As ``_stored``, by vector code: adding the zero point wraps at 16 bits."""
    low, high = activation_range(p.activation, p.output, p.dtype, half_even=False)
    value = ((rescaled + int(p.output.zero_point[0]) + 2**15) & 0xFFFF) - 2**15
    return np.asarray(np.clip(value, low, high).astype(p.dtype))


# --------------------------------------------------------------- ADD and SUB


def add_left_shift(p: BinaryParameters) -> int:
    """Source: LiteRT 2.3.0, tflite/kernels/add.cc, Prepare."""
    return ADD_LEFT_SHIFT_INT16 if np.dtype(p.dtype) == np.int16 else ADD_LEFT_SHIFT


def add_factors(p: BinaryParameters) -> tuple[float, float, float]:
    """Of the left and right operand and of the sum: doubles, relative to the greater operand.

    Source: LiteRT 2.3.0, tflite/kernels/add.cc, Prepare; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/add_common.cc, CalculateOpDataAdd.
    """
    left, right, out = (float(q.scale[0]) for q in (p.left, p.right, p.output))
    twice = 2 * max(left, right)
    return left / twice, right / twice, twice / (2.0 ** add_left_shift(p) * out)


def add(
    x: NDArray[Any], y: NDArray[Any], p: BinaryParameters, policy: Policy, sign: int = 1
) -> NDArray[Any]:
    """x + sign * y: TFLite's AddElementwise and SubElementwise, and XNNPACK's vadd.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/add.h, AddElementwise;
    LiteRT 2.3.0, tflite/kernels/internal/reference/sub.h, SubElementwise; XNNPACK 75db3c0,
    src/qs8-vadd/scalar.c.in.
    """
    a, b = centred(x, p.left), centred(y, p.right)
    if policy.sum_rounds_once:
        return _stored(_add_rounded_once(a, b, p, sign), p, policy.half_even_bounds)
    left, right, out = map(quantize_multiplier, add_factors(p))
    headroom = add_left_shift(p)
    total = multiply_by_quantized_multiplier_gemmlowp(
        a << headroom, *left
    ) + sign * multiply_by_quantized_multiplier_gemmlowp(b << headroom, *right)
    rescaled = multiply_by_quantized_multiplier_gemmlowp(total, *out)
    return _stored(rescaled, p, policy.half_even_bounds)


def power_of_two_shifts(p: BinaryParameters) -> tuple[int, int] | None:
    """How far LiteRT shifts the operands of an int16 sum with potScaleInt16, if it can.

    All scales must be powers of two, within a thousandth of an exponent, and one
    operand's that of the output, the other's none above.

    Source: LiteRT 2.3.0, tflite/kernels/add.cc, Prepare; LiteRT 2.3.0, tflite/kernels/sub.cc,
    PrepareInt16SubOpPOT.
    """
    left, right, out = (log2_of_power(float(q.scale[0])) for q in (p.left, p.right, p.output))
    if left is None or right is None or out is None or max(left, right) != out:
        return None
    return out - left, out - right


def add_powers_of_two(
    x: NDArray[Any], y: NDArray[Any], p: BinaryParameters, shifts: tuple[int, int], sign: int
) -> NDArray[Any]:
    """x + sign * y on the output's scale: LiteRT's int16 Add and Sub16.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/add.h, Add; LiteRT 2.3.0,
    tflite/kernels/internal/reference/reference_ops.h, Sub16.
    """
    a = rounding_divide_by_pot(x, shifts[0])
    b = rounding_divide_by_pot(y, shifts[1])
    return _stored(a + sign * b, p)


def sum_factors(p: BinaryParameters, sign: int) -> tuple[int, int, int]:
    """Of the operands, 21 bits for the greater one, and the shift of their sum.

    Source: XNNPACK 75db3c0, src/microparams-init.c, xnn_init_qs8_add_minmax_scalar_params.
    """
    ratios = [q.scale[0] / p.output.scale[0] for q in (p.left, p.right)]
    shift = 20 - (int(np.frexp(max(ratios))[1]) - 1)
    left, right = (int(np.rint(np.ldexp(ratio, shift))) for ratio in ratios)
    return left, sign * right, shift


def _add_rounded_once(
    a: NDArray[np.int64], b: NDArray[np.int64], p: BinaryParameters, sign: int
) -> NDArray[np.int64]:
    """One rounding, half up.

    Source: XNNPACK 75db3c0, src/qs8-vadd/scalar.c.in.
    """
    left, right, shift = sum_factors(p, sign)
    return wrap_int32(a * left + b * right + (1 << (shift - 1))) >> shift


def add_in_blocks(
    x: NDArray[Any], y: NDArray[Any], p: BinaryParameters, merged: bool
) -> NDArray[Any]:
    """The vector code of ADD, which rounds the operands once only.

    The sum of 8-bit operands is cut to 16 bits, so one far outside of the type's range
    comes back in.
    ``merged``: the two shifts of an operand are made as one, before the multiply (int8
    with two varying operands, int16); otherwise it is shifted back afterwards, rounded down.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/integer_ops/add.h, AddElementwiseInt8,
    AddElementwiseInt16 and AddScalarBroadcast; LiteRT 2.3.0,
    tflite/kernels/internal/optimized/optimized_ops.h, AddElementwise and AddScalarBroadcast.
    """
    headroom = add_left_shift(p)
    left, right, out = map(quantize_multiplier, add_factors(p))

    def operand(value: NDArray[np.int64], factor: tuple[int, int]) -> NDArray[np.int64]:
        multiplier, shift = factor
        if not merged:
            shifted = value << headroom
            return saturating_rounding_doubling_high_mul(shifted, multiplier) >> -shift
        shift += headroom
        shifted = value << shift if shift >= 0 else value >> -shift
        return saturating_rounding_doubling_high_mul(shifted, multiplier)

    total = operand(centred(x, p.left), left) + operand(centred(y, p.right), right)
    product = saturating_rounding_doubling_high_mul(total, out[0])
    rescaled = rounding_divide_by_pot(product, -out[1])
    if np.dtype(p.dtype) == np.int16:
        return _stored(rescaled, p)
    return _stored_in_blocks(rescaled, p)


# ----------------------------------------------------------------------- MUL


def mul_factor(p: BinaryParameters, real: RealType) -> float:
    """left * right / output.

    Source: LiteRT 2.3.0, tflite/kernels/mul.cc, Prepare; XNNPACK 75db3c0, src/microparams-init.c,
    xnn_init_qs8_mul_minmax_scalar_params.
    """
    left, right, out = (real(q.scale[0]) for q in (p.left, p.right, p.output))
    with np.errstate(over="ignore", under="ignore"):
        return float((left * right) / out)


def mul(x: NDArray[Any], y: NDArray[Any], p: BinaryParameters, policy: Policy) -> NDArray[Any]:
    """x * y: TFLite's MulElementwise, and XNNPACK's vmul with its float32 product.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/mul.h, MulElementwise;
    XNNPACK 75db3c0, src/qs8-vmul/scalar.c.in.
    """
    product = centred(x, p.left) * centred(y, p.right)
    factor = np.asarray(mul_factor(p, policy.factor_type))
    activation = activation_range(p.activation, p.output, p.dtype, policy.half_even_bounds)
    return requantize.stored(product, factor, policy.product, p.output, activation, p.dtype)


def mul_in_blocks(
    x: NDArray[Any], y: NDArray[Any], p: BinaryParameters, saturates: bool
) -> NDArray[Any]:
    """The vector code of MUL: rounded like the rest, but in 16 bits from then on.

    ``saturates``: cut to 16 bits by saturation; not so for uint8 with one operand
    constant in a run.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/integer_ops/mul.h, MulElementwise and
    MulSimpleBroadcast; LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h,
    MulElementwise and MulSimpleBroadcast.
    """
    product = centred(x, p.left) * centred(y, p.right)
    multiplier, shift = quantize_multiplier(mul_factor(p, np.float32))
    if shift >= 32:  # vector shifts leave nothing; the scalar ones count modulo 32
        product, shift = np.zeros_like(product), 0
    rescaled = multiply_by_quantized_multiplier_gemmlowp(product, multiplier, shift)
    if saturates:
        rescaled = np.clip(rescaled, -(2**15), 2**15 - 1)
    return _stored_in_blocks(rescaled, p)


# -------------------------------------------------- SQUARED_DIFFERENCE, PRELU


def _squared_difference_left_shift(p: BinaryParameters) -> int:
    return 0 if np.dtype(p.dtype) == np.int16 else SQUARED_DIFFERENCE_LEFT_SHIFT


def squared_difference_factors(p: BinaryParameters) -> tuple[float, float, float]:
    """Of the left and right operand and of the square, relative to the greater operand.

    Source: LiteRT 2.3.0, tflite/kernels/squared_difference.cc, Prepare.
    """
    left, right, out = (float(q.scale[0]) for q in (p.left, p.right, p.output))
    twice = 2 * max(left, right)
    headroom = 2.0 ** (2 * _squared_difference_left_shift(p))
    return left / twice, right / twice, twice * twice / (headroom * out)


def squared_difference(
    x: NDArray[Any], y: NDArray[Any], p: BinaryParameters, policy: Policy
) -> NDArray[Any]:
    """(x - y)**2: TFLite's SquaredDifference, the same in all runtimes.

    Source: LiteRT 2.3.0, tflite/kernels/squared_difference.cc, SquaredDifference.
    """
    left, right, out = map(quantize_multiplier, squared_difference_factors(p))
    headroom = _squared_difference_left_shift(p)
    a, b = centred(x, p.left) << headroom, centred(y, p.right) << headroom
    difference = multiply_by_quantized_multiplier_gemmlowp(
        a, *left
    ) - multiply_by_quantized_multiplier_gemmlowp(b, *right)
    # Of int16 it is up to 65534, whose square wraps.
    squared = wrap_int32(difference * difference)
    rescaled = multiply_by_quantized_multiplier_gemmlowp(squared, *out)
    return _stored(rescaled, p, policy.half_even_bounds)


def prelu_factors(p: BinaryParameters) -> tuple[float, float]:
    """Of inputs from 0 up, and of negative ones times their slope; float32 everywhere.

    Source: LiteRT 2.3.0, tflite/kernels/activations.cc, PreluPrepare.
    """
    in_, slope, out = p.left.scale[0], p.right.scale[0], p.output.scale[0]
    with np.errstate(over="ignore", under="ignore"):
        return float(in_ / out), float((in_ * slope) / out)


def prelu(x: NDArray[Any], y: NDArray[Any], p: BinaryParameters, policy: Policy) -> NDArray[Any]:
    """x, or x times its slope y where x is negative.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/prelu.h, Prelu.
    """
    positive, negative = map(quantize_multiplier, prelu_factors(p))
    a = centred(x, p.left)
    rescaled = np.where(
        a >= 0,
        multiply_by_quantized_multiplier_gemmlowp(a, *positive),
        multiply_by_quantized_multiplier_gemmlowp(a * centred(y, p.right), *negative),
    )
    return _stored(rescaled, p, policy.half_even_bounds)


# --------------------------------------------------------------- comparisons


def comparable(x: NDArray[Any], q: Quantization) -> NDArray[np.int64]:
    """What a quantized comparison looks at: 256 times the real value, as an integer.

    TFLite's ComparisonWithScaling: each side by its own scale, rounded twice.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/comparisons.h, ComparisonWithScaling.
    """
    shifted = centred(x, q) << COMPARISON_LEFT_SHIFT
    return multiply_by_quantized_multiplier_gemmlowp(
        shifted, *quantize_multiplier(float(q.scale[0]))
    )
