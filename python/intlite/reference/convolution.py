"""CONV_2D and DEPTHWISE_CONV_2D on 8 bits or int16: exact sums, one rounding by each runtime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..quantization import Quantization, activation_range
from ..runtimes.policy import BlockRounding, Policy
from ..runtimes.rounding import Rounding
from . import requantize
from .fixed_point import exact_matmul, wrap_int32

STRIP_BYTES = 1 << 25


@dataclass(frozen=True, eq=False)
class ConvolutionParameters:
    """Quantizations, the fused activation and output type, where the window goes, 64-bit sums."""

    input: Quantization
    filter: Quantization
    output: Quantization
    activation: str
    dtype: DTypeLike
    stride: tuple[int, int]
    dilation: tuple[int, int]
    output_size: tuple[int, int]
    pad_before: tuple[int, int]
    wide: bool = False


def effective_scale(p: ConvolutionParameters, policy: Policy) -> NDArray[Any]:
    """input * filter / output: one, or one a channel.

    Source: LiteRT 2.3.0, tflite/kernels/kernel_util.cc, PopulateConvolutionQuantizationParams;
    XNNPACK 75db3c0, src/operators/convolution-nhwc.c, init_requantization_scale_qx8_qc8w.
    """
    precision = policy.convolution_precision(p.dtype)
    return requantize.effective_scale(
        p.input.scale[0], p.filter.scale, p.output.scale[0], precision
    )


def patches(
    x: NDArray[Any], filter_size: tuple[int, int], p: ConvolutionParameters
) -> NDArray[np.int64]:
    """Centred inputs under each window: (batch, height, width, taps high, taps wide, channels).

    Outside of the image they are 0.
    """
    centred = x.astype(np.int64) - int(p.input.zero_point[0])
    return under_windows(
        centred, filter_size, p.stride, p.output_size, p.pad_before, dilation=p.dilation
    )


def under_windows(
    x: NDArray[Any],
    filter_size: tuple[int, int],
    stride: tuple[int, int],
    size: tuple[int, int],
    pad: tuple[int, int],
    *,
    dilation: tuple[int, int] = (1, 1),
) -> NDArray[Any]:
    """As ``patches``, of any numbers."""
    batch, height, width, channels = x.shape
    (fh, fw), (oh, ow) = filter_size, size
    out = np.zeros((batch, oh, ow, fh, fw, channels), x.dtype)
    columns = list(_meeting(fw, dilation[1], ow, stride[1], pad[1], width))
    for i, at_y, from_y in _meeting(fh, dilation[0], oh, stride[0], pad[0], height):
        for j, at_x, from_x in columns:
            out[:, at_y[:, None], at_x, i, j] = x[:, from_y][:, :, from_x]
    return out


def _meeting(
    taps: int, dilation: int, size: int, stride: int, pad: int, length: int
) -> Iterator[tuple[int, NDArray[np.intp], NDArray[np.intp]]]:
    """Along one dimension, the taps that meet the image: under which outputs, and where."""
    first = max(0, -((size - 1) * stride - pad) // dilation)
    for tap in range(first, min(taps, (length - 1 + pad) // dilation + 1)):
        at = np.arange(size) * stride + tap * dilation - pad
        met = np.flatnonzero((at >= 0) & (at < length))
        yield tap, met, at[met]


def strips(
    x: NDArray[Any],
    filter_size: tuple[int, int],
    *,
    stride: tuple[int, int],
    size: tuple[int, int],
    pad: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Iterator[NDArray[Any]]:
    """``under_windows`` by some rows of the output at a time, so that memory does."""
    row = x.shape[0] * size[1] * filter_size[0] * filter_size[1] * x.shape[3] * x.itemsize
    step = max(1, STRIP_BYTES // max(row, 1))
    for first in range(0, max(size[0], 1), step):
        rows = min(step, size[0] - first), size[1]
        before = pad[0] - first * stride[0], pad[1]
        yield under_windows(x, filter_size, stride, rows, before, dilation=dilation)


def conv_2d(
    x: NDArray[Any],
    filter_: NDArray[Any],
    bias: NDArray[Any] | None,
    p: ConvolutionParameters,
    policy: Policy,
) -> NDArray[Any]:
    """x NHWC by filter (outputs, height, width, channels / groups).

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/conv.h, ConvPerChannel;
    LiteRT 2.3.0, tflite/kernels/internal/reference/conv.h, Conv.
    """
    outputs, fh, fw, group_channels = filter_.shape
    windows = patches(x, (fh, fw), p)
    groups = windows.shape[-1] // group_channels
    weights = filter_.astype(np.int64) - p.filter.zero_point.reshape(-1, 1, 1, 1)
    per_group, rows = outputs // groups, (*windows.shape[:3], fh * fw * group_channels)
    acc = np.concatenate(
        [
            exact_matmul(
                windows[..., g * group_channels : (g + 1) * group_channels].reshape(rows),
                weights[g * per_group : (g + 1) * per_group].reshape(per_group, -1).T,
            )
            for g in range(groups)
        ],
        -1,
    )
    return finish(acc, bias, policy.dense if groups == 1 else policy.grouped, p, policy)


def depthwise_conv_2d(
    x: NDArray[Any],
    filter_: NDArray[Any],
    bias: NDArray[Any] | None,
    p: ConvolutionParameters,
    policy: Policy,
) -> NDArray[Any]:
    """x NHWC by filter (1, height, width, outputs); output c reads input c // multiplier.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/depthwise_conv.h,
    DepthwiseConvPerChannel; LiteRT 2.3.0,
    tflite/kernels/internal/optimized/integer_ops/depthwise_conv.h, DepthwiseConvGeneral; LiteRT
    2.3.0, tflite/kernels/internal/reference/depthwiseconv_uint8.h, DepthwiseConv.
    """
    _, fh, fw, outputs = filter_.shape
    windows = np.repeat(patches(x, (fh, fw), p), outputs // x.shape[-1], axis=-1)
    weights = filter_[0].astype(np.int64) - p.filter.zero_point
    acc = (windows * weights).sum((3, 4))
    return finish(acc, bias, policy.depthwise_rounding(p.dtype), p, policy)


def finish(
    acc: NDArray[np.int64],
    bias: NDArray[Any] | None,
    rounding: BlockRounding,
    p: ConvolutionParameters,
    policy: Policy,
) -> NDArray[Any]:
    """Accumulators to stored values.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/conv.h, ConvPerChannel;
    LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h, Quantize; XNNPACK 75db3c0,
    src/qs8-gemm/scalar.c.in.
    """
    acc = acc if bias is None else acc + bias.astype(np.int64)
    acc = acc if p.wide else wrap_int32(acc)
    scale = effective_scale(p, policy)
    activation = activation_range(p.activation, p.output, p.dtype, policy.half_even_bounds)

    def rounded(rule: Rounding) -> NDArray[Any]:
        return requantize.stored(acc, scale, rule, p.output, activation, p.dtype, p.wide)

    in_blocks = rounding.in_blocks(acc.shape)
    if in_blocks is None:
        return rounded(rounding.rounding)
    return np.where(in_blocks, rounded(rounding.rounding), rounded(rounding.tail))
