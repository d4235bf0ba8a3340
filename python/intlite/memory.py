"""How much memory a tensor or a plan may take: checked before anything is allocated."""

from __future__ import annotations

import math
import os
from typing import Final

from .errors import MemoryLimitError, ShapeError
from .graph.types import Shape, Tensor

MEMORY_SHARE: Final = 0.5
# The least that a numpy release allows.
MAX_RANK: Final = 32
MAX_EXTENT: Final = 2**62


def check_tensor(tensor: Tensor, shape: Shape) -> None:
    """Refuse a shape that an array could never have.

    Raises:
        MemoryLimitError: It would take more than half of the machine's memory.
        ShapeError: It has too many dimensions.
    """
    if len(shape) > MAX_RANK:
        raise ShapeError(f"{tensor!r}: {len(shape)} dimensions are more than {MAX_RANK}")
    size = math.prod(shape) * tensor.dtype.itemsize
    # numpy multiplies an empty array's other dimensions all the same, in 64 bits.
    extent = math.prod(d for d in shape if d) * tensor.dtype.itemsize
    check_memory(extent if extent > MAX_EXTENT else size, repr(tensor))


def check_memory(size: int, what: str) -> None:
    """Refuse what could never fit, before anything is allocated.

    Raises:
        MemoryLimitError: ``size`` bytes are more than half of the machine's memory.
    """
    limit = int(_physical_memory() * MEMORY_SHARE)
    if size > limit:
        raise MemoryLimitError(f"{what} would take {size} bytes; the limit is {limit}")


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return 16 * 2**30
