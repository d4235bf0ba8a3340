"""Functions of real numbers on int8, uint8 or int16: LOGISTIC, TANH, ELU, EXP, LOG, SQRT and GELU.

The runtimes evaluate all 256 values into a table, in float32 or double, and of int16
513 values, with lines in between;
TFLite Micro's LOGISTIC and TANH compute in fixed point.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..quantization import type_range
from ..runtimes.policy import Policy
from . import gemmlowp_fixed32, interpolation
from .activations import UnaryParameters
from .fixed_point import (
    multiply_by_quantized_multiplier_gemmlowp,
    round_half_away,
    rounding_divide_by_pot,
    truncate_to_int32,
    wrap_int32,
)
from .libm import apply

Real = NDArray[np.float32]
Function = Callable[[Real], Real]
# TFLite Micro's LOGISTIC and TANH see their input with this many integer bits.
INPUT_INTEGER_BITS = 4
ONE, HALF = np.float32(1), np.float32(0.5)


def logistic(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/activations.cc, SigmoidPrepare."""
    return np.asarray(ONE / (ONE + apply("exp", -x)), np.float32)


def logistic_in_double(x: Real) -> Real:
    """Rounded once; beyond 100 it is 0 or 1.

    Source: XNNPACK 75db3c0, src/reference/unary-elementwise.cc, SigmoidOp.
    """
    exponentials = [math.exp(max(min(v, 100.0), -100.0)) for v in x.ravel().tolist()]
    double = np.reshape(np.array([e / (1 + e) for e in exponentials]), x.shape)
    inside = np.where(x < -100, 0.0, np.where(x > 100, 1.0, double))
    return inside.astype(np.float32)


