"""FULLY_CONNECTED on int8, uint8 or int16: exact integer sums, and one rounding by each runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..quantization import Quantization, activation_range
from ..runtimes.policy import Policy
from . import requantize
from .fixed_point import exact_matmul, wrap_int32


@dataclass(frozen=True, eq=False)
class FullyConnectedParameters:
    """Quantizations of input, weights and output, the fused activation, the type, 64-bit sums."""

    input: Quantization
    weights: Quantization
    output: Quantization
    activation: str
    dtype: DTypeLike
    wide: bool = False


def accumulate(
    x: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None,
    p: FullyConnectedParameters,
) -> NDArray[np.int64]:
    """The accumulators, bias included: x (rows, depth), weights (units, depth).

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/fully_connected.h,
    FullyConnected and FullyConnectedPerChannel.
    """
    # The runtimes ignore zero points of per-channel weights, which must be 0.
    zero_point = 0 if p.weights.per_channel else int(p.weights.zero_point[0])
    centred_x = x.astype(np.int64) - int(p.input.zero_point[0])
    centred_weights = weights.astype(np.int64) - zero_point
    acc = exact_matmul(centred_x, centred_weights.T)
    acc = acc if bias is None else acc + bias.astype(np.int64)
    return acc if p.wide else wrap_int32(acc)


def effective_scale(p: FullyConnectedParameters, policy: Policy) -> NDArray[Any]:
    """input * weights / output: one, or one a unit.

    Source: LiteRT 2.3.0, tflite/kernels/fully_connected.cc, PrepareImpl; LiteRT 2.3.0,
    tflite/kernels/kernel_util.cc, GetQuantizedConvolutionMultipler; XNNPACK 75db3c0,
    src/operators/fully-connected-nc.c, requantization_scale.
    """
    alone = not p.weights.per_channel and not p.wide
    precision = policy.fully_connected_scale if alone else policy.channel_scale
    return requantize.effective_scale(
        p.input.scale[0], p.weights.scale, p.output.scale[0], precision
    )


def fully_connected(
    x: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None,
    p: FullyConnectedParameters,
    policy: Policy,
) -> NDArray[Any]:
    """x (rows, depth) by weights (units, depth) to (rows, units).

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/fully_connected.h,
    FullyConnected and FullyConnectedPerChannel; LiteRT 2.3.0,
    tflite/kernels/internal/reference/fully_connected.h, FullyConnected.
    """
    rounding = policy.fully_connected_int64 if p.wide else policy.fully_connected
    return requantize.stored(
        accumulate(x, weights, bias, p),
        effective_scale(p, policy),
        rounding,
        p.output,
        activation_range(p.activation, p.output, p.dtype, policy.half_even_bounds),
        p.dtype,
        p.wide,
    )
