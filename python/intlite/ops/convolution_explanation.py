"""How one element of a convolution comes about."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from ..explanation import Explanation
from ..graph.types import Node
from ..numerics import Arithmetic
from ..quantization import activation_range
from ..reference import convolution as reference
from ..reference.convolution import CHANNEL_BLOCK, ConvolutionParameters
from ..reference.fixed_point import wrap_int32
from .base import Values, known


def explain(
    node: Node,
    inputs: Values,
    index: tuple[int, ...],
    arithmetic: Arithmetic,
    p: ConvolutionParameters,
    depthwise: bool,
) -> Explanation:
    """The explanation of output ``index``, (image, row, column, channel)."""
    x, filter_ = known(node, inputs, 0), known(node, inputs, 1)
    channel = index[3]
    weights = filter_[0, :, :, channel, None] if depthwise else filter_[channel]
    scale_index = channel if p.filter.per_channel else 0
    centred = weights.astype(np.int64) - int(p.filter.zero_point[scale_index])
    outputs = filter_.shape[3 if depthwise else 0]
    # Consecutive outputs read the same group of input channels.
    groups = x.shape[3] // weights.shape[2]
    first = channel // (outputs // groups) * weights.shape[2]
    window = _window(x[index[0], :, :, first : first + weights.shape[2]], weights.shape, index, p)
    bias = 0 if node.optional(2) is None else int(known(node, inputs, 2).ravel()[channel])
    scales = {a: np.asarray(reference.effective_scale(p, a)) for a in get_args(Arithmetic)}
    return Explanation(
        label=node.label,
        tensor=node.outputs[0].name,
        index=index,
        terms=weights.size,
        bias=bias,
        accumulator=int(wrap_int32(np.int64((window * centred).sum()) + bias)),
        scales=(
            float(p.input.scale[0]),
            float(p.filter.scale[scale_index]),
            float(p.output.scale[0]),
        ),
        effective_scales={a: float(s[scale_index]) for a, s in scales.items()},
        zero_point=int(p.output.zero_point[0]),
        activation=activation_range(p.activation, p.output, p.dtype, arithmetic == "xnnpack"),
        arithmetic=arithmetic,
        roundings=_roundings(channel, outputs, groups, p, depthwise),
    )


def _window(
    image: NDArray[Any],
    size: tuple[int, ...],
    index: tuple[int, ...],
    p: ConvolutionParameters,
) -> NDArray[np.int64]:
    """Centred inputs under the window; 0 outside of the image."""
    out = np.zeros(size, np.int64)
    for i in range(size[0]):
        row = index[1] * p.stride[0] + i * p.dilation[0] - p.pad_before[0]
        for j in range(size[1]):
            column = index[2] * p.stride[1] + j * p.dilation[1] - p.pad_before[1]
            if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
                out[i, j] = image[row, column].astype(np.int64) - int(p.input.zero_point[0])
    return out


def _roundings(
    channel: int, outputs: int, groups: int, p: ConvolutionParameters, depthwise: bool
) -> dict[Arithmetic, Arithmetic]:
    """LiteRT's reference kernels round as gemmlowp; its optimized ones do in some channels."""
    if depthwise:
        in_blocks = channel < outputs // CHANNEL_BLOCK * CHANNEL_BLOCK
        ruy = in_blocks and np.dtype(p.dtype) == np.int8
    else:
        ruy = groups == 1
    found: dict[Arithmetic, Arithmetic] = {"reference": "gemmlowp"}
    return found if ruy else {**found, "builtin": "gemmlowp"}
