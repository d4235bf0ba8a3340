"""XNNPACK, LiteRT's default delegate.

Source: XNNPACK 75db3c0, src; measured against ai-edge-litert 2.3.0.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .._native import PoolFunction, RowFunction, SumOrder, UnaryFunction, has_avx512f
from .functions import FunctionPolicy
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

_FP32: Final = BlockRounding(rounding=Rounding.FP32)
# Where vectors have 16 lanes, on processors with AVX-512F, some functions have other formulas. All
# are those of processors that fuse multiply-adds.
_SIXTEEN: Final = has_avx512f()
_FUNCTIONS: Final = FunctionPolicy(
    negate=UnaryFunction.ZERO_MINUS,
    round=UnaryFunction.ROUND,
    exp=UnaryFunction.RATIONAL_EXP,
    log=UnaryFunction.RATIONAL_LOG if _SIXTEEN else UnaryFunction.RATIONAL_LOG_FINITE,
    tanh=UnaryFunction.RATIONAL_TANH,
    logistic=UnaryFunction.LOGISTIC_OF_SIXTEEN if _SIXTEEN else UnaryFunction.LOGISTIC_OF_EIGHT,
    elu=UnaryFunction.ELU_OF_SIXTEEN if _SIXTEEN else UnaryFunction.ELU_OF_EIGHT,
    gelu=UnaryFunction.RATIONAL_GELU,
    gelu_tanh=UnaryFunction.RATIONAL_GELU_TANH,
    sin=UnaryFunction.RATIONAL_SIN,
    cos=UnaryFunction.RATIONAL_COS,
    sqrt=UnaryFunction.ESTIMATED_ROOT,
    rsqrt=UnaryFunction.ESTIMATED_RECIPROCAL_ROOT,
    hard_swish=UnaryFunction.HARD_SWISH_FUSED,
    leaky_relu=(UnaryFunction.LEAKY_RELU_BELOW if _SIXTEEN else UnaryFunction.LEAKY_RELU_BY_SIGN),
    softmax=RowFunction.SOFTMAX_OF_SIXTEEN if _SIXTEEN else RowFunction.SOFTMAX_OF_EIGHT,
    sum_order=SumOrder.SIXTEEN if _SIXTEEN else SumOrder.EIGHT,
    average_pool=PoolFunction.AVERAGE_OF_NINES,
    max_pool=PoolFunction.MAXIMUM,
    l2_pool=PoolFunction.ROOT,
)

POLICY: Final = Policy(
    name="xnnpack",
    arithmetic="xnnpack",
    fully_connected=Rounding.FP32,
    fully_connected_int64=Rounding.FP32,
    fully_connected_scale=ScalePrecision.FLOAT,
    channel_scale=ScalePrecision.FLOAT,
    sums_follow_bias=False,
    dense=_FP32,
    grouped=_FP32,
    depthwise=_FP32,
    depthwise_int8=_FP32,
    transposed=_FP32,
    transposed_uint8=_FP32,
    convolution_scale=ScalePrecision.FLOAT,
    convolution_scale_uint8=ScalePrecision.FLOAT,
    batch_matmul=Rounding.FP32,
    batch_matmul_scale=ScalePrecision.FLOAT,
    hybrid=HybridPolicy(
        always_asymmetric=True,
        pixels_are_rows=True,
        fused_bias=True,
        packs_int4=False,
        scales_before_rows=False,
        depthwise_block=None,
        transposed_in_float=False,
    ),
    fused_sums=True,
    column_taps=25,
    depthwise_from_bias=False,
    later_taps_first=False,
    half_even_bounds=True,
    factor_type=np.float32,
    vector_blocks=False,
    sum_rounds_once=True,
    shifts_powers_of_two=True,
    product=Rounding.FP32,
    relu6_ignores_output=False,
    leaky_relu_fraction=True,
    negates_int16_alpha=False,
    half_even_functions=True,
    wraps_int8_functions=False,
    logistic_in_double=True,
    fixed_point_sigmoids=False,
    fixed_point_int16_sigmoids=False,
    elu_by_exp=False,
    rsqrt_int16_by_table=True,
    quantize=RealRounding.MULTIPLY,
    requantize=IntegerRounding.FRACTION,
    requantize_wide=IntegerRounding.FRACTION,
    dequantize_in_blocks=False,
    nan_is_zero=False,
    fixed_point_softmax=False,
    softmax_tables=np.float64,
    mean_in_float=True,
    mean_of_images_in_blocks=False,
    sum=SumKind.FLOAT,
    sum_int8_as_uint8=False,
    product_of_one_is_copy=True,
    resize=ResizeKind.HALF_UP,
    resize_signed=ResizeKind.HALF_UP,
    doubles_images=False,
    lstm=LstmKind.SHIFTS,
    functions=_FUNCTIONS,
    flushes_subnormals=True,
    keeps_infinity=True,
    add_n_from_zero=False,
    add_n_saturates=True,
    first_nan_wins=False,
    resets_resources=False,
)
