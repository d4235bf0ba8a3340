"""The operators' option tables. They join ``tables.TABLES``, where the reader finds them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .tables import TABLES, Table, _scalar, _string, _vector


class AddNOptions(Table):
    """Of ADD_N."""


class AddOptions(Table):
    """Of ADD."""

    fused_activation_function: int = _scalar(0, "i1")
    pot_scale_int16: bool = _scalar(1, "?", True)


class ArgMaxOptions(Table):
    """Of ARG_MAX."""

    output_type: int = _scalar(0, "i1")


class ArgMinOptions(Table):
    """Of ARG_MIN."""

    output_type: int = _scalar(0, "i1")


class BatchMatMulOptions(Table):
    """Of BATCH_MATMUL."""

    adj_x: bool = _scalar(0, "?", False)
    adj_y: bool = _scalar(1, "?", False)
    asymmetric_quantize_inputs: bool = _scalar(2, "?", False)


class CallOptions(Table):
    """Of CALL."""

    subgraph: int = _scalar(0, "u4")


class CallOnceOptions(Table):
    """Of CALL_ONCE."""

    init_subgraph_index: int = _scalar(0, "i4")


class CastOptions(Table):
    """Of CAST."""

    in_data_type: int = _scalar(0, "i1")
    out_data_type: int = _scalar(1, "i1")


class ConcatenationOptions(Table):
    """Of CONCATENATION."""

    axis: int = _scalar(0, "i4")
    fused_activation_function: int = _scalar(1, "i1")


class Conv2DOptions(Table):
    """Of CONV_2D."""

    padding: int = _scalar(0, "i1")
    stride_w: int = _scalar(1, "i4")
    stride_h: int = _scalar(2, "i4")
    fused_activation_function: int = _scalar(3, "i1")
    dilation_w_factor: int = _scalar(4, "i4", 1)
    dilation_h_factor: int = _scalar(5, "i4", 1)
    quantized_bias_type: int = _scalar(6, "i1")


class CumsumOptions(Table):
    """Of CUMSUM."""

    exclusive: bool = _scalar(0, "?", False)
    reverse: bool = _scalar(1, "?", False)


class DepthToSpaceOptions(Table):
    """Of DEPTH_TO_SPACE."""

    block_size: int = _scalar(0, "i4")


class DepthwiseConv2DOptions(Table):
    """Of DEPTHWISE_CONV_2D."""

    padding: int = _scalar(0, "i1")
    stride_w: int = _scalar(1, "i4")
    stride_h: int = _scalar(2, "i4")
    depth_multiplier: int = _scalar(3, "i4")
    fused_activation_function: int = _scalar(4, "i1")
    dilation_w_factor: int = _scalar(5, "i4", 1)
    dilation_h_factor: int = _scalar(6, "i4", 1)


class DivOptions(Table):
    """Of DIV."""

    fused_activation_function: int = _scalar(0, "i1")


class FullyConnectedOptions(Table):
    """Of FULLY_CONNECTED."""

    fused_activation_function: int = _scalar(0, "i1")
    weights_format: int = _scalar(1, "i1")
    keep_num_dims: bool = _scalar(2, "?", False)
    asymmetric_quantize_inputs: bool = _scalar(3, "?", False)
    quantized_bias_type: int = _scalar(4, "i1")


class GatherOptions(Table):
    """Of GATHER."""

    axis: int = _scalar(0, "i4")
    batch_dims: int = _scalar(1, "i4", 0)


class GeluOptions(Table):
    """Of GELU."""

    approximate: bool = _scalar(0, "?", False)


class IfOptions(Table):
    """Of IF."""

    then_subgraph_index: int = _scalar(0, "i4")
    else_subgraph_index: int = _scalar(1, "i4")


class L2NormOptions(Table):
    """Of L2_NORMALIZATION."""

    fused_activation_function: int = _scalar(0, "i1")


class LeakyReluOptions(Table):
    """Of LEAKY_RELU."""

    alpha: float = _scalar(0, "f4")


class MirrorPadOptions(Table):
    """Of MIRROR_PAD."""

    mode: int = _scalar(0, "i1")


class MulOptions(Table):
    """Of MUL."""

    fused_activation_function: int = _scalar(0, "i1")


class OneHotOptions(Table):
    """Of ONE_HOT."""

    axis: int = _scalar(0, "i4")


class PackOptions(Table):
    """Of PACK."""

    values_count: int = _scalar(0, "i4")
    axis: int = _scalar(1, "i4")


class Pool2DOptions(Table):
    """Of AVERAGE_POOL_2D and MAX_POOL_2D."""

    padding: int = _scalar(0, "i1")
    stride_w: int = _scalar(1, "i4")
    stride_h: int = _scalar(2, "i4")
    filter_width: int = _scalar(3, "i4")
    filter_height: int = _scalar(4, "i4")
    fused_activation_function: int = _scalar(5, "i1")


class ReducerOptions(Table):
    """Of the reductions."""

    keep_dims: bool = _scalar(0, "?", False)


class ReshapeOptions(Table):
    """Of RESHAPE."""

    new_shape: NDArray[np.int32] | None = _vector(0, "i4")


class ResizeBilinearOptions(Table):
    """Of RESIZE_BILINEAR."""

    align_corners: bool = _scalar(2, "?", False)
    half_pixel_centers: bool = _scalar(3, "?", False)


class ResizeNearestNeighborOptions(Table):
    """Of RESIZE_NEAREST_NEIGHBOR."""

    align_corners: bool = _scalar(0, "?", False)
    half_pixel_centers: bool = _scalar(1, "?", False)


class ReverseSequenceOptions(Table):
    """Of REVERSE_SEQUENCE."""

    seq_dim: int = _scalar(0, "i4")
    batch_dim: int = _scalar(1, "i4", 0)


class ShapeOptions(Table):
    """Of SHAPE."""

    out_type: int = _scalar(0, "i1")


class SoftmaxOptions(Table):
    """Of SOFTMAX."""

    beta: float = _scalar(0, "f4")


class SpaceToDepthOptions(Table):
    """Of SPACE_TO_DEPTH."""

    block_size: int = _scalar(0, "i4")


class SplitOptions(Table):
    """Of SPLIT."""

    num_splits: int = _scalar(0, "i4")


class SplitVOptions(Table):
    """Of SPLIT_V."""

    num_splits: int = _scalar(0, "i4")


class SqueezeOptions(Table):
    """Of SQUEEZE."""

    squeeze_dims: NDArray[np.int32] | None = _vector(0, "i4")


class StridedSliceOptions(Table):
    """Of STRIDED_SLICE."""

    begin_mask: int = _scalar(0, "i4")
    end_mask: int = _scalar(1, "i4")
    ellipsis_mask: int = _scalar(2, "i4")
    new_axis_mask: int = _scalar(3, "i4")
    shrink_axis_mask: int = _scalar(4, "i4")
    offset: bool = _scalar(5, "?", False)


class SubOptions(Table):
    """Of SUB."""

    fused_activation_function: int = _scalar(0, "i1")
    pot_scale_int16: bool = _scalar(1, "?", True)


class SVDFOptions(Table):
    """Of SVDF."""

    rank: int = _scalar(0, "i4")
    fused_activation_function: int = _scalar(1, "i1")
    asymmetric_quantize_inputs: bool = _scalar(2, "?", False)


class TransposeConvOptions(Table):
    """Of TRANSPOSE_CONV."""

    padding: int = _scalar(0, "i1")
    stride_w: int = _scalar(1, "i4")
    stride_h: int = _scalar(2, "i4")
    fused_activation_function: int = _scalar(3, "i1")
    quantized_bias_type: int = _scalar(4, "i1")


class UnidirectionalSequenceLSTMOptions(Table):
    """Of UNIDIRECTIONAL_SEQUENCE_LSTM."""

    fused_activation_function: int = _scalar(0, "i1")
    cell_clip: float = _scalar(1, "f4")
    proj_clip: float = _scalar(2, "f4")
    time_major: bool = _scalar(3, "?", False)
    asymmetric_quantize_inputs: bool = _scalar(4, "?", False)
    diagonal_recurrent_tensors: bool = _scalar(5, "?", False)


class UnpackOptions(Table):
    """Of UNPACK."""

    num: int = _scalar(0, "i4")
    axis: int = _scalar(1, "i4")


class VarHandleOptions(Table):
    """Of VAR_HANDLE."""

    container: str | None = _string(0)
    shared_name: str | None = _string(1)


class WhileOptions(Table):
    """Of WHILE."""

    cond_subgraph_index: int = _scalar(0, "i4")
    body_subgraph_index: int = _scalar(1, "i4")


# Which fields of options are numbers of subgraphs.
SUBGRAPHS = {
    "CALL": ("subgraph",),
    "CALL_ONCE": ("init_subgraph_index",),
    "IF": ("then_subgraph_index", "else_subgraph_index"),
    "WHILE": ("cond_subgraph_index", "body_subgraph_index"),
}

# Of operators that share a table, or whose table has another name.
_TABLE_OF = {
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "BATCH_MATMUL": "BatchMatMulOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "L2_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "REDUCE_ALL": "ReducerOptions",
    "REDUCE_ANY": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "REDUCE_PROD": "ReducerOptions",
    "SUM": "ReducerOptions",
    "SVDF": "SVDFOptions",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
}


def table_of(operator: str) -> str | None:
    """The name of the table that an operator's options are, if it has one here."""
    name = "".join(word.capitalize() for word in operator.split("_")) + "Options"
    name = _TABLE_OF.get(operator, name.replace("2d", "2D"))
    return name if name in TABLES else None
