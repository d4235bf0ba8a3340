"""Bytes to tables: the native reader, told what the tables are.

It trusts nothing: ``csrc/schema`` looks at every offset and length before it follows it, and
through the whole file before there is a table of it.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .. import _native
from ..errors import ModelError
from .enums import BUILTIN_OPTIONS
from .tables import IDENTIFIER, TABLES, Buffer, Model


def read(data: memoryview | bytes | bytearray) -> Model:
    """The tables of a .tflite file. Vectors are views of ``data``.

    Raises:
        ModelError: An offset, length or string of the file is not valid; the
            message names the table and the field.
    """
    view = memoryview(data).cast("B")
    if len(view) < 8:
        raise ModelError(f"model of {len(view)} bytes: shorter than the header of a file")
    identifier = bytes(view[4:8])
    if identifier != IDENTIFIER:
        raise ModelError(f"file identifier is {identifier!r}, expected {IDENTIFIER!r}")
    model: Model = _schema().read(view)
    if any(buffer.offset > 1 for buffer in model.buffers):
        buffers = (_resolved(b, view, i) for i, b in enumerate(model.buffers))
        model = model.replace(buffers=tuple(buffers))
    return model


@cache
def _schema() -> _native.Schema:
    return _native.Schema(list(TABLES.values()), BUILTIN_OPTIONS, Model.__name__)


def _resolved(buffer: Buffer, data: memoryview, index: int) -> Buffer:
    """Files beyond 2 GB keep their data behind the tables, by offset and size.

    As in LiteRT, an offset of 1 says that it is still to be written, and data that is
    in the table goes before.
    """
    if buffer.offset <= 1 or buffer.data is not None:
        return buffer
    if buffer.offset + buffer.size > len(data):
        raise ModelError(
            f"Model.buffers[{index}]: {buffer.size} bytes at {buffer.offset} lie outside the "
            f"{len(data)} of the file"
        )
    return buffer.replace(data=np.frombuffer(data, np.uint8, buffer.size, buffer.offset))
