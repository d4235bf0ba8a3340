"""Which file runs which operator: a file is loaded when a model first needs it.

``@register`` in the files is what counts; a test holds this list to it.
"""

from __future__ import annotations

from typing import Final

MODULES: Final[dict[str, tuple[str, ...]]] = {
    "activations": (
        "ABS",
        "HARD_SWISH",
        "LEAKY_RELU",
        "RELU",
        "RELU6",
        "RELU_0_TO_1",
        "RELU_N1_TO_1",
    ),
    "add": (
        "ADD",
        "SUB",
    ),
    "batch_matmul": ("BATCH_MATMUL",),
    "cast": ("CAST",),
    "comparisons": (
        "EQUAL",
        "GREATER",
        "GREATER_EQUAL",
        "LESS",
        "LESS_EQUAL",
        "NOT_EQUAL",
    ),
    "concatenation": (
        "CONCATENATION",
        "PACK",
    ),
    "convolution": (
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
    ),
    "dequantize": ("DEQUANTIZE",),
    "divide": ("DIV",),
    "floor": (
        "CEIL",
        "FLOOR",
        "FLOOR_DIV",
        "FLOOR_MOD",
        "ROUND",
    ),
    "fully_connected": ("FULLY_CONNECTED",),
    "functions": (
        "ELU",
        "EXP",
        "GELU",
        "LOG",
        "LOGISTIC",
        "TANH",
    ),
    "logical": (
        "LOGICAL_AND",
        "LOGICAL_NOT",
        "LOGICAL_OR",
    ),
    "lstm": ("UNIDIRECTIONAL_SEQUENCE_LSTM",),
    "mean": ("MEAN",),
    "minimum": (
        "MAXIMUM",
        "MINIMUM",
    ),
    "multiply": ("MUL",),
    "normalization": (
        "L2_NORMALIZATION",
        "LOG_SOFTMAX",
    ),
    "pad": (
        "MIRROR_PAD",
        "PAD",
        "PADV2",
    ),
    "plain_unary": (
        "ATAN2",
        "COS",
        "POW",
        "SIGN",
        "SIN",
        "SQUARE",
    ),
    "pool": (
        "AVERAGE_POOL_2D",
        "L2_POOL_2D",
        "MAX_POOL_2D",
    ),
    "prelu": ("PRELU",),
    "quantize": ("QUANTIZE",),
    "range": (
        "BROADCAST_ARGS",
        "ONE_HOT",
        "RANGE",
    ),
    "reduce": (
        "REDUCE_ALL",
        "REDUCE_ANY",
        "REDUCE_MAX",
        "REDUCE_MIN",
        "REDUCE_PROD",
        "SUM",
    ),
    "reshape": ("RESHAPE",),
    "resize": (
        "RESIZE_BILINEAR",
        "RESIZE_NEAREST_NEIGHBOR",
    ),
    "rsqrt": (
        "NEG",
        "RSQRT",
        "SQRT",
    ),
    "scatter": (
        "EMBEDDING_LOOKUP",
        "REVERSE_SEQUENCE",
        "SCATTER_ND",
    ),
    "select": (
        "SELECT",
        "SELECT_V2",
        "WHERE",
    ),
    "shape": (
        "EXPAND_DIMS",
        "RANK",
        "SHAPE",
        "SQUEEZE",
    ),
    "slice": (
        "REVERSE_V2",
        "SLICE",
        "STRIDED_SLICE",
    ),
    "softmax": ("SOFTMAX",),
    "space": (
        "BATCH_TO_SPACE_ND",
        "DEPTH_TO_SPACE",
        "SPACE_TO_BATCH_ND",
        "SPACE_TO_DEPTH",
    ),
    "split": (
        "SPLIT",
        "SPLIT_V",
        "UNPACK",
    ),
    "squared_difference": ("SQUARED_DIFFERENCE",),
    "sums": (
        "ADD_N",
        "CUMSUM",
    ),
    "svdf": ("SVDF",),
    "take": (
        "GATHER",
        "GATHER_ND",
    ),
    "tile": (
        "BROADCAST_TO",
        "FILL",
        "TILE",
        "ZEROS_LIKE",
    ),
    "topk": (
        "ARG_MAX",
        "ARG_MIN",
        "TOPK_V2",
    ),
    "transpose": ("TRANSPOSE",),
    "transpose_conv": ("TRANSPOSE_CONV",),
    "variables": (
        "ASSIGN_VARIABLE",
        "CALL_ONCE",
        "READ_VARIABLE",
        "VAR_HANDLE",
    ),
}
MODULE_OF: Final = {name: module for module, names in MODULES.items() for name in names}
