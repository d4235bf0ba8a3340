"""Operators that only move values, where numpy has no word of its own for it.

All of them work as well on the elements' numbers: so a kernel learns what goes where.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pairs = Sequence[tuple[int, int]]


def pad(x: NDArray[Any], widths: Pairs, fill: Any) -> NDArray[Any]:
    """``fill`` before and after x in each dimension.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/pad.h, Pad.
    """
    shape = [d + before + after for d, (before, after) in zip(x.shape, widths, strict=True)]
    y = np.full(shape, fill, x.dtype)
    inside = zip(widths, x.shape, strict=True)
    y[tuple(slice(before, before + d) for (before, _), d in inside)] = x
    return y


def mirror_pad(x: NDArray[Any], widths: Pairs, reflect: bool) -> NDArray[Any]:
    """x mirrored at its borders, which come twice unless ``reflect``.

    Source: LiteRT 2.3.0, tflite/kernels/mirror_pad.cc, Eval.
    """
    for axis, (before, after) in enumerate(widths):
        inside = np.arange(x.shape[axis])
        left = inside[int(reflect) : int(reflect) + before][::-1]
        right = inside[::-1][int(reflect) : int(reflect) + after]
        x = x.take(np.concatenate([left, inside, right]), axis)
    return x


def depth_to_space(x: NDArray[Any], block: int) -> NDArray[Any]:
    """Channels (row, column, rest) become blocks of the image, NHWC.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/depth_to_space.h, DepthToSpace.
    """
    n, h, w, c = x.shape
    rest = c // block**2
    y = x.reshape(n, h, w, block, block, rest).transpose(0, 1, 3, 2, 4, 5)
    return np.asarray(y.reshape(n, h * block, w * block, rest))


def space_to_depth(x: NDArray[Any], block: int) -> NDArray[Any]:
    """Blocks of the image become channels (row, column, rest), NHWC.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/space_to_depth.h, SpaceToDepth.
    """
    n, h, w, c = x.shape
    rows, columns = h // block, w // block
    y = x.reshape(n, rows, block, columns, block, c).transpose(0, 1, 3, 2, 4, 5)
    return np.asarray(y.reshape(n, rows, columns, c * block**2))


def batch_to_space(x: NDArray[Any], block: Sequence[int], crops: Pairs) -> NDArray[Any]:
    """The batch (block, rest) becomes blocks of the inner dimensions, which are then cropped.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/batch_to_space_nd.h, BatchToSpaceND.
    """
    rank = len(block)
    n, *space, c = x.shape
    batch = n // int(np.prod(block))
    y = x.reshape(*block, batch, *space, c)
    order = [rank, *(axis for k in range(rank) for axis in (rank + 1 + k, k)), 2 * rank + 1]
    full = [d * b for d, b in zip(space, block, strict=True)]
    y = y.transpose(order).reshape(batch, *full, c)
    for axis, ((before, after), d) in enumerate(zip(crops, full, strict=True), 1):
        y = y[(slice(None),) * axis + (slice(before, d - after),)]
    return np.asarray(y)


def space_to_batch(x: NDArray[Any], block: Sequence[int], widths: Pairs, fill: Any) -> NDArray[Any]:
    """Padded, and blocks of the inner dimensions become the batch (block, rest).

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/space_to_batch_nd.h, SpaceToBatchND.
    """
    x = pad(x, [(0, 0), *widths, (0, 0)], fill)
    n, *space, c = x.shape
    rank = len(block)
    inner = [d // b for d, b in zip(space, block, strict=True)]
    split = [d for pair in zip(inner, block, strict=True) for d in pair]
    order = [*range(2, 2 * rank + 1, 2), 0, *range(1, 2 * rank, 2), 2 * rank + 1]
    y = x.reshape(n, *split, c).transpose(order)
    return np.asarray(y.reshape(n * int(np.prod(block)), *inner, c))


def gather(
    x: NDArray[Any], indices: NDArray[Any], axis: int, batch_dimensions: int
) -> NDArray[Any]:
    """``x.take(indices, axis)``, for each element of the leading dimensions by itself.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/gather.h, Gather.
    """
    if batch_dimensions == 0:
        return x.take(indices, axis)
    rows = [gather(*row, axis - 1, batch_dimensions - 1) for row in zip(x, indices, strict=True)]
    shape = x.shape[1:axis] + indices.shape[batch_dimensions:] + x.shape[axis + 1 :]
    return np.stack(rows) if rows else np.empty((0, *shape), x.dtype)


def gather_nd(x: NDArray[Any], indices: NDArray[Any]) -> NDArray[Any]:
    """The parts of x that the rows of ``indices`` name by their leading positions.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/reference_ops.h, GatherNd.
    """
    positions = tuple(np.moveaxis(indices, -1, 0))
    if not positions:
        return np.broadcast_to(x, indices.shape[:-1] + x.shape)
    return np.asarray(x[positions])
