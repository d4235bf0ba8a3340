"""Affine quantization: real = scale * (stored - zero_point), and factors derived from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import _native
from ._util.once import once

# Of fused activations, as real values.
_BOUNDS: Final[dict[str, tuple[float | None, float | None]]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1


@dataclass(frozen=True, eq=False)
class Quantization:
    """A tensor's quantization parameters.

    Attributes:
        scale: float32, one entry, or one for each index of ``axis``.
        zero_point: int64, as many entries as ``scale``.
        axis: The quantized dimension; meaningful if there are several scales.
    """

    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int = 0

    @property
    def per_channel(self) -> bool:
        return self.scale.size > 1

    @once
    def scale_range(self) -> tuple[float, float]:
        """The least and the greatest scale; NaN if one is."""
        return extremes(self.scale)

    @once
    def is_symmetric(self) -> bool:
        """Whether all zero points are 0."""
        return not self.zero_point.any()

    def same_as(self, other: Quantization | None) -> bool:
        """Whether both give every stored value the same real value."""
        return (
            other is not None
            and np.array_equal(self.scale, other.scale)
            and np.array_equal(self.zero_point, other.zero_point)
        )

    def __repr__(self) -> str:
        if self.per_channel:
            return f"Quantization({self.scale.size} scales, axis={self.axis})"
        return f"Quantization(scale={self.scale[0]!s}, zero_point={self.zero_point[0]})"


def extremes(numbers: NDArray[Any]) -> tuple[float, float]:
    """The least and the greatest of one or more numbers; NaN if one of them is."""
    if numbers.size == 1:
        return (one := numbers.item(0)), one
    return _native.extremes(numbers)


def per_tensor(scale: float, zero_point: int) -> Quantization:
    """One scale and one zero point for a whole tensor."""
    return Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))


def type_range(dtype: DTypeLike) -> tuple[int, int]:
    """The least and the greatest value of an integer dtype."""
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def quantize(
    x: ArrayLike, scale: float, zero_point: int, dtype: DTypeLike = np.int8
) -> NDArray[Any]:
    """Real values to stored ones: saturating, half to even.

    This is ``clip(rint(x / scale) + zero_point)`` in float64, what people write in
    numpy. The runtimes' QUANTIZE operators each differ from it somewhere (see
    ``intlite.reference``); a model's own QUANTIZE is run by the model.

    Args:
        x: Real values of any shape. NaN becomes the zero point.
        scale: The scale, > 0 and finite.
        zero_point: The stored value of 0.0, in the range of ``dtype``.
        dtype: An integer dtype.

    Raises:
        ValueError: ``scale`` or ``zero_point`` is out of range.
        TypeError: ``dtype`` is not an integer dtype.
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "iu":
        raise TypeError(f"dtype must be an integer type, not {dtype}")
    low, high = type_range(dtype)
    _check(scale, zero_point, low, high)
    with np.errstate(over="ignore"):
        stored = np.rint(np.asarray(x, np.float64) / scale) + zero_point
    stored = np.nan_to_num(stored, nan=zero_point, posinf=high, neginf=low)
    return np.asarray(np.clip(stored, low, high).astype(dtype))


def dequantize(x: ArrayLike, scale: float, zero_point: int) -> NDArray[np.float32]:
    """Stored values to real ones, ``float32(scale) * (x - zero_point)``, any shape.

    Raises:
        ValueError: ``scale`` is not > 0 and finite.
        TypeError: ``x`` does not hold integers.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "iu":
        raise TypeError(f"stored values must be integers, not {x.dtype}")
    _check(scale, zero_point, INT32_MIN, INT32_MAX)
    centred = (x.astype(np.int64) - zero_point).astype(np.float32)
    return np.asarray(centred * np.float32(scale), np.float32)


def _check(scale: float, zero_point: int, low: int, high: int) -> None:
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"scale must be finite and > 0, not {scale}")
    if not low <= zero_point <= high:
        raise ValueError(f"zero_point must be in [{low}, {high}], not {zero_point}")


def quantize_multiplier(factor: float) -> tuple[int, int]:
    """A real factor as (multiplier, shift): factor ~ multiplier * 2 ** (shift - 31).

    The multiplier is Q31, in [2**30, 2**31) or 0, rounded half away from zero; a
    factor below 2**-32 becomes (0, 0). TFLite's QuantizeMultiplier.

    Raises:
        ValueError: ``factor`` is not finite.

    Source: LiteRT 2.3.0, tflite/kernels/internal/quantization_util.cc, QuantizeMultiplier.
    """
    if not math.isfinite(factor):
        raise ValueError(f"factor must be finite, not {factor}")
    if factor == 0.0:
        return 0, 0
    significand, shift = math.frexp(factor)
    multiplier = math.floor(abs(significand) * 2.0**31 + 0.5)
    if factor < 0:
        multiplier = -multiplier
    if multiplier == 1 << 31:
        multiplier, shift = multiplier >> 1, shift + 1
    if shift < -31:
        return 0, 0
    return multiplier, shift


def activation_range(
    activation: str, quantization: Quantization, dtype: DTypeLike, half_even: bool
) -> tuple[int, int]:
    """A fused activation's clamp bounds as stored values.

    ``zero_point + round_half_away(float32(bound / scale))``, or with ``half_even``
    ``rint(float32(bound / scale) + zero_point)``, within the range of ``dtype``.

    Source: LiteRT 2.3.0, tflite/kernels/kernel_util.cc, CalculateActivationRangeQuantized; XNNPACK
    75db3c0, src/subgraph/convolution-2d.c, xnn_qs8_quantize.
    """
    low, high = type_range(dtype)
    if activation == "NONE":
        return low, high
    scale = np.float32(quantization.scale[0])
    zero_point = int(quantization.zero_point[0])

    def stored(bound: float) -> int:
        with np.errstate(over="ignore"):
            ratio = np.float32(bound) / scale
        if half_even:
            value = min(max(float(ratio + np.float32(zero_point)), low), high)
            return round(value)
        if not abs(ratio) < 2.0**31:  # the runtimes refuse this; saturating is what it means
            return INT32_MAX if ratio > 0 else INT32_MIN
        return zero_point + int(math.copysign(math.floor(abs(float(ratio)) + 0.5), ratio))

    lower, upper = _BOUNDS[activation]
    if lower is not None:
        low = max(low, stored(lower))
    if upper is not None:
        high = min(high, stored(upper))
    return low, high
