"""What a family of kernels computes, as answers to the questions that operators ask."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._util.record import Record
from .functions import FunctionPolicy
from .rounding import (
    IntegerRounding,
    LstmKind,
    RealRounding,
    ResizeKind,
    Rounding,
    ScalePrecision,
    SumKind,
)

# What explanations and exports call a family.
Arithmetic = Literal["xnnpack", "builtin", "reference", "gemmlowp"]
# In which a factor is computed.
RealType = type[np.float32] | type[np.float64]


class BlockRounding(Record):
    """One rounding in whole blocks, which vector code takes, and another for what is left.

    Attributes:
        rounding: Of whole blocks.
        block: Elements of one.
        by_element: Blocks are of elements of the whole output, not of its channels.
        tail: What the rest follows.
    """

    rounding: Rounding
    block: int = 1
    by_element: bool = False
    tail: Rounding = Rounding.GEMMLOWP

    def tail_start(self, count: int) -> int:
        """Of so many channels, or elements, the first after the last whole block."""
        return count // self.block * self.block

    def tail_channel(self, channels: int) -> int | None:
        """The first channel of the rest; None: there is none."""
        return None if self.block == 1 else self.tail_start(channels)

    def in_blocks(self, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        """Which elements of an output of this shape lie in whole blocks; None: all do."""
        if self.block == 1:
            return None
        if self.by_element:
            count = math.prod(shape)
            return (np.arange(count) < self.tail_start(count)).reshape(shape)
        return np.arange(shape[-1]) < self.tail_start(shape[-1])

    def of_channel(self, channel: int, channels: int) -> Rounding:
        """The rounding of one channel."""
        return self.rounding if channel < self.tail_start(channels) else self.tail


class HybridPolicy(Record):
    """float32 activations by integer weights.

    Attributes:
        always_asymmetric: Rows are quantized in float32, half to even, over their whole
            range, whatever the options say.
        pixels_are_rows: A 1x1 convolution of stride 1 quantizes each pixel by itself.
        fused_bias: The last product is rounded together with the bias.
        packs_int4: A kernel of its own takes 4-bit weights.
        scales_before_rows: A convolution of unequal scales multiplies by them first.
        depthwise_block: Channels that are multiplied by their scales first, at a time.
        transposed_in_float: TRANSPOSE_CONV has no sums of integers: each product is made a
            float32, and added.
    """

    always_asymmetric: bool
    pixels_are_rows: bool
    fused_bias: bool
    packs_int4: bool
    scales_before_rows: bool
    depthwise_block: int | None
    transposed_in_float: bool


class Policy(Record):
    """The formulas of one family of kernels: XNNPACK's, LiteRT's, TFLite Micro's.

    No attribute has a default, so that a new family answers all.

    Attributes:
        name: The family's.
        arithmetic: What explanations and exports call it.

        fully_connected: FULLY_CONNECTED's rounding of 32-bit sums.
        fully_connected_int64: And of 64-bit ones.
        fully_connected_scale: Its effective scale, where there is one for all units.
        channel_scale: And where each unit has its own, or sums have 64 bits.
        sums_follow_bias: int16 without a bias has 32-bit sums unless told otherwise.
        dense, grouped: CONV_2D's rounding, of one group of channels or of several.
        depthwise, depthwise_int8: DEPTHWISE_CONV_2D's.
        transposed, transposed_uint8: TRANSPOSE_CONV's.
        convolution_scale, convolution_scale_uint8: The effective scale of all three.
        batch_matmul, batch_matmul_scale: BATCH_MATMUL's.
        hybrid: Of float32 activations.
        fused_sums: Sums of float32 products start from the bias, and each product is added
            before it is rounded; otherwise they start from 0, and the bias comes last.
        column_taps: A convolution of each channel by itself adds its taps column by column
            if it has at most so many.
        depthwise_from_bias: Sums of float32 DEPTHWISE_CONV_2D start from the bias even so.
        later_taps_first: float32 TRANSPOSE_CONV adds the last taps of the filter first.

        half_even_bounds: A fused activation's bounds have the zero point added in float32
            and are rounded half to even; otherwise half away, and then the zero point.
        factor_type: In which factors of elementwise operators are computed.
        vector_blocks: Vector code of ADD and MUL rounds whole blocks otherwise.
        sum_rounds_once: ADD and SUB multiply both operands and shift their sum, half up.
        shifts_powers_of_two: int16 sums of scales that are powers of two are shifted.
        product: MUL's rounding.

        relu6_ignores_output: RELU6 clamps stored values by the input's quantization.
        leaky_relu_fraction: LEAKY_RELU's multipliers have 8 bits of fraction.
        negates_int16_alpha: Of int16 a negative alpha's sign is in the multiplier.
        half_even_functions: Functions' values have the zero point added in float32 and are
            rounded half to even; otherwise half away, and then the zero point.
        wraps_int8_functions: Values beyond int32 become its least, of int8 too.
        logistic_in_double: LOGISTIC is computed in double, and rounded once.
        fixed_point_sigmoids: int8 LOGISTIC and TANH are computed in fixed point.
        fixed_point_int16_sigmoids: And int16 ones whose scale is a power of two.
        elu_by_exp: ELU is exp(x) - 1.
        rsqrt_int16_by_table: int16 RSQRT lies between entries of a table.

        quantize: QUANTIZE's rounding of float32.
        requantize, requantize_wide: Of integers, of 8 bits to 8 bits and others.
        dequantize_in_blocks: Vector code adds the zero point after the product.
        nan_is_zero: CAST makes 0 of NaN.

        fixed_point_softmax: SOFTMAX and LOG_SOFTMAX of 8 bits are computed in fixed point.
        softmax_tables: The precision of int16 SOFTMAX's tables.
        mean_in_float: MEAN multiplies its sum by a float32 scale.
        mean_of_images_in_blocks: MEAN of height and width has a kernel of its own.
        sum: SUM's formula.
        sum_int8_as_uint8: SUM takes int8 for uint8.
        product_of_one_is_copy: REDUCE_PROD of one element does not rescale.
        resize, resize_signed: RESIZE_BILINEAR of uint8 and float32, of int8 and int16.
        doubles_images: float32 images of twice the size are means of neighbours.
        lstm: UNIDIRECTIONAL_SEQUENCE_LSTM's kernel.

        functions: float32 functions.
        flushes_subnormals: float32 operators take and give subnormal numbers as 0.
        keeps_infinity: Where there is no fused activation float32 sums and products may be
            infinite; otherwise the greatest finite numbers bound them.
        add_n_from_zero: ADD_N adds to 0.0.
        add_n_saturates: ADD_N never leaves the finite numbers.
        first_nan_wins: ARG_MAX and ARG_MIN stay at a NaN that comes first.

        resets_resources: To reset variables is to clear resource variables too.
    """

    name: str
    arithmetic: Arithmetic

    fully_connected: Rounding
    fully_connected_int64: Rounding
    fully_connected_scale: ScalePrecision
    channel_scale: ScalePrecision
    sums_follow_bias: bool
    dense: BlockRounding
    grouped: BlockRounding
    depthwise: BlockRounding
    depthwise_int8: BlockRounding
    transposed: BlockRounding
    transposed_uint8: BlockRounding
    convolution_scale: ScalePrecision
    convolution_scale_uint8: ScalePrecision
    batch_matmul: Rounding
    batch_matmul_scale: ScalePrecision
    hybrid: HybridPolicy
    fused_sums: bool
    column_taps: int
    depthwise_from_bias: bool
    later_taps_first: bool

    half_even_bounds: bool
    factor_type: RealType
    vector_blocks: bool
    sum_rounds_once: bool
    shifts_powers_of_two: bool
    product: Rounding

    relu6_ignores_output: bool
    leaky_relu_fraction: bool
    negates_int16_alpha: bool
    half_even_functions: bool
    wraps_int8_functions: bool
    logistic_in_double: bool
    fixed_point_sigmoids: bool
    fixed_point_int16_sigmoids: bool
    elu_by_exp: bool
    rsqrt_int16_by_table: bool

    quantize: RealRounding
    requantize: IntegerRounding
    requantize_wide: IntegerRounding
    dequantize_in_blocks: bool
    nan_is_zero: bool

    fixed_point_softmax: bool
    softmax_tables: RealType
    mean_in_float: bool
    mean_of_images_in_blocks: bool
    sum: SumKind
    sum_int8_as_uint8: bool
    product_of_one_is_copy: bool
    resize: ResizeKind
    resize_signed: ResizeKind
    doubles_images: bool
    lstm: LstmKind

    functions: FunctionPolicy
    flushes_subnormals: bool
    keeps_infinity: bool
    add_n_from_zero: bool
    add_n_saturates: bool
    first_nan_wins: bool

    resets_resources: bool

    def depthwise_rounding(self, dtype: DTypeLike) -> BlockRounding:
        """DEPTHWISE_CONV_2D's, of activations of this type."""
        return self.depthwise_int8 if np.dtype(dtype) == np.int8 else self.depthwise

    def transposed_rounding(self, dtype: DTypeLike) -> BlockRounding:
        """TRANSPOSE_CONV's."""
        return self.transposed_uint8 if np.dtype(dtype) == np.uint8 else self.transposed

    def convolution_precision(self, dtype: DTypeLike) -> ScalePrecision:
        """Of the effective scales of all convolutions."""
        unsigned = np.dtype(dtype) == np.uint8
        return self.convolution_scale_uint8 if unsigned else self.convolution_scale

    def integer_rounding(self, of: np.dtype[Any], to: np.dtype[Any]) -> IntegerRounding:
        """QUANTIZE's, of one integer type to another."""
        return self.requantize if of.itemsize == to.itemsize == 1 else self.requantize_wide

    def resize_kind(self, dtype: DTypeLike) -> ResizeKind:
        """RESIZE_BILINEAR's, of images of this type."""
        return self.resize_signed if np.dtype(dtype).kind == "i" else self.resize
