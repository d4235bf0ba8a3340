"""DEPTH_TO_SPACE, SPACE_TO_DEPTH, BATCH_TO_SPACE_ND and SPACE_TO_BATCH_ND."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..reference import movement as reference
from .base import Values, elements, shape_error
from .movement import INDEX, Movement, pairs, vector
from .operator_table import register
from .strided_boxes import Pair


class DepthAndSpace(Movement):
    """Between channels and blocks of an NHWC image."""

    types: ClassVar[Sequence[str]] = ("INT8", "UINT8", *INDEX, "FLOAT32")

    def refusals(self, node: Node) -> Iterator[str]:
        yield from super().refusals(node)
        if getattr(node.options, "block_size", 0) < 1:
            yield "has no block size above 0"


def _image(node: Node, shape: Shape) -> tuple[int, int, int, int]:
    if len(shape) != 4:
        raise shape_error(node, f"input has shape {list(shape)}, expected 4 dimensions")
    n, h, w, c = shape
    return n, h, w, c


@register("DEPTH_TO_SPACE")
class DepthToSpace(DepthAndSpace):
    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        (n, h, w, c), block = _image(node, shapes[0]), int(node.options.block_size)
        if c % block**2:
            raise shape_error(node, f"cannot make blocks of {block} of {c} channels")
        return [(n, h * block, w * block, c // block**2)]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return [reference.depth_to_space(arrays[0], node.options.block_size)]

    def pairs(
        self,
        node: Node,
        read: list[NDArray[Any]],
        written: list[NDArray[Any]],
        values: Values,
    ) -> Sequence[Pair] | None:
        return [_blocks(written[0], read[0], node.options.block_size)[::-1]]


@register("SPACE_TO_DEPTH")
class SpaceToDepth(DepthAndSpace):
    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        (n, h, w, c), block = _image(node, shapes[0]), int(node.options.block_size)
        if h % block or w % block:
            raise shape_error(node, f"cannot make blocks of {block} of {list(shapes[0])}")
        return [(n, h // block, w // block, c * block**2)]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        return [reference.space_to_depth(arrays[0], node.options.block_size)]

    def pairs(
        self,
        node: Node,
        read: list[NDArray[Any]],
        written: list[NDArray[Any]],
        values: Values,
    ) -> Sequence[Pair] | None:
        return [_blocks(read[0], written[0], node.options.block_size)]


def _blocks(space: NDArray[Any], depth: NDArray[Any], block: int) -> Pair:
    """Views of both by image, row, column, position in the block, and channel."""
    n, h, w, _ = depth.shape
    rest = space.shape[3]
    by_block = space.reshape(n, h, block, w, block, rest).transpose(0, 1, 3, 2, 4, 5)
    return by_block, depth.reshape(n, h, w, block, block, rest)


class BatchAndSpace(Movement):
    """Between the batch and blocks of one or two inner dimensions."""

    operands: ClassVar[int] = 3
    indices: ClassVar[dict[int, Sequence[str]]] = {1: ("INT32",), 2: ("INT32",)}
    same_quantization: ClassVar[bool] = True


def _block(node: Node, shape: Shape, values: Values) -> tuple[list[int], list[tuple[int, int]]]:
    """The block, and what is padded or cropped."""
    if len(shape) not in (3, 4):
        raise shape_error(node, f"input has shape {list(shape)}, expected 3 or 4 dimensions")
    block = vector(node, values, 1, len(shape) - 2)
    if any(b < 1 for b in block):
        raise shape_error(node, f"cannot make blocks of {block}")
    return block, pairs(node, values, 2, len(shape) - 2)


@register("BATCH_TO_SPACE_ND")
class BatchToSpace(BatchAndSpace):
    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        block, crops = _block(node, shapes[0], values)
        n, *space, c = shapes[0]
        inner = [d * b - sum(crop) for d, b, crop in zip(space, block, crops, strict=True)]
        if n % elements(tuple(block)) or any(d < 0 for d in inner):
            raise shape_error(node, f"cannot make blocks of {block} of {list(shapes[0])}, {crops}")
        return [(n // elements(tuple(block)), *inner, c)]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        return [reference.batch_to_space(x, *_block(node, x.shape, values))]


@register("SPACE_TO_BATCH_ND")
class SpaceToBatch(BatchAndSpace):
    fills: ClassVar[bool] = True

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        block, widths = _block(node, shapes[0], values)
        n, *space, c = shapes[0]
        padded = [d + sum(width) for d, width in zip(space, widths, strict=True)]
        if any(d % b for d, b in zip(padded, block, strict=True)):
            raise shape_error(node, f"cannot make blocks of {block} of {padded}")
        inner = [d // b for d, b in zip(padded, block, strict=True)]
        return [(n * elements(tuple(block)), *inner, c)]

    def move(
        self, node: Node, arrays: list[NDArray[Any]], values: Values, fill: int
    ) -> list[NDArray[Any]]:
        [x] = arrays
        return [reference.space_to_batch(x, *_block(node, x.shape, values), fill)]
