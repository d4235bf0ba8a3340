"""Native kernels and fixed-point primitives on numpy arrays.

The primitives take int32 arrays of any shape (or integers), broadcast against each
other, and give int32 arrays. ``intlite.reference.fixed_point`` has the same in numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _native
from .call_arguments import plain_array
from .errors import ShapeError
from .ops.base import FUSED
from .ops.fully_connected import FullyConnectedSpec
from .quantization import Quantization, quantize_multiplier
from .reference.fully_connected import FullyConnectedParameters
from .runtimes import runtime

__all__ = [
    "fully_connected",
    "multiply_by_quantized_multiplier",
    "quantize_multiplier",
    "rounding_divide_by_pot",
    "rounding_shift_right_half_up",
    "saturating_rounding_doubling_high_mul",
]

Rounding = Literal["gemmlowp", "ruy", "single"]


def saturating_rounding_doubling_high_mul(a: ArrayLike, b: ArrayLike) -> NDArray[np.int32]:
    """a * b / 2**31, half up; only the square of -2**31 saturates, to 2**31 - 1.

    gemmlowp's SaturatingRoundingDoublingHighMul, NEON's SQRDMULH.

    Raises:
        TypeError: An argument does not hold integers.
        ValueError: A value does not fit int32.
    """
    return _apply(_native.saturating_rounding_doubling_high_mul, _int32(a, "a"), _int32(b, "b"))


def rounding_divide_by_pot(x: ArrayLike, exponent: ArrayLike) -> NDArray[np.int32]:
    """x / 2**exponent, half away from zero, for exponents in [0, 31].

    gemmlowp's RoundingDivideByPOT.

    Raises:
        TypeError, ValueError: As above, or an exponent is out of range.
    """
    return _apply(
        _native.rounding_divide_by_pot, _int32(x, "x"), _int32(exponent, "exponent", 0, 31)
    )


def rounding_shift_right_half_up(x: ArrayLike, exponent: ArrayLike) -> NDArray[np.int32]:
    """x / 2**exponent, half up, for exponents in [0, 31]. NEON's SRSHL.

    Raises:
        TypeError, ValueError: As above.
    """
    return _apply(
        _native.rounding_shift_right_half_up, _int32(x, "x"), _int32(exponent, "exponent", 0, 31)
    )


def multiply_by_quantized_multiplier(
    x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike, rounding: Rounding = "gemmlowp"
) -> NDArray[np.int32]:
    """x * multiplier * 2**(shift - 31) as TFLite's MultiplyByQuantizedMultiplier rounds it.

    Args:
        x: int32 accumulators.
        multiplier: Q31, as from ``quantize_multiplier``.
        shift: > 0 is left, and wraps; in [-31, 31], for "single" in [-31, 30].
        rounding: "gemmlowp" (reference kernels, TFLite Micro: half up, then half
            away), "ruy" (LiteRT's optimized kernels: half up twice) or "single"
            (TFLITE_SINGLE_ROUNDING: half up once, in 64 bits).

    Raises:
        TypeError, ValueError: As above, or ``rounding`` is not known.
    """
    functions: dict[str, Callable[..., NDArray[np.int32]]] = {
        "gemmlowp": _native.multiply_by_quantized_multiplier_gemmlowp,
        "ruy": _native.multiply_by_quantized_multiplier_ruy,
        "single": _native.multiply_by_quantized_multiplier_single,
    }
    if rounding not in functions:
        raise ValueError(f"rounding={rounding!r}: expected one of {', '.join(functions)}")
    high = 30 if rounding == "single" else 31
    return _apply(
        functions[rounding],
        _int32(x, "x"),
        _int32(multiplier, "multiplier"),
        _int32(shift, "shift", -31, high),
    )


def fully_connected(
    x: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[np.int32] | None = None,
    *,
    input: Quantization,
    weights_quantization: Quantization,
    output: Quantization,
    activation: str = "NONE",
    numerics: str = "litert",
) -> NDArray[Any]:
    """One fully connected layer on stored values.

    Args:
        x: (rows, depth), int8 or uint8.
        weights: (units, depth), of the same type.
        bias: (units,) int32, or None.
        input: The parameters of ``x``.
        weights_quantization: Those of the weights.
        output: Those of the output.
        activation: "NONE", "RELU", "RELU6" or "RELU_N1_TO_1".
        numerics: The flavour; "litert" as the delegate computes it.

    Returns:
        (rows, units), of the type of ``x``.

    Raises:
        TypeError: The types are not as above.
        ShapeError: The shapes are not.
    """
    x, weights = plain_array(x, "x"), plain_array(weights, "weights")
    bias = None if bias is None else plain_array(bias, "bias")
    if x.dtype not in (np.int8, np.uint8) or weights.dtype != x.dtype:
        raise TypeError(f"x and weights must both be int8 or uint8, not {x.dtype}, {weights.dtype}")
    if x.ndim != 2 or weights.ndim != 2 or x.shape[1] != weights.shape[1]:
        raise ShapeError(f"x {x.shape} and weights {weights.shape} are not matrices of one depth")
    if bias is not None and (bias.dtype != np.int32 or bias.shape != weights.shape[:1]):
        raise ShapeError(f"bias must be int32 of shape {weights.shape[:1]}")
    if activation not in FUSED:
        raise ValueError(f"activation={activation!r}: expected one of {', '.join(FUSED)}")
    if weights_quantization.scale.size not in (1, weights.shape[0]):
        raise ShapeError(
            f"{weights_quantization.scale.size} weight scales, expected 1 or {weights.shape[0]}"
        )
    spec = FullyConnectedSpec(
        x.shape[0],
        weights,
        bias,
        FullyConnectedParameters(input, weights_quantization, output, activation, x.dtype),
        runtime(numerics).policies[0],
        x.dtype == np.uint8,
        int(input.zero_point[0]),
    )
    y = np.empty((x.shape[0], weights.shape[0]), x.dtype)
    spec.make().run([np.ascontiguousarray(x)], [y])
    return y


def _apply(
    function: Callable[..., NDArray[np.int32]], *arrays: NDArray[np.int32]
) -> NDArray[np.int32]:
    """A primitive on arrays that broadcast; an array even where all are scalars."""
    try:
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
    except ValueError as error:
        raise ShapeError(str(error)) from None
    return np.asarray(function(*arrays), np.int32).reshape(shape)


def _int32(
    x: ArrayLike, name: str, low: int = -(2**31), high: int = 2**31 - 1
) -> NDArray[np.int32]:
    array = plain_array(x, name)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers, not {array.dtype}")
    if array.size and (array.min() < low or array.max() > high):
        raise ValueError(f"{name} must be in [{low}, {high}]")
    return array.astype(np.int32)
