"""Which nodes LiteRT's default delegate, XNNPACK, takes: a rule for each operator it knows.

Where intlite moves values as all runtimes do, it does not matter who takes the node, and
there is no rule. A node that XNNPACK takes and then fails on, or whose scales it refuses with
the whole model, counts as not taken: here the other kernels run it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from ..graph.types import Node, Tensor
from ..ops.base import EIGHT_BIT, elements, quantization
from ..reference.requantize import effective_scale
from .rounding import ScalePrecision

# Its tensors have no more dimensions.
MAX_RANK: Final = 6
# Effective scales of sums of products are below.
SCALE_LIMIT: Final = 256
_LEAST_NORMAL: Final = float(np.finfo(np.float32).tiny)


def takes(node: Node) -> bool:
    """Whether XNNPACK takes the node: what it wants of any tensor, and of this operator.

    Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitNode.
    """
    rule = RULES.get(node.operator.name)
    if rule is None:
        return False
    is_weighted = node.operator.name in WEIGHTED
    for i, tensor in enumerate(node.inputs):
        if tensor is not None and not _fits(tensor, is_weighted and i == 1):
            return False
    return all(_fits(tensor, False) for tensor in node.outputs) and rule(node)


def _fits(tensor: Tensor, is_filter: bool) -> bool:
    """What XNNPACK wants of any tensor.

    Besides the rank, that it is not int16, and that the quantized dimension is the first
    even where it means nothing, there being one scale; only int8 filters are free in that.

    Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, CheckTensorShape and
    CheckTensorFloat32OrQCInt8Type.
    """
    q, type_ = tensor.quantization, tensor.type
    if type_ == "INT16" or len(tensor.shape) > MAX_RANK:
        return False
    if q is None or q.axis == 0 or type_ not in EIGHT_BIT:
        return True
    return is_filter and type_ == "INT8"


def _is_stored(node: Node) -> bool:
    return node.input(0).type in EIGHT_BIT


def _is_float(node: Node) -> bool:
    return all(t is None or t.type == "FLOAT32" for t in (*node.inputs, *node.outputs))


def _stored_or_float(node: Node) -> bool:
    return _is_stored(node) or _is_float(node)


def _has_shapes(*tensors: Tensor) -> bool:
    """Whether the file has their shapes: XNNPACK decides by these, before any is inferred."""
    return not any(t.is_shape_inferred for t in tensors)


# -------------------------------------------------------------------- by weights


def _is_bias(bias: Tensor, any_shape: bool = False) -> bool:
    """A constant vector, or of any shape, quantized, symmetric, all scales normal numbers.

    Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc,
    CheckTensorFloat32OrFloat16OrQCInt32Type.
    """
    q = bias.quantization
    if not bias.is_constant or q is None or not (any_shape or len(bias.shape) == 1):
        return False
    symmetric = q.axis == 0 and q.is_symmetric
    return symmetric and _has_normal_scales(bias)


def _is_vector(bias: Tensor) -> bool:
    return bias.is_constant and len(bias.shape) == 1


def _has_normal_scales(tensor: Tensor) -> bool:
    """That of a channel without weights may be 0."""
    low, high = quantization(tensor).scale_range
    return low >= _LEAST_NORMAL and high < math.inf


def _has_scale(x: Tensor, weights: Tensor, y: Tensor) -> bool:
    """Whether the requantization takes input * weights / output.

    Source: XNNPACK 75db3c0, src/operators/convolution-nhwc.c, init_requantization_scale_qx8_qc8w.
    """
    if not _has_normal_scales(weights):
        return False
    in_, out = quantization(x).scale[0], quantization(y).scale[0]
    greatest = np.float32(quantization(weights).scale_range[1])
    return bool(effective_scale(in_, greatest, out, ScalePrecision.FLOAT) < SCALE_LIMIT)


def _has_whole_bytes(weights: Tensor) -> bool:
    """Two weights of 4 bits are one."""
    return weights.type != "INT4" or weights.shape[1] % 2 == 0


def _is_static(node: Node, tensor: Tensor | None) -> bool:
    """A constant, or what a DEQUANTIZE makes of one.

    Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, PrepareOpsToDelegate.
    """
    return tensor is not None and (tensor.is_constant or tensor.index in node.dequantized)


def _are_float(*tensors: Tensor | None) -> bool:
    return all(t is None or t.type == "FLOAT32" for t in tensors)


def _fully_connected(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc,
    VisitFullyConnectedNode.
    """
    weights, bias = node.input(1), node.optional(2)
    if _are_float(node.input(0), weights):
        return _is_static(node, weights) and (bias is None or _is_static(node, bias))
    if node.input(0).type == "FLOAT32":
        return _hybrid(node, ("INT8", "INT4"))
    if not weights.is_constant or not _is_stored(node):
        return False
    if weights.type == "INT8" and not quantization(weights).is_symmetric:
        return False
    if bias is not None and not _is_bias(bias, any_shape=True):
        return False
    return _has_whole_bytes(weights) and _has_scale(node.input(0), weights, node.outputs[0])


