"""LOGISTIC and TANH on int16: between the entries of a table of the sigmoid, or fixed point."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import gemmlowp_fixed16 as fixed
from .activations import UnaryParameters
from .fixed_point import log2_of_power, wrap_int32

INTEGER_BITS, FRACTION_BITS = 3, 12
# Entries are sigmoid(i / 24), so inputs are brought to 24 * 2**9 = 3 * 2**12 a unit.
TABLE_STEPS = 24
# Entries of TFLite's table that are one above the nearest integer.
ONE_ABOVE: Final = (
    *(4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39),
    *(40, 41, 43, 44, 45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135),
    255,
)


def fixed_point_shift(p: UnaryParameters, is_tanh: bool) -> int | None:
    """How far LiteRT's optimized kernels shift the input left to Q3.12, where they do.

    A multiplier of 0 is TFLite's sign of a power of two, so scales that vanish pass for one.

    Source: LiteRT 2.3.0, tflite/kernels/activations.cc, SigmoidPrepare and TanhPrepare.
    """
    if input_multiplier(p)[0] == 0:
        return int(is_tanh)
    return _power_of_two_shift(p, is_tanh)


def _power_of_two_shift(p: UnaryParameters, is_tanh: bool) -> int | None:
    log = log2_of_power(float(p.input.scale[0]))
    if log is None or not 0 <= FRACTION_BITS + log <= is_tanh:
        return None
    return FRACTION_BITS + log


def input_multiplier(p: UnaryParameters) -> tuple[int, int]:
    """(multiplier, right shift) that bring an input to steps of the table, truncated.

    Source: LiteRT 2.3.0, tflite/kernels/activations.cc, SigmoidPrepare and TanhPrepare.
    """
    factor, shift = float(p.input.scale[0]) * 4096.0 * 3.0, 0
    while factor <= 32767.0 / 2.0 and shift <= 30:
        factor, shift = factor * 2, shift + 1
    return int(factor), shift


@cache
def table() -> NDArray[np.int64]:
    """65,536 times the sigmoid.

    Source: LiteRT 2.3.0, tflite/kernels/internal/common.h, sigmoid_table_uint16.
    """
    entries = np.rint(65536 / (1 + np.exp(-np.arange(256) / TABLE_STEPS))).astype(np.int64)
    entries[list(ONE_ABOVE)] += 1
    return entries


def by_table(x: NDArray[Any], p: UnaryParameters, is_tanh: bool) -> NDArray[Any]:
    """TFLite's reference Logistic and Tanh: linear between two entries; tanh(x) is at 2x.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/integer_ops/logistic.h, Logistic; LiteRT
    2.3.0, tflite/kernels/internal/reference/integer_ops/tanh.h, Tanh.
    """
    multiplier, shift = input_multiplier(p)
    power = shift if multiplier == 0 else _power_of_two_shift(p, is_tanh)
    if power is not None:
        multiplier, shift = int(wrap_int32(3 << power)), 0
    return _between_entries(_scaled(x, multiplier, shift), is_tanh).astype(np.int16)


def logistic_by_table(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 / (1 + exp(-x)) of x with three integer bits: the LSTM's of TFLite Micro.

    Source: TFLite Micro 90b983c,
    tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h, Logistic.
    """
    return _between_entries(_scaled(x, 3, 0), is_tanh=False)


def tanh_by_table(x: NDArray[np.int64], integer_bits: int) -> NDArray[np.int64]:
    """tanh(x): the LSTM's of TFLite Micro.

    Source: TFLite Micro 90b983c, tensorflow/lite/kernels/internal/reference/integer_ops/tanh.h,
    Tanh.
    """
    shift = integer_bits - INTEGER_BITS
    value = _scaled(x, 3 << shift, 0) if shift >= 0 else _scaled(x, 3, -shift)
    return _between_entries(value, is_tanh=True)


def _scaled(x: NDArray[Any], multiplier: int, shift: int) -> NDArray[np.int64]:
    """x * multiplier / 2**shift, half up, in int32."""
    half = (1 << shift) >> 1
    return np.asarray(wrap_int32(x.astype(np.int64) * multiplier + half) >> shift)


def _between_entries(value: NDArray[np.int64], is_tanh: bool) -> NDArray[np.int64]:
    """In steps of the table with 8 or 9 more bits."""
    bits = 8 if is_tanh else 9
    magnitude = np.abs(value)
    index = np.minimum(magnitude >> bits, 254)
    below, above = table()[index], table()[index + 1]
    sigmoid = (below << bits) + (magnitude & ((1 << bits) - 1)) * (above - below)
    saturates = magnitude >> bits >= 255
    if is_tanh:
        sigmoid = np.where(saturates, 0xFFFF << 8, sigmoid)
        up = sigmoid - (1 << 23) + (1 << 7)
        return np.where(value >= 0, up, -up + (1 << 8) - 1) >> 8
    sigmoid = np.where(saturates, 0x7FFF << 10, sigmoid)
    up = sigmoid + (1 << 9)
    return np.where(value >= 0, up, (1 << 25) - up + (1 << 10) - 1) >> 10


def by_fixed_point(
    x: NDArray[Any], p: UnaryParameters, is_tanh: bool, in_blocks: bool
) -> NDArray[Any]:
    """LiteRT's optimized Logistic and Tanh, for inputs that are Q3.12 but for a shift.

    Source: LiteRT 2.3.0, tflite/kernels/internal/optimized/optimized_ops.h, Logistic and Tanh.
    """
    shift = fixed_point_shift(p, is_tanh)
    raw = fixed.multiply_by_power_of_two(x, shift or 0)
    function = fixed.tanh if is_tanh else fixed.logistic
    multiply = fixed.multiply_half_up if in_blocks else fixed.multiply_half_away
    return np.asarray(function(raw, INTEGER_BITS, multiply).astype(np.int16))
