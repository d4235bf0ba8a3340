"""Which operators LiteRT's default delegate, XNNPACK, takes."""

from __future__ import annotations

from typing import Final

from ..graph.types import Node, Tensor

_EIGHT_BIT: Final = ("INT8", "UINT8")
# XNNPACK's tensors have no more dimensions.
MAX_RANK: Final = 6


def takes(node: Node) -> bool:
    """Whether XNNPACK takes the node: what it wants of any, and of this operator."""
    from ..ops import OPS

    op = OPS.of(node)
    tensors = [(t, i == op.filter_input) for i, t in enumerate(node.inputs) if t is not None]
    tensors += [(t, False) for t in node.outputs]
    return all(_is_delegable(*t) for t in tensors) and op.delegated(node)


def _is_delegable(tensor: Tensor, is_filter: bool) -> bool:
    """What XNNPACK wants of any tensor.

    Besides the rank, that it is not int16, and that the quantized dimension is the first
    even where it means nothing, there being one scale; only int8 filters are free in that.
    """
    q = tensor.quantization
    free = q is None or tensor.type not in _EIGHT_BIT or (is_filter and tensor.type == "INT8")
    if tensor.type == "INT16":
        return False
    return len(tensor.shape) <= MAX_RANK and (free or q is None or q.axis == 0)
