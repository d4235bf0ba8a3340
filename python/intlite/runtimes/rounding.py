"""The ways in which runtimes round, as enumerations.

The values of the first four are those of the native code: see the headers named.
"""

from __future__ import annotations

from enum import Enum, IntEnum


class Rounding(IntEnum):
    """An accumulator times its scale, to an integer: csrc/numerics/requantize.h."""

    FP32 = 0  # float32 product, clamped, half to even
    RUY = 1  # high multiply half up, then shift half up
    DOUBLE = 2  # double product, half away from zero
    GEMMLOWP = 3  # high multiply half up, then shift half away from zero


class RealRounding(IntEnum):
    """A real value to a stored one: csrc/simd/quantize.h."""

    MULTIPLY = 0  # x * float32(1 / scale), clamped, half to even
    MULTIPLY_IN_BLOCKS = 1  # the same in whole blocks; the rest x / scale in double, half away
    DIVIDE = 2  # float32(x / scale), half away from zero


class IntegerRounding(IntEnum):
    """A stored value to another quantization: csrc/kernels/quantize.h."""

    GEMMLOWP = 0
    RUY_IN_BLOCKS = 1  # the rest by GEMMLOWP
    FRACTION = 2  # a multiplier with 8 bits of fraction, half up


class ResizeKind(IntEnum):
    """Between four pixels: csrc/kernels/resize.h."""

    HALF_AWAY = 0  # weights of 10 bits, the sum half away from zero
    HALF_UP = 1  # weights of 11 bits, the sum half up; float32 across first, then down
    FLOAT = 2  # x * wy * wx in float32, half up
    FLOAT_WEIGHTS_ONCE = 3  # x * (wy * wx) in float32, half up


class ScalePrecision(Enum):
    """How left * right / output of three float32 scales is computed."""

    FLOAT = "float32"
    FLOAT_PRODUCT = "a float32 product, divided in double"
    DOUBLE = "double"


class SumKind(Enum):
    """SUM, and MEAN where it has no kernel of its own."""

    FIXED_POINT = "the centred sum, by gemmlowp's rounding"
    FLOAT = "float32(sum) * scale + bias with the zero point in it, half to even"
    FLOAT_HALF_AWAY = "float32(sum) * scale + bias, half away from zero, then the zero point"


class LstmKind(Enum):
    """LSTM steps of int8 with an int16 cell state."""

    SHIFTS = "products shifted into the cell state; gates' functions in fixed point"
    MULTIPLIERS = "products rescaled by multipliers; gates' functions by tables"
