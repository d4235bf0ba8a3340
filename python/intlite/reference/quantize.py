"""QUANTIZE and DEQUANTIZE.

"In blocks" below: LiteRT's optimized kernels take whole blocks of n elements of a
tensor with SIMD code that rounds otherwise than the code for the rest, so there a
value's result depends on its position.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._util.exhaustive import assert_never
from ..quantization import Quantization, quantize_multiplier, type_range
from ..runtimes.rounding import IntegerRounding, RealRounding
from .fixed_point import (
    multiply_by_quantized_multiplier_gemmlowp,
    multiply_by_quantized_multiplier_ruy,
    round_half_away,
    truncate_to_int32,
    wrap_int32,
)

FLOAT_BLOCK = 8
INTEGER_BLOCK = 16


def in_blocks(x: NDArray[Any], lanes: int) -> NDArray[np.bool_]:
    """Which elements lie in whole blocks of ``lanes``."""
    return (np.arange(x.size) < x.size // lanes * lanes).reshape(x.shape)


def quantize(
    x: NDArray[np.float32], out: Quantization, dtype: DTypeLike, rounding: RealRounding
) -> NDArray[Any]:
    """float32 to int8, uint8 or int16, of the same shape.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h, AffineQuantize; LiteRT
    2.3.0, tflite/kernels/internal/reference/quantize.h, AffineQuantize; XNNPACK 75db3c0,
    src/f32-qs8-vcvt/scalar-lrintf.c.in.
    """
    low, high = type_range(dtype)
    scale, zero_point = out.scale[0], int(out.zero_point[0])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        product = x * (np.float32(1) / scale)
        match rounding:
            case RealRounding.MULTIPLY:
                # fmin and fmax as x86 has them: NaN becomes the upper end.
                least, most = np.float32(low - zero_point), np.float32(high - zero_point)
                product = np.where(product < most, product, most)
                product = np.where(product > least, product, least)
                rounded = truncate_to_int32(np.rint(product))
            case RealRounding.MULTIPLY_IN_BLOCKS:
                divided = round_half_away(x.astype(np.float64) / np.float64(scale))
                blocks = in_blocks(x, FLOAT_BLOCK)
                rounded = truncate_to_int32(np.where(blocks, np.rint(product), divided))
            case RealRounding.DIVIDE:
                rounded = truncate_to_int32(round_half_away(x / scale))
            case _:
                assert_never(rounding)
    return np.clip(wrap_int32(rounded + zero_point), low, high).astype(dtype)


def requantize(
    x: NDArray[Any],
    in_: Quantization,
    out: Quantization,
    dtype: DTypeLike,
    rounding: IntegerRounding,
) -> NDArray[Any]:
    """int8, uint8, int16 or int32 to another quantization, of the same shape.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h, Requantize; LiteRT
    2.3.0, tflite/kernels/internal/reference/requantize.h, Requantize; XNNPACK 75db3c0,
    src/qs8-vcvt/scalar.c.in.
    """
    low, high = type_range(dtype)
    zero_point = int(out.zero_point[0])
    centred = wrap_int32(x.astype(np.int64) - int(in_.zero_point[0]))
    multiplier, shift = integer_factor(in_, out, rounding)
    match rounding:
        case IntegerRounding.FRACTION:
            rescaled = (centred * multiplier + 128) >> 8
        case IntegerRounding.GEMMLOWP:
            rescaled = multiply_by_quantized_multiplier_gemmlowp(centred, multiplier, shift)
        case IntegerRounding.RUY_IN_BLOCKS:
            rescaled = np.where(
                in_blocks(x, INTEGER_BLOCK),
                multiply_by_quantized_multiplier_ruy(centred, multiplier, shift),
                multiply_by_quantized_multiplier_gemmlowp(centred, multiplier, shift),
            )
        case _:
            assert_never(rounding)
    return np.clip(wrap_int32(rescaled + zero_point), low, high).astype(dtype)


def integer_factor(
    in_: Quantization, out: Quantization, rounding: IntegerRounding
) -> tuple[int, int]:
    """input / output as multiplier and shift.

    Source: LiteRT 2.3.0, tflite/kernels/quantize.cc, Prepare; XNNPACK 75db3c0,
    src/microparams-init.c, xnn_init_qs8_cvt_scalar_params.
    """
    if rounding == IntegerRounding.FRACTION:
        return int(np.rint(np.float32(256) * (in_.scale[0] / out.scale[0]))), 0
    return quantize_multiplier(float(in_.scale[0]) / float(out.scale[0]))


def rescale_in_float(x: NDArray[np.uint8], in_: Quantization, out: Quantization) -> NDArray[Any]:
    """uint8 to another quantization as CONCATENATION does it, in float32.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/concatenation.h,
    ConcatenationWithScaling.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        scale = in_.scale[0] * (np.float32(1) / out.scale[0])
        bias = np.float32(-int(in_.zero_point[0])) * scale
        rounded = truncate_to_int32(round_half_away(x.astype(np.float32) * scale + bias))
    low, high = type_range(x.dtype)
    return np.clip(wrap_int32(rounded + int(out.zero_point[0])), low, high).astype(x.dtype)


def dequantize(x: NDArray[Any], in_: Quantization, by_blocks: bool) -> NDArray[np.float32]:
    """int8, uint8 or int16 to float32, of the same shape.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h, Dequantize; LiteRT
    2.3.0, tflite/kernels/internal/reference/dequantize.h, Dequantize.
    """
    scale, zero_point = in_.scale[0], int(in_.zero_point[0])
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        real = (x.astype(np.int64) - zero_point).astype(np.float32) * scale
        if by_blocks:
            offset = np.float32(-zero_point * np.float64(scale))
            real = np.where(in_blocks(x, FLOAT_BLOCK), x.astype(np.float32) * scale + offset, real)
    return np.asarray(real, np.float32)
