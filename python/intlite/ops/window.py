"""Sliding windows: what convolutions and pools share of options and shapes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..graph.types import Node, Shape
from .base import shape_error

PADDINGS: Final = ("SAME", "VALID")


@dataclass(frozen=True)
class Window:
    """Height first throughout.

    Attributes:
        filter, stride, dilation: The window and its steps.
        padding: "SAME" or "VALID".
    """

    filter: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: str

    def place(self, node: Node, size: Sequence[int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """Output height and width, and how far the first window lies before the input.

        Raises:
            ShapeError: The window does not fit into the input.
        """
        (oh, top), (ow, left) = (self._place(size[i], i) for i in (0, 1))
        if oh < 0 or ow < 0:
            raise shape_error(node, f"window {self.filter} does not fit into {size}")
        return (oh, ow), (top, left)

    def _place(self, size: int, i: int) -> tuple[int, int]:
        extent = (self.filter[i] - 1) * self.dilation[i] + 1
        if self.padding == "SAME":
            out = -(-size // self.stride[i])
            return out, max((out - 1) * self.stride[i] + extent - size, 0) // 2
        return -(-(size - extent + 1) // self.stride[i]), 0


def window(options: Any, filter_: Sequence[int]) -> Window:
    """The window of an operator's options; those of pools have no dilation."""
    height, width = filter_
    return Window(
        (height, width),
        (options.stride_h, options.stride_w),
        (getattr(options, "dilation_h_factor", 1), getattr(options, "dilation_w_factor", 1)),
        PADDINGS[options.padding],
    )


def check_window(options: Any) -> Iterator[str]:
    """Reasons to refuse the options of a windowed operator."""
    if options is None:
        yield "has no options"
        return
    if not 0 <= options.padding < len(PADDINGS):
        yield f"padding {options.padding} is not known"
    steps = [options.stride_h, options.stride_w]
    steps += [getattr(options, f"dilation_{d}_factor", 1) for d in "hw"]
    if min(steps) < 1:
        yield f"strides and dilations {steps} must be at least 1"


def check_image(node: Node, shape: Shape) -> tuple[int, int, int, int]:
    """Batch, height, width and channels of an NHWC shape.

    Raises:
        ShapeError: It is not of rank 4.
    """
    if len(shape) != 4:
        raise shape_error(node, f"input {list(shape)} is not an NHWC image")
    batch, height, width, channels = shape
    return batch, height, width, channels