def tanh(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/activations.cc, TanhPrepare; XNNPACK 75db3c0,
    src/reference/unary-elementwise.cc, TanHOp.
    """
    return apply("tanh", x)


def elu(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/activations.cc, EluPrepare; XNNPACK 75db3c0,
    src/reference/unary-elementwise.cc, ELUOp.
    """
    return np.where(x < 0, apply("expm1", np.minimum(x, np.float32(0))), x)


def elu_by_exp(x: Real) -> Real:
    """As TFLite Micro has it: exp(x) - 1, which loses what expm1 keeps of small x.

    Source: TFLite Micro 90b983c, tensorflow/lite/micro/kernels/elu.cc, EluPrepare.
    """
    return np.where(x < 0, apply("exp", np.minimum(x, np.float32(0))) - ONE, x)


def exp(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/exp.cc, Prepare."""
    return apply("exp", x)


def log(x: Real, least: np.float32) -> Real:
    """log(x), and ``least`` where there is none.

    Source: LiteRT 2.3.0, tflite/kernels/elementwise.cc, LogLUTPrepare.
    """
    return np.where(x > 0, apply("log", np.where(x > 0, x, ONE)), least)


def gelu(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/internal/reference/gelu.h, GeluTransform."""
    tail = apply("erfc", np.asarray(x * np.float32(-math.sqrt(0.5)), np.float32))
    return np.asarray(HALF * x * tail, np.float32)


def gelu_approximate(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/internal/reference/gelu.h, GeluTransformApproximate."""
    inner = np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * x * x * x)
    return np.asarray(HALF * x * (ONE + apply("tanh", np.asarray(inner, np.float32))), np.float32)


def evaluate(
    x: NDArray[Any], p: UnaryParameters, policy: Policy, function: Function
) -> NDArray[Any]:
    """The function of the real value, stored.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.h, LUTPopulateInt8; XNNPACK 75db3c0,
    src/reference/unary-elementwise.cc, unary_ukernel_quantized.
    """
    low, high = type_range(p.dtype)
    zero_point = np.float32(p.output.zero_point[0])
    with np.errstate(all="ignore"):
        inverse = ONE / p.output.scale[0]
        real = (x.astype(np.int64) - int(p.input.zero_point[0])).astype(np.float32)
        scaled = function(real * p.input.scale[0]) * inverse
        if policy.half_even_functions:
            value = np.rint(scaled + zero_point)
        else:
            value = round_half_away(scaled) + zero_point
            # In C what does not fit int32 is not defined: LiteRT as built saturates int8.
            if policy.wraps_int8_functions or np.dtype(p.dtype) != np.int8:
                value = truncate_to_int32(value)
    return np.asarray(np.clip(np.where(np.isnan(value), 0, value), low, high).astype(p.dtype))


def sqrt(x: NDArray[Any], p: UnaryParameters) -> NDArray[Any]:
    """The root in float32, cut off, then the zero point; int16 too: no table with lines.

    LiteRT fails below zero, which counts as zero here.

    Source: LiteRT 2.3.0, tflite/kernels/elementwise.cc, SqrtEvalQuantized.
    """
    low, high = type_range(p.dtype)
    centred = np.maximum(x.astype(np.int64) - int(p.input.zero_point[0]), 0)
    with np.errstate(over="ignore"):
        root = np.sqrt(p.input.scale[0] * centred.astype(np.float32)) / p.output.scale[0]
    value = wrap_int32(truncate_to_int32(root).astype(np.int64) + int(p.output.zero_point[0]))
    return np.asarray(np.clip(value, low, high).astype(p.dtype))


def interpolation_table(p: UnaryParameters, function: Function) -> NDArray[np.int64]:
    """Of LiteRT's int16 kernels.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.h, LUTPopulateInt16.
    """
    input_, output = ((float(q.scale[0]), int(q.zero_point[0])) for q in (p.input, p.output))
    return interpolation.populate(function, input_, output, np.float32)


def interpolate(x: NDArray[Any], table: NDArray[np.int64]) -> NDArray[Any]:
    """Source: LiteRT 2.3.0, tflite/kernels/internal/common.h, LUTLookup."""
    return np.asarray(interpolation.look_up(x, table).astype(np.int16))


def fixed_point(
    x: NDArray[Any], p: UnaryParameters, function: Callable[[Any, int], Any], bits: int, offset: int
) -> NDArray[Any]:
    """LOGISTIC or TANH of TFLite Micro, whatever the output's quantization says.

    ``bits``: of the result that are dropped; ``offset``: added to what remains.

    Source: TFLite Micro 90b983c, tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h,
    Logistic; TFLite Micro 90b983c, tensorflow/lite/kernels/internal/reference/integer_ops/tanh.h,
    Tanh.
    """
    low, high = type_range(p.dtype)
    factor = float(p.input.scale[0]) * 2.0 ** (31 - INPUT_INTEGER_BITS)
    significand, shift = math.frexp(factor)
    multiplier = math.floor(significand * 2.0**31 + 0.5)
    centred = x.astype(np.int64) - int(p.input.zero_point[0])
    radius = input_radius(shift)
    inside = np.clip(centred, min(-radius, 0), max(radius, 0))
    raw = function(
        multiply_by_quantized_multiplier_gemmlowp(inside, multiplier, shift), INPUT_INTEGER_BITS
    )
    value = np.clip(rounding_divide_by_pot(raw, bits) + offset, low, high)
    value = np.where(centred <= -radius, low, np.where(centred >= radius, high, value))
    return np.asarray(value.astype(p.dtype))


def input_radius(shift: int) -> int:
    """From where on the result saturates: TFLite's CalculateInputRadius.

    Its ``1LL << shift`` counts modulo 64, as x86's does, if scales below 2**-28 make
    the shift negative.

    Source: TFLite Micro 90b983c, tensorflow/lite/kernels/internal/quantization_util.cc,
    CalculateInputRadius.
    """
    power = 1 << (shift % 64)
    power = power - 2**64 if power == 2**63 else power
    largest = ((1 << INPUT_INTEGER_BITS) - 1) * 2.0 ** (31 - INPUT_INTEGER_BITS)
    return math.floor(largest / power)


def logistic_fixed_point(x: NDArray[Any], p: UnaryParameters) -> NDArray[Any]:
    """Source: TFLite Micro 90b983c,
    tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h, Logistic.
    """
    return fixed_point(x, p, gemmlowp_fixed32.logistic, 23, -128)


def tanh_fixed_point(x: NDArray[Any], p: UnaryParameters) -> NDArray[Any]:
    """Source: TFLite Micro 90b983c, tensorflow/lite/kernels/internal/reference/integer_ops/tanh.h,
    Tanh.
    """
    return fixed_point(x, p, gemmlowp_fixed32.tanh, 24, 0)
