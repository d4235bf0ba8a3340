"""How one element of a convolution comes about."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..explanation import Explanation, shared_roundings
from ..graph.types import Node
from ..quantization import activation_range
from ..reference import convolution as reference
from ..reference.convolution import ConvolutionParameters
from ..reference.fixed_point import wrap_int32
from ..runtimes.families import POLICIES
from ..runtimes.policy import BlockRounding, Policy
from .base import Values, known


def explain(
    node: Node,
    inputs: Values,
    index: tuple[int, ...],
    policy: Policy,
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
    families = {each.arithmetic: each for each in POLICIES.values()}
    scales = {a: reference.effective_scale(p, each) for a, each in families.items()}
    rules = {
        a: _rounding(each, p, groups, depthwise).of_channel(channel, outputs)
        for a, each in families.items()
    }
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
        activation=activation_range(p.activation, p.output, p.dtype, policy.half_even_bounds),
        arithmetic=policy.arithmetic,
        roundings=shared_roundings(rules),
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


def _rounding(
    policy: Policy, p: ConvolutionParameters, groups: int, depthwise: bool
) -> BlockRounding:
    if depthwise:
        return policy.depthwise_rounding(p.dtype)
    return policy.dense if groups == 1 else policy.grouped
