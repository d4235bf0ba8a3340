"""LiteRT's optimized CPU kernels, on x86-64: what the delegate leaves.

Source: LiteRT 2.3.0, tflite/kernels/internal/optimized; measured against ai-edge-litert 2.3.0.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .._native import PoolFunction, UnaryFunction
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
    name="litert_optimized",
    arithmetic="builtin",
    fully_connected=Rounding.RUY,
    fully_connected_int64=Rounding.DOUBLE,
    fully_connected_scale=ScalePrecision.FLOAT_PRODUCT,
    channel_scale=ScalePrecision.DOUBLE,
    sums_follow_bias=True,
    dense=BlockRounding(rounding=Rounding.RUY),
    grouped=_GEMMLOWP,
    depthwise=_GEMMLOWP,
    depthwise_int8=BlockRounding(rounding=Rounding.RUY, block=8),
    transposed=BlockRounding(rounding=Rounding.RUY, block=8),
    transposed_uint8=BlockRounding(rounding=Rounding.RUY, block=16, by_element=True),
    convolution_scale=ScalePrecision.DOUBLE,
    convolution_scale_uint8=ScalePrecision.FLOAT_PRODUCT,
    batch_matmul=Rounding.GEMMLOWP,
    batch_matmul_scale=ScalePrecision.FLOAT_PRODUCT,
    hybrid=HybridPolicy(
        always_asymmetric=False,
        pixels_are_rows=False,
        fused_bias=False,
        packs_int4=True,
        scales_before_rows=False,
        depthwise_block=4,
        transposed_in_float=True,
    ),
    fused_sums=False,
    column_taps=0,
    depthwise_from_bias=True,
    later_taps_first=True,
    half_even_bounds=False,
    factor_type=np.float32,
    vector_blocks=True,
    sum_rounds_once=False,
    shifts_powers_of_two=True,
    product=Rounding.GEMMLOWP,
    relu6_ignores_output=False,
    leaky_relu_fraction=False,
    negates_int16_alpha=True,
    half_even_functions=False,
    wraps_int8_functions=False,
    logistic_in_double=False,
    fixed_point_sigmoids=False,
    fixed_point_int16_sigmoids=True,
    elu_by_exp=False,
    rsqrt_int16_by_table=True,
    quantize=RealRounding.MULTIPLY_IN_BLOCKS,
    requantize=IntegerRounding.RUY_IN_BLOCKS,
    requantize_wide=IntegerRounding.GEMMLOWP,
    dequantize_in_blocks=True,
    nan_is_zero=False,
    fixed_point_softmax=False,
    softmax_tables=np.float64,
    mean_in_float=False,
    mean_of_images_in_blocks=True,
    sum=SumKind.FLOAT_HALF_AWAY,
    sum_int8_as_uint8=False,
    product_of_one_is_copy=True,
    resize=ResizeKind.FLOAT_WEIGHTS_ONCE,
    resize_signed=ResizeKind.HALF_AWAY,
    doubles_images=True,
    lstm=LstmKind.SHIFTS,
    functions=FunctionPolicy(
        **(
            C_LIBRARY
            | {
                "hard_swish": UnaryFunction.HARD_SWISH_SIXTH_FIRST,
                "tanh": UnaryFunction.PLAIN_TANH,
                "logistic": UnaryFunction.LOGISTIC_BY_SQUARE,
                "l2_pool": PoolFunction.ROOT_BY_INVERSE,
            }
        )
    ),
    flushes_subnormals=False,
    keeps_infinity=False,
    add_n_from_zero=False,
    add_n_saturates=True,
    first_nan_wins=False,
    resets_resources=False,
)
