"""Where a model's bytes come from, and the graph that they hold."""

from __future__ import annotations

import os
from typing import Any

from . import schema
from .errors import UnsupportedOpError
from .graph import Graph, build
from .ops import refusals

Source = str | os.PathLike[str] | bytes | bytearray | memoryview


def read_bytes(source: Source | Any) -> bytes:
    """The model's bytes: of a file, or a copy of a buffer.

    A copy, since a file or a buffer that changes later must not change the model.

    Raises:
        TypeError: ``source`` is neither a path nor a buffer.
        OSError: The file can't be read.
    """
    if isinstance(source, bytes):
        return source
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            return file.read()
    try:
        return bytes(memoryview(source))
    except TypeError:
        raise TypeError(
            f"expected a path or the bytes of a model, not {type(source).__name__}"
        ) from None


def load_graph(data: bytes) -> Graph:
    """The graph of a model that intlite can run.

    Raises:
        ModelError: The bytes are not a valid model.
        UnsupportedOpError: Operators are not supported; all of them are named.
    """
    graph = build(schema.read(data))
    if reasons := refusals(graph):
        raise UnsupportedOpError(reasons)
    return graph
