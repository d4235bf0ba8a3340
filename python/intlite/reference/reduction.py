"""MEAN on quantized values: sums of stored values, and the ways to divide them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..quantization import Quantization, quantize_multiplier, type_range
from ..runtimes.policy import Policy
from .fixed_point import (
    multiply_by_quantized_multiplier_gemmlowp,
    multiply_by_quantized_multiplier_ruy,
    wrap_int32,
)

CHANNEL_BLOCK = 16


@dataclass(frozen=True, eq=False)
class MeanParameters:
    """Quantizations, output type, the axes and whether they stay as dimensions of 1."""

    input: Quantization
    output: Quantization
    dtype: DTypeLike
    axes: tuple[int, ...]
    keep_dims: bool


def divided_multiplier(p: MeanParameters, count: int) -> tuple[int, int]:
    """The factor input / output with the division by ``count`` folded in, as LiteRT does.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/reduce.h, QuantizedMeanOrSum.
    """
    multiplier, shift = quantize_multiplier(float(p.input.scale[0]) / float(p.output.scale[0]))
    extra = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << extra) // count, shift - extra


def height_and_width(p: MeanParameters, rank: int) -> bool:
    """Whether it is what a kernel of images has, of 8 bits.

    Source: LiteRT 2.3.0, tflite/kernels/reduce.cc, EvalMean.
    """
    return rank == 4 and p.axes == (1, 2) and p.keep_dims and np.dtype(p.dtype).itemsize == 1


def block_parameters(p: MeanParameters, count: int) -> tuple[int, int, int]:
    """Multiplier, shift and bias of that kernel: float32 throughout.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/integer_ops/mean.h, Mean.
    """
    in_, out = p.input.scale[0], p.output.scale[0]
    moved = np.float32(np.float32(p.input.zero_point[0]) * in_) / out
    moved = moved + np.float32(0.5) if moved > 0 else moved - np.float32(0.5)
    factor = float(in_ / np.float32(np.float32(count) * out))
    return (*quantize_multiplier(factor), int(p.output.zero_point[0]) - int(moved))


def float_parameters(p: MeanParameters, count: int) -> tuple[np.float32, np.float32]:
    """Scale and bias of a float32 product, with both zero points in the bias.

    Source: XNNPACK 75db3c0, src/operators/reduce-nd.c, reshape_reduce_nd; XNNPACK 75db3c0,
    src/microparams-init.c, xnn_update_qs8_reduce_scalar_params.
    """
    scale = np.float32((p.input.scale[0] / p.output.scale[0]) * (np.float32(1) / np.float32(count)))
    moved = np.float32(count * int(p.input.zero_point[0])) * scale
    return scale, np.float32(np.float32(p.output.zero_point[0]) - moved)


def mean(x: NDArray[Any], p: MeanParameters, policy: Policy) -> NDArray[Any]:
    """The mean over ``p.axes``.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/reduce.h, QuantizedMeanOrSum; LiteRT
    2.3.0, tflite/kernels/internal/optimized/integer_ops/mean.h, MeanImpl; XNNPACK 75db3c0,
    src/operators/reduce-nd.c, reshape_reduce_nd.
    """
    low, high = type_range(p.dtype)
    count = int(np.prod([x.shape[a] for a in p.axes]))
    total = wrap_int32(x.astype(np.int64).sum(p.axes, keepdims=p.keep_dims))
    zero_point = int(p.output.zero_point[0])
    if policy.mean_in_float:
        scale, bias = float_parameters(p, count)
        real = total.astype(np.float32) * scale + bias
        return np.rint(np.clip(real, np.float32(low), np.float32(high))).astype(p.dtype)
    if policy.mean_of_images_in_blocks and height_and_width(p, x.ndim):
        multiplier, shift, bias_int = block_parameters(p, count)
        blocks = np.arange(x.shape[3]) < x.shape[3] // CHANNEL_BLOCK * CHANNEL_BLOCK
        rescaled = np.where(
            blocks,
            multiply_by_quantized_multiplier_ruy(total, multiplier, shift),
            multiply_by_quantized_multiplier_gemmlowp(total, multiplier, shift),
        )
        return np.clip(wrap_int32(rescaled + bias_int), low, high).astype(p.dtype)
    centred = wrap_int32(total - int(p.input.zero_point[0]) * count)
    rescaled = multiply_by_quantized_multiplier_gemmlowp(centred, *divided_multiplier(p, count))
    return np.clip(wrap_int32(rescaled + zero_point), low, high).astype(p.dtype)
