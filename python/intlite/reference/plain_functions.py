"""Elementwise functions of float32, and of int32 where said: near the runtimes' results."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]
ONE = np.float32(1)
# Numerical approximation by Chebyshev fitting (Press et al., Numerical Recipes, erfcc):
# relative error below 1.2e-7 everywhere. From the highest power down.
_ERFC = (
    *(0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807),
    *(-0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223),
)


def squared_difference(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Source: LiteRT 2.3.0, tflite/kernels/squared_difference.cc, SquaredDifference."""
    return np.asarray(np.square(x - y))


def greater(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Where one is NaN, the second.

    Source: LiteRT 2.3.0, tflite/kernels/maximum_minimum.cc, MaximumOp.
    """
    return np.where(x > y, x, y)


def lesser(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Where one is NaN, the second.

    Source: LiteRT 2.3.0, tflite/kernels/maximum_minimum.cc, MinimumOp.
    """
    return np.where(x < y, x, y)


def prelu(x: Real, slope: Real | np.float32) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/activations.cc, ApplyPrelu."""
    return np.where(x >= 0, x, x * slope)


def leaky_relu(x: Real, alpha: np.float32) -> Real:
    """TFLite multiplies zeros too: by an infinite alpha they are NaN.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/leaky_relu.h, LeakyRelu.
    """
    return np.where(x > 0, x, x * alpha)


def hard_swish(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/internal/reference/hard_swish.h, HardSwish."""
    gate = np.clip(x + np.float32(3), 0, 6) * np.float32(1 / 6)
    return np.asarray(x * gate, np.float32)  # finite for all that are


def logistic(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/internal/reference/logistic.h, Logistic."""
    return np.asarray(ONE / (ONE + np.exp(-x)), np.float32)


def elu(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/internal/reference/elu.h, Elu."""
    return np.where(x < 0, np.expm1(np.minimum(x, np.float32(0))), x)


def erfc(x: Real) -> NDArray[np.float64]:
    """1 - erf(x).

    Source: Press et al., Numerical Recipes, erfcc.
    """
    z = np.abs(x.astype(np.float64))
    t = 1 / (1 + z / 2)
    tail = t * np.exp(-z * z + np.polyval(_ERFC, t))
    return np.asarray(np.where(x >= 0, tail, 2 - tail))


def gelu(x: Real) -> Real:
    """x times the normal distribution's share below x.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/gelu.h, GeluTransform.
    """
    return np.asarray(x / 2 * erfc(np.asarray(x * -math.sqrt(0.5))), np.float32)


def gelu_approximate(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/internal/reference/gelu.h, GeluTransformApproximate."""
    inner = np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * x * x * x)
    return np.asarray(np.float32(0.5) * x * (ONE + np.tanh(inner)), np.float32)


def divide(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """As in C: integers' quotients are cut off towards 0.

    Raises:
        ValueError: An integer is divided by 0.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/div.h, Div.
    """
    if x.dtype.kind == "f":
        return np.asarray(np.divide(x, y))
    if not np.all(y):
        raise ValueError("integers are divided by 0")
    quotient = np.floor_divide(x, y)
    return np.asarray(quotient + ((quotient * y != x) & ((x < 0) != (y < 0))), x.dtype)


def power(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """x to the power of y.

    LiteRT multiplies repeatedly where one exponent holds for all and is near a whole
    number, and rounds otherwise the power in double: int32 beyond its range differ.

    Raises:
        ValueError: An integer is raised to a negative power.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/reference_ops.h, Pow; LiteRT 2.3.0,
    tflite/kernels/internal/optimized/optimized_ops.h, BroadcastPow4D and IntegerExponentPow.
    """
    repeats = y.size == 1 and x.shape != y.shape
    if x.dtype.kind != "f":
        if np.any(y < 0):
            raise ValueError("integers are raised to negative powers")
        if repeats:
            return np.asarray(np.power(x, y))
        real = np.power(x.astype(np.float64), y)
        fits = np.abs(real) < 2.0**31
        return np.asarray(np.where(fits, real, -(2.0**31)).astype(x.dtype))
    whole = np.rint(y)
    if repeats and np.all(np.abs(y - whole) < 1e-5) and np.all(whole >= 1):
        greatest = np.finfo(x.dtype).max
        return np.asarray(np.clip(np.power(x, whole), -greatest, greatest))
    return np.asarray(np.power(x, y))


def rsqrt(x: Real) -> Real:
    """Source: LiteRT 2.3.0, tflite/kernels/elementwise.cc, RsqrtEval."""
    return np.asarray(ONE / np.sqrt(x), np.float32)


def softmax(x: Real, beta: float) -> Real:
    """Along the last dimension.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/softmax.h, Softmax.
    """
    if x.size == 0:
        return np.array(x)
    e = np.exp((x - x.max(-1, keepdims=True)) * np.float32(beta))
    return np.asarray(e / e.sum(-1, keepdims=True), np.float32)


def log_softmax(x: Real) -> Real:
    """Along the last dimension.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/log_softmax.h, LogSoftmax.
    """
    if x.size == 0:
        return np.array(x)
    below = x - x.max(-1, keepdims=True)
    return np.asarray(below - np.log(np.exp(below).sum(-1, keepdims=True)), np.float32)


def l2_normalization(x: Real) -> Real:
    """Along the last dimension; no length is less than 1e-6.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/l2normalization.h, L2Normalization.
    """
    length = np.sqrt(np.square(x).sum(-1, keepdims=True))
    return np.asarray(x / np.maximum(length, np.float32(1e-6)), np.float32)