def _hybrid(node: Node, types: tuple[str, ...] = ("INT8",), needs_bias: bool = False) -> bool:
    """float32 by quantized weights.

    Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitFullyConnectedNode,
    VisitConv2DNode and VisitBatchMatMulNode.
    """
    weights, bias = node.input(1), node.optional(2)
    if weights.type not in types or not _has_whole_bytes(weights):
        return False
    if not _has_normal_scales(weights):
        return False
    return not needs_bias if bias is None else bias.is_constant


def _convolution(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitConv2DNode."""
    filter_, bias = node.input(1), node.optional(2)
    if _are_float(node.input(0), filter_):
        has_weights = _is_static(node, filter_) and _is_static(node, bias)
        is_vector = bias is not None and len(bias.shape) == 1
        return has_weights and is_vector and _has_shapes(node.input(0), node.outputs[0])
    if not _is_stored(node) or filter_.type == "INT4":
        return False
    if not _has_shapes(node.input(0), node.outputs[0]):
        return False
    if not filter_.is_constant or bias is None or not _is_bias(bias):
        return False
    return _has_scale(node.input(0), filter_, node.outputs[0])


def _conv_2d(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitConv2DNode."""
    if node.input(0).type == "FLOAT32" and node.input(1).type != "FLOAT32":
        return _has_shapes(node.input(0), node.outputs[0]) and _hybrid(node, needs_bias=True)
    return _convolution(node)


def _depthwise_conv_2d(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc,
    VisitDepthwiseConv2DNode.
    """
    multiplier = getattr(node.options, "depth_multiplier", 0)
    return multiplier > 0 and node.input(1).shape[3] % multiplier == 0 and _convolution(node)


def _transpose_conv(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc,
    VisitTransposeConvNode.
    """
    from ..ops.window import window

    (shape, filter_, image), bias = (node.input(i) for i in range(3)), node.optional(3)
    is_float = _are_float(image, filter_)
    is_hybrid = image.type == "FLOAT32" and filter_.type == "INT8"
    if not (is_float or is_hybrid or image.type in EIGHT_BIT):
        return False
    if shape.data is None or not (filter_.is_constant or (is_float and _is_static(node, filter_))):
        return False
    if not _has_shapes(image, node.outputs[0]):
        return False
    if bias is not None and is_float and not (_is_static(node, bias) and len(bias.shape) == 1):
        return False
    if bias is not None and is_hybrid and not _is_vector(bias):
        return False
    if bias is not None and image.type in EIGHT_BIT and not _is_bias(bias):
        return False
    placed = window(node.options, filter_.shape[1:3])
    if placed.padding == "SAME":
        fits = all(f >= s for f, s in zip(placed.filter, placed.stride, strict=True))
    else:
        fits = all(f <= y for f, y in zip(placed.filter, shape.data[1:3], strict=True))
    if is_float or is_hybrid:
        return fits and (is_float or _has_normal_scales(filter_))
    return fits and _has_scale(image, filter_, node.outputs[0])


def _batch_matmul(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitBatchMatMulNode."""
    left, right = node.input(0), node.input(1)
    if _are_float(left, right):
        return _has_shapes(left, right)
    if left.type == "FLOAT32":
        return _has_shapes(left) and _hybrid(node)
    if left.type != "INT8" or not quantization(right).is_symmetric:
        return False
    if not _has_shapes(left, right):
        return False
    return _has_scale(left, right, node.outputs[0])


# ------------------------------------------------------------------- elementwise


def _sum(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc,
    CheckTensorsInputOutputScale.
    """
    if not _is_stored(node):
        return _is_float(node)
    out = quantization(node.outputs[0]).scale[0]
    ratios = [quantization(node.input(i)).scale[0] / out for i in (0, 1)]
    return all(2.0**-10 <= ratio < 2.0**8 for ratio in ratios)


def _product(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc,
    CheckTensorsInputProductOutputScale.
    """
    if not _is_stored(node):
        return _is_float(node)
    left, right, out = (
        quantization(t).scale[0] for t in (node.input(0), node.input(1), node.outputs[0])
    )
    return bool(2.0**-16 <= effective_scale(left, right, out, ScalePrecision.FLOAT) < 2.0**8)


def _leaky_relu(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitUnaryNode; XNNPACK
    75db3c0, src/microparams-init.c, xnn_init_qs8_lrelu_scalar_params.
    """
    alpha = np.float32(getattr(node.options, "alpha", 0.0))
    if not _is_stored(node):
        return _is_float(node) and _LEAST_NORMAL <= abs(float(alpha)) < math.inf
    with np.errstate(over="ignore", under="ignore"):
        positive = quantization(node.input(0)).scale[0] / quantization(node.outputs[0]).scale[0]
        negative = float(positive * alpha)
    # The multipliers of negative values are int16, with 8 bits of fraction.
    fits = -128 + 2.0**-8 <= negative <= 128 and abs(negative) >= 2.0**-8
    return bool(2.0**-8 <= float(positive) <= 128 and fits)


def _always(node: Node) -> bool:
    return True


def _prelu(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitBinaryNode."""
    return _is_float(node) and node.input(1).is_constant


def _softmax(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitSoftmaxNode."""
    return _is_float(node) and getattr(node.options, "beta", 0.0) == 1.0


def _quantize(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitUnaryNode; XNNPACK
    75db3c0, src/microparams-init.c, xnn_init_qs8_cvt_scalar_params.
    """
    x, y = node.input(0), node.outputs[0]
    if x.type == "FLOAT32":
        return y.type in EIGHT_BIT
    if x.type not in EIGHT_BIT or x.type != y.type:
        return False
    return 2.0**-8 <= float(quantization(x).scale[0] / quantization(y).scale[0]) <= 128


# ------------------------------------------------------- reductions and windows


def _mean(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitReduceNode."""
    x, axes = node.input(0), node.input(1)
    few = 0 < elements(axes.shape) <= MAX_RANK and len(axes.shape) <= 1
    # By the file it may be one of a scalar over axis 0.
    ill_defined = (
        x.is_shape_inferred and axes.data is not None and axes.data.ravel().tolist() == [0]
    )
    is_plain = x.type == node.outputs[0].type == "FLOAT32" and axes.data is not None
    return (
        (_is_stored(node) or is_plain) and few and 0 < len(x.shape) <= MAX_RANK and not ill_defined
    )


def _reduction(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitReduceNode."""
    x, axes = node.input(0), node.input(1)
    if x.type != "FLOAT32" and (x.quantization is None or node.outputs[0].quantization is None):
        return False
    return axes.data is not None and _mean(node)


def _max_pool_2d(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitMaxPool2DNode and
    CheckPoolingParams.
    """
    options = node.options
    if not _stored_or_float(node):
        return False
    fh, fw = options.filter_height, options.filter_width
    if (fh, fw) == (1, 1) and max(options.stride_h, options.stride_w) > 1:
        return False
    return bool(options.stride_h <= fh and options.stride_w <= fw)


def _average_pool_2d(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc,
    VisitAveragePool2DNode.
    """
    return _is_float(node) and _max_pool_2d(node)


def _resize_bilinear(node: Node) -> bool:
    """Source: LiteRT 2.3.0, tflite/delegates/xnnpack/xnnpack_delegate.cc,
    VisitResizeBilinearNode.
    """
    from ..ops.movement import is_quantized_alike

    x, y = node.input(0), node.outputs[0]
    if not node.input(1).is_constant or not _has_shapes(x, y):
        return False
    # Quantized otherwise XNNPACK takes it, and then fails.
    quantized = x.quantization is not None and is_quantized_alike(x, y)
    return x.type == "FLOAT32" or (_is_stored(node) and quantized)


RULES: Final[dict[str, Callable[[Node], bool]]] = {
    **dict.fromkeys(
        (
            *("ABS", "COS", "DIV", "EXP", "GELU", "HARD_SWISH", "LOG", "MAXIMUM", "MINIMUM"),
            *("NEG", "RELU", "RELU6", "RELU_N1_TO_1", "RSQRT", "SIN", "SQRT", "SQUARE"),
            "SQUARED_DIFFERENCE",
        ),
        _is_float,
    ),
    "ADD": _sum,
    "AVERAGE_POOL_2D": _average_pool_2d,
    "BATCH_MATMUL": _batch_matmul,
    "CEIL": _always,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "DEQUANTIZE": _is_stored,
    "ELU": _stored_or_float,
    "FLOOR": _always,
    "FULLY_CONNECTED": _fully_connected,
    "LEAKY_RELU": _leaky_relu,
    "LOGISTIC": _stored_or_float,
    "MAX_POOL_2D": _max_pool_2d,
    "MEAN": _mean,
    "MUL": _product,
    "PRELU": _prelu,
    "QUANTIZE": _quantize,
    "REDUCE_MAX": _reduction,
    "REDUCE_MIN": _reduction,
    "RESHAPE": _is_stored,
    "RESIZE_BILINEAR": _resize_bilinear,
    "ROUND": _always,
    "SOFTMAX": _softmax,
    "SUB": _sum,
    "SUM": _reduction,
    "TANH": _stored_or_float,
    "TRANSPOSE_CONV": _transpose_conv,
}
# Whose input 1 is a filter, or weights.
WEIGHTED: Final = frozenset(
    ("BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
)
