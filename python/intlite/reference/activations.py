"""Activations on int8, uint8 or int16 that TFLite computes in integers, element by element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..quantization import Quantization, quantize_multiplier, type_range
from ..runtimes.policy import Policy, RealType
from .fixed_point import (
    multiply_by_quantized_multiplier_gemmlowp,
    round_half_away,
    rounding_divide_by_pot,
    truncate_to_int32,
    wrap_int32,
)

INT16_MIN, INT16_MAX = -(2**15), 2**15 - 1
# HARD_SWISH gives its input seven more bits, and works on +-3 as +-2**15.
HARD_SWISH_LEFT_SHIFT = 7
HARD_SWISH_BOUND = np.float32(3) / np.float32(2**15)


@dataclass(frozen=True, eq=False)
class UnaryParameters:
    """Quantizations of input and output, and their type."""

    input: Quantization
    output: Quantization
    dtype: DTypeLike


def _centred(x: NDArray[Any], p: UnaryParameters) -> NDArray[np.int64]:
    return np.asarray(x.astype(np.int64) - int(p.input.zero_point[0]))


def _stored(rescaled: NDArray[np.int64], p: UnaryParameters) -> NDArray[Any]:
    value = wrap_int32(rescaled + int(p.output.zero_point[0]))
    return np.asarray(np.clip(value, *type_range(p.dtype)).astype(p.dtype))


def rescale_factor(p: UnaryParameters, real: RealType) -> float:
    """input / output.

    Source: LiteRT 2.3.0, tflite/kernels/activations.cc, ReluPrepare; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/activations_common.cc, CalculateReluOpData.
    """
    with np.errstate(over="ignore", under="ignore"):
        return float(real(p.input.scale[0]) / real(p.output.scale[0]))


def _bound(real: float, q: Quantization) -> int:
    """A real bound as a stored value: half away from zero; beyond int32 it wraps."""
    with np.errstate(over="ignore"):
        ratio = np.asarray(np.float32(real) / q.scale[0])
    return int(wrap_int32(truncate_to_int32(round_half_away(ratio)) + int(q.zero_point[0])))


def relu(
    x: NDArray[Any],
    p: UnaryParameters,
    real: RealType,
    lower: float,
    upper: float | None,
) -> NDArray[Any]:
    """Rescaled, then clamped to lower and upper: LiteRT's QuantizedReluX.

    Source: LiteRT 2.3.0, tflite/kernels/activations.cc, QuantizedReluX; LiteRT 2.3.0,
    tflite/kernels/internal/reference/reference_ops.h, ReluX.
    """
    low, high = type_range(p.dtype)
    low = max(low, _bound(lower, p.output))
    high = high if upper is None else min(high, _bound(upper, p.output))
    factor = quantize_multiplier(rescale_factor(p, real))
    rescaled = multiply_by_quantized_multiplier_gemmlowp(_centred(x, p), *factor)
    value = wrap_int32(rescaled + int(p.output.zero_point[0]))
    return np.asarray(np.minimum(np.maximum(value, low), high).astype(p.dtype))


def relu6_without_rescaling(x: NDArray[Any], p: UnaryParameters) -> NDArray[Any]:
    """TFLite Micro's RELU6: it clamps stored values by the input's quantization.

    Source: TFLite Micro 90b983c, tensorflow/lite/micro/kernels/activations.h, Relu6Quantized.
    """
    low, scale = int(p.input.zero_point[0]), p.input.scale[0]
    with np.errstate(over="ignore"):
        six = round_half_away(np.asarray(np.float32(6) / scale)).astype(np.float64)
    high = int(np.clip(truncate_to_int32(six + low), *type_range(p.dtype)))
    # In this order: six beyond int32 is the least.
    value = x.astype(np.int64)
    return np.asarray(np.where(value > high, high, np.maximum(value, low)).astype(p.dtype))


def leaky_relu_factors(p: UnaryParameters, alpha: float, real: RealType) -> tuple[float, float]:
    """Of inputs from 0 up, and of negative ones.

    Source: LiteRT 2.3.0, tflite/kernels/activations.cc, LeakyReluPrepare; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/leaky_relu_common.cc, CalculateOpDataLeakyRelu.
    """
    in_, slope, out = real(p.input.scale[0]), real(np.float32(alpha)), real(p.output.scale[0])
    with np.errstate(over="ignore", under="ignore"):
        return float(in_ / out), float((in_ * slope) / out)


def leaky_relu_ratios(p: UnaryParameters, alpha: float) -> tuple[float, float]:
    """The same in float32, the second made of the first.

    Source: XNNPACK 75db3c0, src/microparams-init.c, xnn_init_qs8_lrelu_scalar_params.
    """
    with np.errstate(over="ignore", under="ignore"):
        ratio = p.input.scale[0] / p.output.scale[0]
        return float(ratio), float(ratio * np.float32(alpha))


def leaky_relu(x: NDArray[Any], p: UnaryParameters, policy: Policy, alpha: float) -> NDArray[Any]:
    """x, or alpha * x where x is negative.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/leaky_relu.h, QuantizeLeakyRelu; LiteRT
    2.3.0, tflite/kernels/internal/optimized/integer_ops/leaky_relu.h, QuantizeLeakyRelu; XNNPACK
    75db3c0, src/qs8-vlrelu/scalar-select.c.in.
    """
    a = _centred(x, p)
    if policy.leaky_relu_fraction:
        multipliers = [int(np.rint(256 * ratio)) for ratio in leaky_relu_ratios(p, alpha)]
        return _stored((a * np.where(a >= 0, *multipliers) + 128) >> 8, p)
    positive, negative = leaky_relu_factors(p, alpha, policy.factor_type)
    # The sign of a negative alpha comes after the rounding, or goes into the multiplier.
    sign = -1 if negative < 0 else 1
    inner = sign if np.dtype(p.dtype) == np.int16 and policy.negates_int16_alpha else 1
    multiplier, shift = quantize_multiplier(abs(negative))
    scaled = multiply_by_quantized_multiplier_gemmlowp(a, inner * multiplier, shift)
    rescaled = np.where(
        a >= 0,
        multiply_by_quantized_multiplier_gemmlowp(a, *quantize_multiplier(positive)),
        sign * inner * scaled,
    )
    return _stored(rescaled, p)


def hard_swish_factors(p: UnaryParameters) -> tuple[float, float]:
    """To the output, and to the gate's fixed point: of the input with seven more bits.

    Source: LiteRT 2.3.0, tflite/kernels/activations.cc, HardSwishPrepare.
    """
    with np.errstate(over="ignore", under="ignore"):
        fine = np.float32(1 / 2**HARD_SWISH_LEFT_SHIFT) * p.input.scale[0]
        return float(fine / p.output.scale[0]), float(fine / HARD_SWISH_BOUND)


def hard_swish(x: NDArray[Any], p: UnaryParameters) -> NDArray[Any]:
    """x * relu6(x + 3) / 6 in 16-bit fixed point: TFLite's HardSwish, the same everywhere.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/hard_swish.h, HardSwish.
    """
    (out, out_shift), (gate, gate_shift) = map(quantize_multiplier, hard_swish_factors(p))
    fine = _centred(x, p) << HARD_SWISH_LEFT_SHIFT
    # The gate runs from -2**15 for x <= -3 to 2**15 - 1 for x >= 3. Of a left shift the
    # last bit comes after the multiply, which would saturate otherwise.
    left = _saturate_int16(fine << max(gate_shift - 1, 0)) if gate_shift > 0 else fine
    product = _doubling_high_mul_int16(left, _to_int16(gate))
    if gate_shift > 0:
        product = _saturate_int16(product << 1)
    else:
        product = _rounding_divide_by_pot_int16(product, -gate_shift)
    gated = (product + 2**15) >> 1
    scaled = _doubling_high_mul_int16(fine, _to_int16(out))
    # SaturatingDoublingHighMul does not round: it truncates towards zero.
    product = gated * scaled
    truncated = np.sign(product) * (np.abs(product) >> 15)
    return _stored(_rounding_divide_by_pot_int16(truncated, -out_shift), p)


def _rounding_divide_by_pot_int16(x: NDArray[np.int64], exponent: int) -> NDArray[np.int64]:
    """gemmlowp's on int16: from 2**16 on, its mask of the remainder has all bits, as -1 has.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, RoundingDivideByPOT.
    """
    if exponent > 15:
        return np.where(x < 0, -1, 1)
    return rounding_divide_by_pot(x, exponent)


def _to_int16(multiplier: int) -> int:
    """A multiplier of 31 bits as one of 15: TFLite's DownScaleInt32ToInt16Multiplier.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.h, DownScaleInt32ToInt16Multiplier.
    """
    return min((multiplier + 2**15) >> 16, INT16_MAX)


def _saturate_int16(x: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(np.clip(x, INT16_MIN, INT16_MAX))


def _doubling_high_mul_int16(x: NDArray[np.int64], multiplier: int) -> NDArray[np.int64]:
    """x * multiplier / 2**15, half up.

    Source: gemmlowp 16e8662, fixedpoint/fixedpoint.h, SaturatingRoundingDoublingHighMul.
    """
    return np.asarray(np.minimum((x * multiplier + 2**14) >> 15, INT16_MAX))


def absolute(x: NDArray[Any], p: UnaryParameters, real: RealType) -> NDArray[Any]:
    """abs(x), rescaled only if the scales differ.

    Source: LiteRT 2.3.0, tflite/kernels/elementwise.cc, AbsEvalQuantized; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/elementwise.cc, AbsEvalQuantized.
    """
    a = np.abs(_centred(x, p))
    if p.input.scale[0] != p.output.scale[0]:
        factor = quantize_multiplier(rescale_factor(p, real))
        a = multiply_by_quantized_multiplier_gemmlowp(a, *factor)
    return _stored(a, p)
