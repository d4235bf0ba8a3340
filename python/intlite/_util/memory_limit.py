"""How much memory a model may take: checked before anything is allocated.

A limit holds for the calls made within ``limited_to``, as the faces make theirs.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import numpy as np

from ..errors import MemoryLimitError, ShapeError
from ..graph.types import Shape, Tensor

MEMORY_SHARE: Final = 0.5
MAX_DIMENSION: Final = 2**31 - 1
# The least that a numpy release allows.
MAX_RANK: Final = 32
MAX_EXTENT: Final = 2**62
_LIMIT: ContextVar[int | None] = ContextVar("max_memory", default=None)
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Limited(Protocol):
    """Whose calls are held to a limit, in bytes."""

    max_memory: int


_L = TypeVar("_L", bound=Limited)


def limit_of(max_memory: int | None) -> int:
    """What an argument ``max_memory`` means: so many bytes, or the default.

    Raises:
        ValueError: It is not a number of bytes.
    """
    if max_memory is None:
        return default_limit()
    if isinstance(max_memory, bool) or not isinstance(max_memory, int) or max_memory < 0:
        raise ValueError(f"max_memory must be a number of bytes, not {max_memory!r}")
    return max_memory


def default_limit() -> int:
    """Half of the machine's memory, or of what its control group allows this process."""
    return int(min(_physical_memory(), _group_limit()) * MEMORY_SHARE)


@contextmanager
def limited_to(limit: int) -> Iterator[None]:
    """Hold what is checked meanwhile, on this thread, to so many bytes."""
    token = _LIMIT.set(limit)
    try:
        yield
    finally:
        _LIMIT.reset(token)


def within_limit(
    method: Callable[Concatenate[_L, _P], _R],
) -> Callable[Concatenate[_L, _P], _R]:
    """Decorator: the method, or a function of a model, runs within its ``max_memory``."""

    @functools.wraps(method)
    def limited(self: _L, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        # As ``limited_to``, without what a generator takes: reading a tensor takes little more.
        token = _LIMIT.set(self.max_memory)
        try:
            return method(self, *args, **kwargs)
        finally:
            _LIMIT.reset(token)

    return limited


def check_tensor(tensor: Tensor, shape: Shape) -> None:
    """Refuse a shape that an array could never have.

    Raises:
        MemoryLimitError: It would take more than the limit.
        ShapeError: It has too many dimensions, or one that no file could say.
    """
    if len(shape) > MAX_RANK:
        raise ShapeError(f"{tensor!r}: {len(shape)} dimensions are more than {MAX_RANK}")
    # numpy multiplies an empty array's other dimensions all the same, in 64 bits.
    extent = math.prod([d for d in shape if d]) * tensor.dtype.itemsize
    size = extent if extent > MAX_EXTENT or 0 not in shape else 0
    if size > current_limit():
        check_memory(size, repr(tensor))
    if max(shape, default=0) > MAX_DIMENSION:
        raise ShapeError(f"{tensor!r}: a dimension of {max(shape)} is more than {MAX_DIMENSION}")


def check_memory(size: int, what: str) -> None:
    """Refuse what is beyond the limit, before anything is allocated.

    Raises:
        MemoryLimitError: ``size`` bytes are more than allowed.
    """
    limit = current_limit()
    if size > limit:
        raise MemoryLimitError(f"{what} would take {size} bytes; the limit is {limit}")


def current_limit() -> int:
    """How many bytes the present call may take."""
    limit = _LIMIT.get()
    return default_limit() if limit is None else limit


def array_bytes(shape: Shape, dtype: np.dtype[Any]) -> int:
    """Bytes of an array, in Python's integers, which do not overflow."""
    return math.prod(shape) * dtype.itemsize


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return 16 * 2**30


@functools.cache
def _group_limit() -> int:
    """The least of them, as found when first asked: reading them takes longer than small models."""
    return min(_group_limits(), default=MAX_EXTENT)


def _group_limits(
    groups: str = "/proc/self/cgroup", mounted: str = "/sys/fs/cgroup"
) -> Iterable[int]:
    """What Linux's control groups allow: this process's own and those above it.

    A container often does not see its own group's folder: then what is there counts.
    """
    for line in _lines(groups):
        _, controllers, path = line.split(":", 2)
        if controllers == "":  # version 2
            top, name = mounted, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = f"{mounted}/memory", "memory.limit_in_bytes"
        else:
            continue
        folder = f"{top}/{path.strip('/')}".rstrip("/")
        while folder.startswith(top):
            limits = _lines(f"{folder}/{name}")
            yield from (int(text) for text in limits if text.isdigit())
            folder = folder.rpartition("/")[0]


def _lines(path: str) -> list[str]:
    """Of a file; by ``open``, as loading pathlib takes milliseconds of each start."""
    try:
        with open(path) as file:
            return file.read().splitlines()
    except (OSError, ValueError):
        return []
