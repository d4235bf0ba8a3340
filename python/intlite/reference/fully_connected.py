"""FULLY_CONNECTED on int8, uint8 or int16: exact integer sums, and one rounding by each runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..numerics import Arithmetic
from ..quantization import Quantization, activation_range, quantize_multiplier
from .fixed_point import (
    exact_matmul,
    multiply_by_quantized_multiplier_gemmlowp,
    multiply_by_quantized_multiplier_ruy,
    multiply_by_quantized_multiplier_wide,
    round_half_away,
    truncate_to_int32,
    wrap_int32,
)


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
    """The accumulators, bias included: x (rows, depth), weights (units, depth)."""
    # The runtimes ignore zero points of per-channel weights, which must be 0.
    zero_point = 0 if p.weights.per_channel else int(p.weights.zero_point[0])
    centred_x = x.astype(np.int64) - int(p.input.zero_point[0])
    centred_weights = weights.astype(np.int64) - zero_point
    acc = exact_matmul(centred_x, centred_weights.T)
    acc = acc if bias is None else acc + bias.astype(np.int64)
    return acc if p.wide else wrap_int32(acc)


def effective_scale(
    p: FullyConnectedParameters, arithmetic: Arithmetic
) -> NDArray[np.float64 | np.float32]:
    """input * weights / output, in the order and precision of the runtime; one or one a unit."""
    in_, weights, out = p.input.scale[0], p.weights.scale, p.output.scale[0]
    with np.errstate(over="ignore", under="ignore"):
        if arithmetic == "xnnpack":
            return np.asarray((in_ * weights) / out, np.float32)
        if arithmetic == "builtin" and not p.weights.per_channel:
            return np.asarray((in_ * weights).astype(np.float64) / np.float64(out))
        return np.asarray(np.float64(in_) * weights.astype(np.float64) / np.float64(out))


def rescale(
    acc: NDArray[np.int64], p: FullyConnectedParameters, arithmetic: Arithmetic
) -> NDArray[np.int64]:
    """Accumulators times the effective scale, rounded to integers by the runtime's rule."""
    if p.wide and arithmetic == "builtin":
        arithmetic = "reference"  # there is no other kernel
    scale = effective_scale(p, arithmetic)
    if arithmetic == "xnnpack":
        low, high = activation_range(p.activation, p.output, p.dtype, xnnpack=True)
        zero_point = int(p.output.zero_point[0])
        product = acc.astype(np.float32) * scale
        clamped = np.clip(product, low - zero_point, high - zero_point)
        return np.asarray(np.rint(clamped), np.int64)
    if arithmetic == "reference":
        return truncate_to_int32(round_half_away(acc.astype(np.float64) * scale))
    factors = [quantize_multiplier(float(s)) for s in scale]
    multiplier = np.array([q for q, _ in factors], np.int64)
    shift = np.array([s for _, s in factors], np.int64)
    if p.wide:
        return multiply_by_quantized_multiplier_wide(acc, multiplier, shift)
    if arithmetic == "builtin":
        return multiply_by_quantized_multiplier_ruy(acc, multiplier, shift)
    return multiply_by_quantized_multiplier_gemmlowp(acc, multiplier, shift)


def fully_connected(
    x: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None,
    p: FullyConnectedParameters,
    arithmetic: Arithmetic,
) -> NDArray[Any]:
    """x (rows, depth) by weights (units, depth) to (rows, units)."""
    rescaled = rescale(accumulate(x, weights, bias, p), p, arithmetic)
    low, high = activation_range(p.activation, p.output, p.dtype, arithmetic == "xnnpack")
    stored = wrap_int32(rescaled + int(p.output.zero_point[0]))
    return np.clip(stored, low, high).astype(p.dtype)
