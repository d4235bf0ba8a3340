"""TFLite Micro, whose portable kernels older TFLite and CMSIS-NN equal.

Source: TFLite Micro 90b983c, tensorflow/lite/micro/kernels; measured against tflite-micro
0.dev20261023182759.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .functions import C_LIBRARY, FunctionPolicy
from .policy import BlockRounding, HybridPolicy, Policy
from .rounding import (
    IntegerRounding,
    LstmKind,
    RealRounding,
    ResizeKind,
    Rounding,
    ScalePrecision,
    SumKind,
)

_GEMMLOWP: Final = BlockRounding(rounding=Rounding.GEMMLOWP)

POLICY: Final = Policy(
    name="tflm",
    arithmetic="gemmlowp",
    fully_connected=Rounding.GEMMLOWP,
    fully_connected_int64=Rounding.GEMMLOWP,
    fully_connected_scale=ScalePrecision.DOUBLE,
    channel_scale=ScalePrecision.DOUBLE,
    sums_follow_bias=False,
    dense=_GEMMLOWP,
    grouped=_GEMMLOWP,
    depthwise=_GEMMLOWP,
    depthwise_int8=_GEMMLOWP,
    transposed=_GEMMLOWP,
    transposed_uint8=_GEMMLOWP,
    convolution_scale=ScalePrecision.DOUBLE,
    convolution_scale_uint8=ScalePrecision.DOUBLE,
    batch_matmul=Rounding.GEMMLOWP,
    batch_matmul_scale=ScalePrecision.DOUBLE,
    hybrid=HybridPolicy(
        always_asymmetric=False,
        pixels_are_rows=False,
        fused_bias=False,
        packs_int4=False,
        scales_before_rows=True,
        depthwise_block=None,
        transposed_in_float=True,
    ),
    fused_sums=False,
    column_taps=0,
    depthwise_from_bias=False,
    later_taps_first=True,
    half_even_bounds=False,
    factor_type=np.float64,
    vector_blocks=False,
    sum_rounds_once=False,
    shifts_powers_of_two=False,
    product=Rounding.GEMMLOWP,
    relu6_ignores_output=True,
    leaky_relu_fraction=False,
    negates_int16_alpha=False,
    half_even_functions=False,
    wraps_int8_functions=True,
    logistic_in_double=False,
    fixed_point_sigmoids=True,
    fixed_point_int16_sigmoids=False,
    elu_by_exp=True,
    rsqrt_int16_by_table=False,
    quantize=RealRounding.DIVIDE,
    requantize=IntegerRounding.GEMMLOWP,
    requantize_wide=IntegerRounding.GEMMLOWP,
    dequantize_in_blocks=False,
    nan_is_zero=True,
    fixed_point_softmax=True,
    softmax_tables=np.float32,
    mean_in_float=False,
    mean_of_images_in_blocks=False,
    sum=SumKind.FIXED_POINT,
    sum_int8_as_uint8=False,
    product_of_one_is_copy=False,
    resize=ResizeKind.FLOAT,
    resize_signed=ResizeKind.HALF_AWAY,
    doubles_images=False,
    lstm=LstmKind.MULTIPLIERS,
    functions=FunctionPolicy(**C_LIBRARY),
    flushes_subnormals=False,
    keeps_infinity=False,
    add_n_from_zero=True,
    add_n_saturates=False,
    first_nan_wins=True,
    resets_resources=True,
)
