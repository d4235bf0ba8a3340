"""The reader in plain Python: what the native one is held to, field by field and word by word."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from intlite import schema
from intlite.errors import ModelError
from intlite.schema.enums import BUILTIN_OPTIONS
from intlite.schema.tables import IDENTIFIER, TABLES, Buffer, Model, Slot, Table

from .test_reader import difference

_U16: Final = struct.Struct("<H")
_U32: Final = struct.Struct("<I")
_I32: Final = struct.Struct("<i")
_SCALARS: Final = {
    code: struct.Struct("<" + letter)
    for code, letter in {
        "?": "?",
        "i1": "b",
        "u1": "B",
        "i4": "i",
        "u4": "I",
        "u8": "Q",
        "f4": "f",
    }.items()
}


# Writers may store equal strings and vectors once: so often may each byte be read.
MAX_SHARING: Final = 8


def read(data: memoryview | bytes | bytearray) -> Model:
    """The tables of a .tflite file, or a ModelError."""
    view = memoryview(data).cast("B")
    return _Reader(view).model()


def outcome(reader: Callable[[bytes], Model], data: bytes) -> Model | str:
    """The tables, or what is wrong with the file."""
    try:
        return reader(data)
    except ModelError as error:
        return str(error)


def same(data: bytes) -> bool:
    """Whether a file can be read; both readers must agree on that, and on what they find."""
    expected, found = outcome(read, data), outcome(schema.read, data)
    if isinstance(expected, str) or isinstance(found, str):
        assert found == expected
        return False
    assert difference(found, expected) == ""
    return True


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._size = len(data)
        # A table takes four bytes at least. Files that share tables can still
        # unfold into more than that, without end: this bounds the work.
        self._tables_left = self._size // 4 + 1
        # Likewise the bytes of strings and vectors, which whoever reads them may copy.
        self._bytes_left = MAX_SHARING * self._size

    def model(self) -> Model:
        if self._size < 8:
            raise ModelError(f"model of {self._size} bytes: shorter than the header of a file")
        identifier = bytes(self._data[4:8])
        if identifier != IDENTIFIER:
            raise ModelError(f"file identifier is {identifier!r}, expected {IDENTIFIER!r}")
        model: Model = self._table(self._offset(0, "file"), Model, "Model")
        if any(buffer.offset > 1 for buffer in model.buffers):
            buffers = (self._resolve(b, f"Model.buffers[{i}]") for i, b in enumerate(model.buffers))
            model = model.replace(buffers=tuple(buffers))
        return model

    def _resolve(self, buffer: Buffer, where: str) -> Buffer:
        """Files beyond 2 GB keep their data behind the tables, by offset and size.

        As in LiteRT, an offset of 1 says that it is still to be written, and data that is
        in the table goes before.
        """
        if buffer.offset <= 1 or buffer.data is not None:
            return buffer
        if buffer.offset + buffer.size > self._size:
            raise self._fail(
                where,
                f"{buffer.size} bytes at {buffer.offset} lie outside the {self._size} of the file",
            )
        data = np.frombuffer(self._data, np.uint8, buffer.size, buffer.offset)
        return buffer.replace(data=data)

    def _fail(self, where: str, what: str) -> ModelError:
        return ModelError(f"{where}: {what}")

    def _unpack(self, code: struct.Struct, position: int, where: str) -> Any:
        if position < 0 or position + code.size > self._size:
            raise self._fail(where, f"position {position} is outside the {self._size} bytes")
        return code.unpack_from(self._data, position)[0]

    def _offset(self, position: int, where: str) -> int:
        target = position + int(self._unpack(_U32, position, where))
        if target == position:
            raise self._fail(where, "offset is zero")
        return target

    def _table(self, position: int, cls: type[Table], where: str) -> Any:
        self._tables_left -= 1
        if self._tables_left < 0:
            raise self._fail(where, "more tables than the file has room for")
        vtable = position - int(self._unpack(_I32, position, where))
        vtable_size = int(self._unpack(_U16, vtable, where))
        table_size = int(self._unpack(_U16, vtable + 2, where))
        if vtable_size < 4 or vtable_size % 2 or vtable + vtable_size > self._size:
            raise self._fail(where, f"vtable of {vtable_size} bytes is not valid")
        if table_size < 4 or position + table_size > self._size:
            raise self._fail(where, f"table of {table_size} bytes is not valid")
        values: dict[str, Any] = {}
        for name, slot in cls.slots:
            entry = 4 + 2 * slot.number
            if entry + 2 > vtable_size:
                continue
            at = int(self._unpack(_U16, vtable + entry, where))
            if at == 0:
                continue
            if at + self._inline_size(slot) > table_size:
                raise self._fail(f"{where}.{name}", "field lies outside its table")
            values[name] = self._field(position + at, slot, values, f"{where}.{name}")
        return cls(**values)

    @staticmethod
    def _inline_size(slot: Slot) -> int:
        return _SCALARS[slot.type].size if slot.kind == "scalar" else 4

    def _field(self, position: int, slot: Slot, values: dict[str, Any], where: str) -> Any:
        if slot.kind == "scalar":
            return self._unpack(_SCALARS[slot.type], position, where)
        if slot.kind == "union":
            # The type is the slot before, already read.
            name = self._union_name(int(values.get("builtin_options_type", 0)))
            if name not in TABLES:
                return None
            return self._table(self._offset(position, where), TABLES[name], f"{where}({name})")
        target = self._offset(position, where)
        if slot.kind == "string":
            return self._string(target, where)
        if slot.kind == "vector":
            return self._vector(target, slot.type, where)
        if slot.kind == "table":
            return self._table(target, TABLES[slot.type], where)
        positions = self._vector(target, "u4", where).tolist()
        start = target + 4
        return tuple(
            self._table(start + 4 * i + offset, TABLES[slot.type], f"{where}[{i}]")
            for i, offset in enumerate(positions)
        )

    @staticmethod
    def _union_name(value: int) -> str:
        return BUILTIN_OPTIONS[value] if value < len(BUILTIN_OPTIONS) else ""

    def _vector(self, position: int, code: str, where: str) -> NDArray[Any]:
        length = int(self._unpack(_U32, position, where))
        dtype = np.dtype("<" + code)
        if position + 4 + length * dtype.itemsize > self._size:
            raise self._fail(where, f"vector of {length} elements runs past the end")
        self._bytes_left -= length * dtype.itemsize
        if self._bytes_left < 0:
            raise self._fail(where, "more vectors than the file has room for")
        return np.frombuffer(self._data, dtype, length, position + 4)

    def _string(self, position: int, where: str) -> str:
        raw = self._vector(position, "u1", where).tobytes()
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._fail(where, f"string is not UTF-8: {error.reason}") from None
