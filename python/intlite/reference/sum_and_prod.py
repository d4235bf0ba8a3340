"""SUM and REDUCE_PROD on quantized values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._util.exhaustive import assert_never
from ..quantization import quantize_multiplier, type_range
from ..runtimes.policy import Policy
from ..runtimes.rounding import SumKind
from .fixed_point import (
    multiply_by_quantized_multiplier_gemmlowp,
    round_half_away,
    truncate_to_int32,
    wrap_int32,
)
from .reduction import MeanParameters

# Of the factor of a step of REDUCE_PROD: from here on the runtimes shift to the wrong side.
PRODUCT_LIMIT = 2.0**14

TotalParameters = MeanParameters


def total(x: NDArray[Any], p: TotalParameters, policy: Policy) -> NDArray[Any]:
    """The sum over ``p.axes``.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/reduce.h, QuantizedMeanOrSum; LiteRT
    2.3.0, tflite/kernels/internal/reference/reduce.h, QuantizedMeanOrSum; XNNPACK 75db3c0,
    src/operators/reduce-nd.c, reshape_reduce_nd.
    """
    if policy.sum_int8_as_uint8 and np.dtype(p.dtype) == np.int8:
        return _total(x.view(np.uint8), p, policy.sum, np.dtype(np.uint8)).view(np.int8)
    return _total(x, p, policy.sum, np.dtype(p.dtype))


def _total(
    x: NDArray[Any], p: TotalParameters, kind: SumKind, dtype: np.dtype[Any]
) -> NDArray[Any]:
    low, high = type_range(dtype)
    count = math.prod(x.shape[a] for a in p.axes)
    sums = wrap_int32(np.asarray(x.astype(np.int64).sum(p.axes, keepdims=p.keep_dims)))
    zero_points = int(p.input.zero_point[0]), int(p.output.zero_point[0])
    if kind == SumKind.FIXED_POINT:
        centred = wrap_int32(sums - zero_points[0] * count)
        rescaled = multiply_by_quantized_multiplier_gemmlowp(centred, *total_factor(p))
    else:
        scale, bias = float_parameters(p, count, kind)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            real = sums.astype(np.float32) * scale + bias
            if kind == SumKind.FLOAT:
                return np.asarray(np.rint(np.clip(real, np.float32(low), np.float32(high))), dtype)
            rescaled = truncate_to_int32(round_half_away(real))
    return np.asarray(np.clip(wrap_int32(rescaled + zero_points[1]), low, high), dtype)


def total_factor(p: TotalParameters) -> tuple[int, int]:
    """Of a centred sum: multiplier and shift.

    Source: LiteRT 2.3.0, tflite/kernels/reduce.cc, PrepareMeanOrSum.
    """
    return quantize_multiplier(float(p.input.scale[0]) / float(p.output.scale[0]))


def float_parameters(
    p: TotalParameters, count: int, kind: SumKind
) -> tuple[np.float32, np.float32]:
    """Scale and bias of a sum of stored values, in float32.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/reduce.h, QuantizedMeanOrSum; XNNPACK
    75db3c0, src/operators/reduce-nd.c, reshape_reduce_nd.
    """
    zero_points = int(p.input.zero_point[0]), int(p.output.zero_point[0])
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        scale = np.float32(p.input.scale[0] / p.output.scale[0])
        match kind:
            case SumKind.FLOAT:
                moved = np.float32(count * zero_points[0]) * scale
                return scale, np.float32(np.float32(zero_points[1]) - moved)
            case SumKind.FLOAT_HALF_AWAY:
                return scale, np.float32(np.float32(-zero_points[0]) * scale * np.float32(count))
            case SumKind.FIXED_POINT:
                raise ValueError("its factor is of fixed point")
            case _:
                assert_never(kind)


def narrow_multiplier(multiplier: int) -> int:
    """Of 15 bits.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.cc, MultiplyByQuantizedMultiplier.
    """
    return min((multiplier + 2**15) >> 16, 2**15 - 1)


def _rescale(x: NDArray[np.int64], multiplier: int, shift: int) -> NDArray[np.int64]:
    """x * multiplier * 2**(shift - 31) of 64 bits: by a multiplier of 15 bits, half up."""
    return wrap_int32((x * narrow_multiplier(multiplier) + (1 << (14 - shift))) >> (15 - shift))


def product_factor(p: TotalParameters, count: int) -> float:
    """Of each step: the output's scale has its part in all of them.

    Source: LiteRT 2.3.0, tflite/kernels/reduce.cc, GetQuantProdScaling.
    """
    return float(p.input.scale[0] / np.float64(p.output.scale[0]) ** (1 / count))


def product(x: NDArray[Any], p: TotalParameters, one_is_copy: bool) -> NDArray[Any]:
    """The product over ``p.axes``, rescaled after each factor; of one perhaps not at all.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/reduce.h, QuantizedReduceProd; LiteRT
    2.3.0, tflite/kernels/internal/optimized/reduce.h, QuantizedReduceProd.
    """
    low, high = type_range(p.dtype)
    kept = [a for a in range(x.ndim) if a not in p.axes]
    shape = tuple(1 if a in p.axes else d for a, d in enumerate(x.shape))
    shape = shape if p.keep_dims else tuple(x.shape[a] for a in kept)
    count = math.prod(x.shape[a] for a in p.axes)
    if count == 1 and one_is_copy:
        return x.reshape(shape)  # whatever the output's quantization
    multiplier, shift = quantize_multiplier(product_factor(p, count))
    rows = x.transpose(*kept, *p.axes).reshape(*(x.shape[a] for a in kept), count)
    centred = rows.astype(np.int64) - int(p.input.zero_point[0])
    value = centred[..., 0]
    for i in range(1, count):
        value = _rescale(value * centred[..., i], multiplier, shift)
    value = _rescale(value, multiplier, shift)
    value = np.clip(wrap_int32(value + int(p.output.zero_point[0])), low, high)
    return value.astype(p.dtype).reshape(shape)
