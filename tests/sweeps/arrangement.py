"""Random cases of the operators that repeat, pick or rearrange stored values."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from intlite.schema import options

from .base import generator
from .movement import (
    TYPES,
    MovementCase,
    draw_array,
    draw_quantization,
    draw_shape,
    index_type,
    int32,
    sign,
    stored,
)

BLOCK_TYPES = ("int8", "uint8", "int32", "int64", "float32")
ZERO_TYPES = ("int32", "int64", "float32")
POSITIONS = ("int32", "int32", "int64", "int16")


@generator("TILE")
def tile(rng: Generator, index: int) -> MovementCase:
    dtype, shape = TYPES[index % len(TYPES)], draw_shape(rng, 1, 5, 200)
    times = [int(rng.integers(rng.random() > 0.02, 4)) for _ in shape]
    return MovementCase(
        "TILE",
        (draw_array(rng, shape, dtype), np.array(times, index_type(rng))),
        (tuple(d * n for d, n in zip(shape, times, strict=True)),),
        stored=stored(rng, 1),
        **draw_quantization(rng, dtype),
    )


@generator("BROADCAST_TO")
def broadcast_to(rng: Generator, index: int) -> MovementCase:
    dtype, shape = TYPES[index % len(TYPES)], draw_shape(rng, 1, 5)
    own = tuple(1 if rng.random() < 0.4 else d for d in shape)[int(rng.integers(len(shape))) :]
    return MovementCase(
        "BROADCAST_TO",
        (draw_array(rng, own, dtype), np.array(shape, index_type(rng))),
        (shape,),
        stored=stored(rng, 1),
        version=2,
        **draw_quantization(rng, dtype),
    )


@generator("FILL")
def fill(rng: Generator, index: int) -> MovementCase:
    dtype, shape = TYPES[index % len(TYPES)], draw_shape(rng, 1, 5)
    return MovementCase(
        "FILL",
        (np.array(shape, index_type(rng)), draw_array(rng, (), dtype)),
        (shape,),
        moved=(1,),
        stored=stored(rng, 0),
        **draw_quantization(rng, dtype),
    )


@generator("ZEROS_LIKE")
def zeros_like(rng: Generator, index: int) -> MovementCase:
    dtype, shape = ZERO_TYPES[index % len(ZERO_TYPES)], draw_shape(rng, 0, 6)
    return MovementCase("ZEROS_LIKE", (draw_array(rng, shape, dtype),), (shape,))


@generator("GATHER")
def gather(rng: Generator, index: int) -> MovementCase:
    dtype, shape = TYPES[index % len(TYPES)], draw_shape(rng, 1, 4, 600)
    axis = int(rng.integers(len(shape)))
    batch = int(rng.integers(0, axis + 1)) if rng.random() < 0.4 else 0
    own = draw_shape(rng, 0, 2, 30) if shape[axis] else (0,)
    chosen = (*shape[:batch], *own)
    positions = rng.integers(0, max(1, shape[axis]), chosen)
    return MovementCase(
        "GATHER",
        (draw_array(rng, shape, dtype), np.array(positions, rng.choice(POSITIONS))),
        ((*shape[:axis], *own, *shape[axis + 1 :]),),
        options.GatherOptions(
            axis=sign(rng, axis, len(shape)),
            batch_dims=batch - len(chosen) if own and rng.random() < 0.3 else batch,
        ),
        stored=stored(rng, 1),
        **draw_quantization(rng, dtype),
    )


@generator("GATHER_ND")
def gather_nd(rng: Generator, index: int) -> MovementCase:
    dtype = TYPES[index % len(TYPES)]
    shape = tuple(max(1, d) for d in draw_shape(rng, 1, 4, 400))
    depth = int(rng.integers(1, len(shape) + 1))
    own = draw_shape(rng, 1, 3, 200)
    columns = [rng.integers(0, d, own) for d in shape[:depth]]
    return MovementCase(
        "GATHER_ND",
        (draw_array(rng, shape, dtype), np.stack(columns, -1).astype(rng.choice(POSITIONS))),
        ((*own, *shape[depth:]),),
        stored=stored(rng, 1),
        **draw_quantization(rng, dtype),
    )


def _image(rng: Generator) -> tuple[int, ...]:
    shape = draw_shape(rng, 4, 4, 1500)
    return tuple(min(d, 12) for d in shape)


@generator("DEPTH_TO_SPACE")
def depth_to_space(rng: Generator, index: int) -> MovementCase:
    dtype, block = BLOCK_TYPES[index % len(BLOCK_TYPES)], int(rng.integers(1, 5))
    # Of an empty one the delegate makes a shape of leftover memory.
    n, h, w, c = (max(d, 1) for d in _image(rng))
    return MovementCase(
        "DEPTH_TO_SPACE",
        (draw_array(rng, (n, h, w, c * block**2), dtype),),
        ((n, h * block, w * block, c),),
        options.DepthToSpaceOptions(block_size=block),
        **draw_quantization(rng, dtype),
    )


@generator("SPACE_TO_DEPTH")
def space_to_depth(rng: Generator, index: int) -> MovementCase:
    dtype, block = BLOCK_TYPES[index % len(BLOCK_TYPES)], int(rng.integers(1, 5))
    # Of an empty one the delegate makes a shape of leftover memory.
    n, h, w, c = (max(d, 1) for d in _image(rng))
    return MovementCase(
        "SPACE_TO_DEPTH",
        (draw_array(rng, (n, h * block, w * block, c), dtype),),
        ((n, h, w, c * block**2),),
        options.SpaceToDepthOptions(block_size=block),
        **draw_quantization(rng, dtype),
    )


@generator("BATCH_TO_SPACE_ND")
def batch_to_space(rng: Generator, index: int) -> MovementCase:
    dtype = TYPES[index % len(TYPES)]
    n, *space, c = _image(rng)[: int(rng.integers(3, 5))]
    block = [int(b) for b in rng.integers(1, 4, len(space))]
    full = [d * b for d, b in zip(space, block, strict=True)]
    crops = [[int(rng.integers(0, d // 3 + 1)) for _ in range(2)] for d in full]
    return MovementCase(
        "BATCH_TO_SPACE_ND",
        (
            draw_array(rng, (n * int(np.prod(block)), *space, c), dtype),
            int32(*block),
            int32(*crops),
        ),
        ((n, *(d - sum(crop) for d, crop in zip(full, crops, strict=True)), c),),
        stored=stored(rng, 1, 2),
        **draw_quantization(rng, dtype),
    )


@generator("SPACE_TO_BATCH_ND")
def space_to_batch(rng: Generator, index: int) -> MovementCase:
    dtype = TYPES[index % len(TYPES)]
    n, *space, c = _image(rng)[: int(rng.integers(3, 5))]
    block = [int(b) for b in rng.integers(1, 4, len(space))]
    padded = index % 3 == 0
    before = [
        int(rng.integers(0, min(d * b, 3) + 1)) * padded for d, b in zip(space, block, strict=False)
    ]
    after = [int(rng.integers(0, 3)) * padded for _ in space]
    # Whole blocks: what is too much is no part of the input.
    sizes = [
        max(0, (d + (p + q) // b) * b - p - q)
        for d, b, p, q in zip(space, block, before, after, strict=True)
    ]
    after = [-(s + p) % b for s, p, b in zip(sizes, before, block, strict=True)]
    out = [(s + p + q) // b for s, p, q, b in zip(sizes, before, after, block, strict=True)]
    return MovementCase(
        "SPACE_TO_BATCH_ND",
        (
            draw_array(rng, (n, *sizes, c), dtype),
            int32(*block),
            int32(*zip(before, after, strict=True)),
        ),
        ((n * int(np.prod(block)), *out, c),),
        stored=stored(rng, 1, 2),
        # TFLite Micro pads with something that is not the stored value of 0.
        misread=("tflm",) * bool(np.any([before, after])),
        **draw_quantization(rng, dtype),
    )
