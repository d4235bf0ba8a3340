"""What operators compute, in a line or two, for readers of the report.

q is a stored value, z a zero point, s a scale, x the real value s * (q - z).
"""

from __future__ import annotations

from typing import Final

from ...ops.base import Constants
from ..golden.roundings import FORMULAS

_SUM: Final = "acc = bias[c] + sum of (input - input_zero_point) * (weights - weights_zero_point)"
_RESCALED: Final = "the stored value is moved to the output's scale and zero point"
_BYTES: Final = "stored values are moved, none is changed"

_FORMULAS: Final[dict[str, tuple[str, ...]]] = {
    "ABS": ("y = |x|",),
    "ADD": ("y = x0 + x1", "both operands are brought to a common scale as integers"),
    "AVERAGE_POOL_2D": ("q = mean of the stored values in the window, half away from zero",),
    "BATCH_MATMUL": ("acc = sum of (left - left_zero_point) * (right - right_zero_point)",),
    "CONCATENATION": (_BYTES,),
    "CONV_2D": (_SUM, "over the window and the input channels"),
    "DEPTHWISE_CONV_2D": (_SUM, "over the window, each channel by itself"),
    "DEQUANTIZE": ("x = s * (q - z)",),
    "ELU": ("y = x for x >= 0, exp(x) - 1 below",),
    "FULLY_CONNECTED": (_SUM,),
    "HARD_SWISH": ("y = x * min(max(x + 3, 0), 6) / 6",),
    "LEAKY_RELU": ("y = x for x >= 0, alpha * x below",),
    "LOGISTIC": ("y = 1 / (1 + exp(-x))",),
    "MAX_POOL_2D": ("q = greatest stored value in the window",),
    "MEAN": ("acc = sum of (q - z)", "the number of values is part of the scale"),
    "MUL": ("y = x0 * x1", "acc = (q0 - z0) * (q1 - z1)"),
    "PAD": ("outside of the input: the zero point",),
    "PRELU": ("y = x for x >= 0, x * slope below",),
    "QUANTIZE": (_RESCALED,),
    "RELU": ("y = max(x, 0)",),
    "RELU6": ("y = min(max(x, 0), 6)",),
    "RESHAPE": (_BYTES,),
    "RESIZE_BILINEAR": ("y = weighted mean of the four nearest x",),
    "RESIZE_NEAREST_NEIGHBOR": (_BYTES,),
    "SOFTMAX": ("y = exp(beta * x) / sum of exp(beta * x), along the last dimension",),
    "SPLIT": (_BYTES,),
    "STRIDED_SLICE": (_BYTES,),
    "SUB": ("y = x0 - x1", "both operands are brought to a common scale as integers"),
    "SUM": ("acc = sum of (q - z)",),
    "TANH": ("y = tanh(x)",),
    "TRANSPOSE": (_BYTES,),
    "TRANSPOSE_CONV": (_SUM, "each input pixel adds its share to the outputs under the window"),
}

_SUM_OF_FACTORS: Final = (
    "t = left_factor * (q0 - z0) + right_factor * (q1 - z1)",
    "t = (t + (1 << (shift - 1))) >> shift               (rounds half up)",
    "stored = min(max(t + output_zero_point, activation_min), activation_max)",
)
_SUM_OF_MULTIPLIERS: Final = (
    "a = (q0 - z0) << left_shift_of_operands, b likewise",
    "a, b and their sum, each times its multiplier * 2**(shift - 31)",
    "                                                    (half up, then half away from zero)",
    "stored = min(max(t + output_zero_point, activation_min), activation_max)",
)

# For the colours of the graph.
_CATEGORIES: Final[dict[str, tuple[str, ...]]] = {
    "convolution": ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"),
    "matrix": ("FULLY_CONNECTED", "BATCH_MATMUL", "UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF"),
    "pool": ("AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"),
    "arithmetic": ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"),
    "function": (
        *("SOFTMAX", "LOGISTIC", "TANH", "RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU"),
        *("HARD_SWISH", "ELU", "GELU", "EXP", "PRELU", "LOG_SOFTMAX", "L2_NORMALIZATION"),
    ),
    "quantize": ("QUANTIZE", "DEQUANTIZE"),
}


def formula(name: str, constants: Constants) -> list[str]:
    """What an operator computes, with the rounding that its constants name."""
    lines = list(_FORMULAS.get(name, ()))
    if "left_factor" in constants:
        lines += _SUM_OF_FACTORS
    elif "left_shift_of_operands" in constants:
        lines += _SUM_OF_MULTIPLIERS
    rounding = constants.get("rounding")
    if isinstance(rounding, str):
        lines += FORMULAS[rounding]
    return lines


def category(name: str) -> str:
    """Which kind of operator it is: one of six, or "other"."""
    return next((kind for kind, names in _CATEGORIES.items() if name in names), "other")
