"""From accumulators to stored values: effective scales, and every rounding of a product."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._util.exhaustive import assert_never
from ..quantization import Quantization, quantize_multiplier
from ..runtimes.rounding import Rounding, ScalePrecision
from .fixed_point import (
    multiply_by_quantized_multiplier_gemmlowp,
    multiply_by_quantized_multiplier_ruy,
    multiply_by_quantized_multiplier_wide,
    round_half_away,
    truncate_to_int32,
    wrap_int32,
)


def effective_scale(
    left: NDArray[np.float32] | np.float32,
    right: NDArray[np.float32] | np.float32,
    out: np.float32,
    precision: ScalePrecision,
) -> NDArray[Any]:
    """left * right / out, of which ``left`` or ``right`` may be one for each channel.

    Source: LiteRT 2.3.0, tflite/kernels/kernel_util.cc, PopulateConvolutionQuantizationParams and
    GetQuantizedConvolutionMultipler; XNNPACK 75db3c0, src/operators/convolution-nhwc.c,
    init_requantization_scale_qx8_qc8w.
    """
    with np.errstate(over="ignore", under="ignore"):
        match precision:
            case ScalePrecision.FLOAT:
                return np.asarray((left * right) / out, np.float32)
            case ScalePrecision.FLOAT_PRODUCT:
                return np.asarray(np.asarray(left * right, np.float64) / np.float64(out))
            case ScalePrecision.DOUBLE:
                product = np.asarray(left, np.float64) * np.asarray(right, np.float64)
                return np.asarray(product / np.float64(out))
            case _:
                assert_never(precision)


def rescale(
    acc: NDArray[np.int64],
    scale: NDArray[Any],
    rounding: Rounding,
    bounds: tuple[int, int],
    wide: bool = False,
) -> NDArray[np.int64]:
    """Accumulators times their scales, as integers.

    Args:
        acc: Channels last.
        scale: One, or one for each channel.
        rounding: The rule.
        bounds: What a float32 product is clamped to first: the output's less its zero point.
        wide: Whether they have 64 bits, for which fixed-point kernels share one rounding.

    Source: XNNPACK 75db3c0, src/qs8-gemm/scalar.c.in; LiteRT 2.3.0,
    tflite/kernels/internal/reference/integer_ops/fully_connected.h, FullyConnected; LiteRT 2.3.0,
    tflite/kernels/internal/common.cc, MultiplyByQuantizedMultiplier; ruy 2af8886,
    ruy/kernel_avx512.cc, rounding_right_shift.
    """
    match rounding:
        case Rounding.FP32:
            product = acc.astype(np.float32) * scale.astype(np.float32)
            return np.rint(np.clip(product, *bounds)).astype(np.int64)
        case Rounding.DOUBLE:
            return truncate_to_int32(round_half_away(acc.astype(np.float64) * scale))
        case Rounding.RUY | Rounding.GEMMLOWP:
            factors = [quantize_multiplier(float(s)) for s in scale.ravel()]
            multiplier = np.array([q for q, _ in factors], np.int64).reshape(scale.shape)
            shift = np.array([s for _, s in factors], np.int64).reshape(scale.shape)
            if wide:
                return multiply_by_quantized_multiplier_wide(acc, multiplier, shift)
            if rounding == Rounding.RUY:
                return multiply_by_quantized_multiplier_ruy(acc, multiplier, shift)
            return multiply_by_quantized_multiplier_gemmlowp(acc, multiplier, shift)
        case _:
            assert_never(rounding)


def stored(
    acc: NDArray[np.int64],
    scale: NDArray[Any],
    rounding: Rounding,
    output: Quantization,
    activation: tuple[int, int],
    dtype: DTypeLike,
    wide: bool = False,
) -> NDArray[Any]:
    """``rescale``, with the output's zero point, clamped to ``activation``.

    Source: XNNPACK 75db3c0, src/qs8-gemm/scalar.c.in; LiteRT 2.3.0,
    tflite/kernels/internal/reference/integer_ops/conv.h, ConvPerChannel.
    """
    zero_point = int(output.zero_point[0])
    bounds = activation[0] - zero_point, activation[1] - zero_point
    rescaled = rescale(acc, scale, rounding, bounds, wide)
    return np.asarray(np.clip(wrap_int32(rescaled + zero_point), *activation).astype(dtype))
