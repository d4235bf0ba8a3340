"""The ways in which runtimes round, as enumerations: of the native code, and of Python alone."""

from __future__ import annotations

from enum import Enum

from .._native import IntegerRounding, MeanKind, RealRounding, ResizeKind, Rounding

__all__ = [
    "IntegerRounding",
    "LstmKind",
    "MeanKind",
    "RealRounding",
    "ResizeKind",
    "Rounding",
    "ScalePrecision",
    "SumKind",
]


class ScalePrecision(Enum):
    """How left * right / output of three float32 scales is computed.

    Source: LiteRT 2.3.0, tflite/kernels/kernel_util.cc, GetQuantizedConvolutionMultipler and
    PopulateConvolutionQuantizationParams; XNNPACK 75db3c0, src/operators/convolution-nhwc.c,
    init_requantization_scale_qx8_qc8w.
    """

    FLOAT = "float32"
    FLOAT_PRODUCT = "a float32 product, divided in double"
    DOUBLE = "double"


class SumKind(Enum):
    """SUM, and MEAN where it has no kernel of its own.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/reduce.h, QuantizedMeanOrSum; LiteRT
    2.3.0, tflite/kernels/internal/optimized/reduce.h, QuantizedMeanOrSum; XNNPACK 75db3c0,
    src/operators/reduce-nd.c, reshape_reduce_nd.
    """

    FIXED_POINT = "the centred sum, by gemmlowp's rounding"
    FLOAT = "float32(sum) * scale + bias with the zero point in it, half to even"
    FLOAT_HALF_AWAY = "float32(sum) * scale + bias, half away from zero, then the zero point"


class LstmKind(Enum):
    """LSTM steps of int8 with an int16 cell state.

    Source: LiteRT 2.3.0, tflite/kernels/lstm_eval.cc, UpdateLstmCellInteger; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/lstm_eval.h, UpdateLstmCell.
    """

    SHIFTS = "products shifted into the cell state; gates' functions in fixed point"
    MULTIPLIERS = "products rescaled by multipliers; gates' functions by tables"
