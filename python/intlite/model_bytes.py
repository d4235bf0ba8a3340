"""Where a model's bytes come from, and the graph that they hold."""

from __future__ import annotations

import errno
import os
import stat
from typing import Any, Final

from . import schema
from ._util.memory_limit import check_memory
from .errors import ModelError, UnsupportedOpError
from .graph import Graph, build
from .graph.states import RESOURCES, with_states
from .ops import refusals

# Bytes read at once of what does not say how long it is.
_PIECE: Final = 1 << 20
Source = str | os.PathLike[str] | bytes | bytearray | memoryview


def read_bytes(source: Source | Any) -> bytes:
    """The model's bytes: of a file, or a copy of a buffer.

    A copy, since a file or a buffer that changes later must not change the model.

    Raises:
        TypeError: ``source`` is neither a path nor a buffer.
        OSError: The file can't be read.
        ModelError: The buffer is of a mapped file that has become shorter.
        MemoryLimitError: The model would take too much memory.
    """
    if isinstance(source, bytes):
        return source
    if isinstance(source, str | os.PathLike):
        return read_file(source)
    try:
        view = memoryview(source)
    except TypeError:
        raise TypeError(
            f"expected a path or the bytes of a model, not {type(source).__name__}"
        ) from None
    check_memory(view.nbytes, "a copy of the model")
    return _copy_of_mapped(view) if _is_mapped(view) else bytes(view)


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file, which may be a pipe or a device; not more than memory allows.

    Raises:
        OSError: The file can't be read.
        MemoryLimitError: It is too large.
    """
    name = repr(os.fspath(path))
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        check_memory(status.st_size, name)
        if stat.S_ISREG(status.st_mode):
            return file.read()
        data = bytearray()
        while piece := file.read(_PIECE):
            data += piece
            check_memory(len(data), name)
        return bytes(data)


def _is_mapped(view: memoryview) -> bool:
    """Whether a buffer is memory of a mapped file, as far as its owners tell."""
    import mmap

    owner: Any = view.obj
    for _ in range(16):
        if owner is None or isinstance(owner, mmap.mmap):
            break
        if isinstance(owner, memoryview):
            owner = owner.obj
        else:
            owner = getattr(owner, "base", None)
    return isinstance(owner, mmap.mmap)


def _copy_of_mapped(view: memoryview) -> bytes:
    """A copy made by the system, for which memory behind the end of a file is an error.

    For a process it is a signal that ends it, whenever somebody cuts the file.
    """
    import tempfile

    if not view.c_contiguous:
        raise ModelError("a mapped file must be given whole or as one piece")
    rest = view.cast("B")
    with tempfile.TemporaryFile(buffering=0) as file:
        try:
            while rest:
                rest = rest[os.write(file.fileno(), rest) :]
        except OSError as error:
            if error.errno != errno.EFAULT:
                raise
            raise ModelError("the mapped file has become shorter since it was mapped") from None
        file.seek(0)
        return file.read()


def load_graph(data: bytes) -> Graph:
    """The graph of a model that intlite can run.

    Raises:
        ModelError: The bytes are not a valid model.
        UnsupportedOpError: Operators are not supported; all of them are named.
    """
    graph, reasons = checked_graph(schema.read(data))
    if reasons:
        raise UnsupportedOpError(reasons)
    return graph


def checked_graph(tables: schema.Model) -> tuple[Graph, list[str]]:
    """The graph of a model's tables, and why intlite does not run it.

    Raises:
        ModelError: The tables contradict each other.
    """
    return _checked(build(tables))


def subgraph_by_itself(graph: Graph, number: int) -> Graph:
    """Another subgraph than the first, as a graph that intlite can run.

    Raises:
        UnsupportedOpError: Operators are not supported, or keep what all subgraphs share.
    """
    found, reasons = _checked(with_states(graph.subgraphs[number - 1], ()))
    reasons += [
        f"{op.label}: shares a variable with the other subgraphs"
        for op in found.as_in_file.operators
        if op.name in RESOURCES
    ]
    if reasons:
        raise UnsupportedOpError([f"subgraphs[{number}] {reason}" for reason in reasons])
    return found


def _checked(graph: Graph) -> tuple[Graph, list[str]]:
    if graph.computed_scalars:
        from .ops.missing_shapes import with_shapes

        graph = with_shapes(graph)
    return graph, refusals(graph)
