"""What operators that sum inputs times weights share: types, biases, how wide their sums are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from ..graph.types import Node, Tensor
from ..schema.enums import TENSOR_TYPES
from .base import check_quantized, check_scales, elements
from .requantize import WIDE_SCALE_LIMIT

# Input, weights, output.
TYPES: Final = (("INT8",) * 3, ("UINT8",) * 3, ("INT16", "INT8", "INT16"))
NARROW_TYPES: Final = ("INT8", "INT4", "INT8")
# Weights with zero points of 0, and a scale for each channel.
SIGNED: Final = ("INT8", "INT4")


def check_types(
    x: Tensor, weights: Tensor, y: Tensor, what: str, narrow: bool = True
) -> Iterator[str]:
    """Reasons to refuse types, of which there is no more to say then.

    ``narrow``: INT8 by INT4 is taken too.
    """
    allowed = (*TYPES, NARROW_TYPES) if narrow else TYPES
    if (x.type, weights.type, y.type) not in allowed:
        also = " or INT4" if narrow else ""
        yield (
            f"{x.type} input, {weights.type} {what} and {y.type} output are not "
            f"supported; INT8 by INT8{also}, all UINT8, and INT16 by INT8 are"
        )
    elif weights.type == "INT4" and not weights.is_constant:
        yield f"{what} {weights!r} is not constant"


def check_quantizations(x: Tensor, weights: Tensor, y: Tensor, what: str) -> Iterator[str]:
    """Reasons to refuse quantizations, other than of the weights' channels."""
    yield from check_quantized(x, "input")
    yield from check_quantized(weights, what, per_channel=True)
    yield from check_quantized(y, "output")
    yield from check_scales(x, weights)
    if weights.type == "INT4" and weights.quantization and not weights.quantization.is_symmetric:
        yield f"{what} {weights!r}: INT4 needs zero points of 0"
    for tensor in (x, weights, y) if x.type == "INT16" else ():
        q = tensor.quantization
        if q is not None and not q.is_symmetric:
            yield f"{tensor!r}: INT16 needs zero points of 0"


# Of a node: its input, weights and bias, and how many outputs there are.
BiasCheck = Callable[[Node, Tensor, Tensor, "Tensor | None", int], Iterator[str]]


def check_bias(
    node: Node, x: Tensor, weights: Tensor, bias: Tensor | None, units: int
) -> Iterator[str]:
    """Reasons to refuse a bias of sums of 32 bits."""
    if bias is not None and (bias.type != "INT32" or elements(bias.shape) != units):
        yield f"bias {bias!r}: expected {units} INT32 values"


def check_int16_bias(
    node: Node, x: Tensor, weights: Tensor, bias: Tensor | None, units: int
) -> Iterator[str]:
    """Reasons to refuse a bias where inputs are int16, and scales that its type does not suit."""
    stated = stated_bias_type(node)
    if stated not in ("FLOAT32", "INT32", "INT64"):
        yield f"quantized bias type {stated} is not supported"
    # Without the statement LiteRT reads any bias as INT64.
    expected = "INT32" if stated == "INT32" else "INT64"
    if bias is not None and (bias.type != expected or elements(bias.shape) != units):
        yield f"bias {bias!r}: expected {units} {expected} values"
    scales = x.quantization, weights.quantization, node.outputs[0].quantization
    if expected == "INT64" and scales[0] and scales[1] and scales[2]:
        with np.errstate(over="ignore"):
            factor = scales[0].scale[0] * scales[1].scale / scales[2].scale[0]
        if not (factor < WIDE_SCALE_LIMIT).all():
            yield f"input * weights / output scale is {WIDE_SCALE_LIMIT} or more"


def has_wide_sums(node: Node, x: Tensor) -> bool:
    """Whether sums have 64 bits."""
    return x.type == "INT16" and stated_bias_type(node) != "INT32"


def stated_bias_type(node: Node) -> str:
    """What the options say of the bias: "FLOAT32" says nothing."""
    stated = getattr(node.options, "quantized_bias_type", 0)
    return TENSOR_TYPES[stated] if 0 <= stated < len(TENSOR_TYPES) else str(stated)
