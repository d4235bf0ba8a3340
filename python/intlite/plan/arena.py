"""Where intermediate tensors lie: offsets in one arena, shared by tensors that never coexist."""

from __future__ import annotations

from dataclasses import dataclass

from .._util.memory_limit import check_memory
from .steps import Draft

ALIGNMENT = 64
# All that a tile's samples read and write should stay in a core's L2 cache: rows of matrices
# that are multiplied together.
TILE_BYTES = 256 * 1024
# Larger samples go together too, up to TILE_UNIT of them, as long as their arena stays in the
# caches, or is a small part of the weights that each tile streams through them.
ARENA_BYTES = 1024 * 1024
MOST_ARENA_BYTES = 8 * 1024 * 1024
ARENA_SHARE_OF_WEIGHTS = 4
# Rows are multiplied in blocks of 32, so tiles are whole blocks where they can.
TILE_UNIT = 32
MAX_TILE = 1024


@dataclass(frozen=True, eq=False)
class Arena:
    """Offsets of tensors for a tile of ``tile_samples``, and their extent in bytes."""

    offsets: dict[int, int]
    size: int
    tile_samples: int


def choose_tile(draft: Draft, threads: int) -> int:
    """How many samples go through all steps together."""
    tensors = {t for step in draft.steps for t in (*step.inputs, *step.outputs)}
    per_sample = sum(draft.sample_bytes(t) for t in tensors - set(draft.constants))
    tile = TILE_BYTES // max(per_sample, 1)
    if threads > 1:
        tile //= 2
    if tile >= TILE_UNIT:
        return min(MAX_TILE, tile // TILE_UNIT * TILE_UNIT)
    weights = sum(step.spec.weight_bytes for step in draft.steps)
    budget = min(max(ARENA_BYTES, weights // ARENA_SHARE_OF_WEIGHTS), MOST_ARENA_BYTES)
    ends = sum(draft.sample_bytes(t) for t in (*draft.inputs, *draft.outputs))
    together = budget // max(plan_arena(draft, 1).size + ends, 1)
    return max(1, tile, min(TILE_UNIT, together))


def plan_arena(draft: Draft, tile_samples: int, reuse: bool = True) -> Arena:
    """Place every intermediate tensor, the largest first, at the lowest offset that is free.

    Raises:
        MemoryLimitError: The arena would take more than the limit.
    """
    last = len(draft.steps)
    visible = {*draft.inputs, *draft.outputs, *draft.constants}
    lives: dict[int, tuple[int, int]] = {}
    for k, step in enumerate(draft.steps):
        for tensor in step.outputs:
            if tensor not in visible:
                lives[tensor] = (k, k)
        for tensor in step.inputs:
            if tensor in lives:
                lives[tensor] = (lives[tensor][0], k)
    sizes = {t: _aligned(draft.sample_bytes(t) * tile_samples) for t in lives}
    offsets: dict[int, int] = {}
    for tensor in sorted(lives, key=lambda t: (-sizes[t], t)):
        first, end = lives[tensor] if reuse else (0, last)
        taken = sorted(
            (offsets[other], offsets[other] + sizes[other])
            for other in offsets
            if not reuse or (lives[other][0] <= end and first <= lives[other][1])
        )
        at = 0
        for start, stop in taken:
            if at + sizes[tensor] <= start:
                break
            at = max(at, stop)
        offsets[tensor] = at
    size = max((offsets[t] + sizes[t] for t in offsets), default=0)
    check_memory(size, "the intermediate tensors")
    return Arena(offsets, size, tile_samples)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
