"""How LiteRT's optimized binary kernels walk through broadcast operands.

Their vector code takes whole blocks of elements within runs and may round them
otherwise than the code for the rest of each run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Shape


@dataclass(frozen=True)
class Runs:
    """Runs that tile the output in order.

    Attributes:
        size: Elements of each.
        repeats: Whether one operand is a single value all through a run.
    """

    size: int
    repeats: bool


def broadcast_runs(left: Shape, right: Shape) -> Runs | None:
    """The runs of two operands' broadcast, None if vector code has no part in it.

    LiteRT's ProcessBroadcastShapes: the dimensions, folded, must be equal ones, then
    ones of the first operand, equal ones, ones of the second, equal ones (from the
    last to the first dimension), where the first is the one with the innermost 1.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/process_broadcast_shapes.h,
    ProcessBroadcastShapes.
    """
    rank = max(len(left), len(right))
    a = (1,) * (rank - len(left)) + tuple(left)
    b = (1,) * (rank - len(right)) + tuple(right)
    if a == b:
        return Runs(math.prod(a), repeats=False)
    unequal = next(i for i in reversed(range(rank)) if a[i] != b[i])
    if a[unequal] != 1:
        a, b = b, a
    i, sizes = rank, []
    for fits in (_equal, _first_is_one, _equal, _second_is_one, _equal):
        start = i
        while i > 0 and fits(a[i - 1], b[i - 1]):
            i -= 1
        sizes.append(math.prod(max(pair) for pair in zip(a[i:start], b[i:start], strict=True)))
    if i > 0:
        return None
    return Runs(sizes[0], repeats=False) if sizes[0] > 1 else Runs(sizes[1], repeats=True)


def _equal(a: int, b: int) -> bool:
    return a == b


def _first_is_one(a: int, b: int) -> bool:
    return a == 1


def _second_is_one(a: int, b: int) -> bool:
    return b == 1


def in_blocks_of_runs(shape: Shape, run: int, lanes: int) -> NDArray[np.bool_]:
    """Which elements lie in whole blocks of ``lanes`` within runs of ``run`` elements."""
    in_run: NDArray[Any] = np.arange(math.prod(shape)) % max(run, 1)
    return (in_run < run // lanes * lanes).reshape(shape)
