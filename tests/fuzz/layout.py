"""Where the fields of a good file lie in its bytes, so that they can be changed in place."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from intlite.schema.enums import BUILTIN_OPTIONS
from intlite.schema.tables import TABLES, Buffer, Model, Slot, Table

Place = tuple[int, str]  # a position and the numpy type code of what is there


@dataclass
class Layout:
    """Positions in a file, by what is there.

    Attributes:
        scalars: Fields that are numbers.
        elements: Entries of vectors, of buffers' data and of strings apart.
        data: Entries of buffers and strings: position and length of each.
        lengths: Lengths of vectors and strings.
        offsets: Offsets of tables, vectors and strings, and what each points at.
        entries: Fields' places in vtables.
    """

    scalars: list[Place] = field(default_factory=list)
    elements: list[Place] = field(default_factory=list)
    data: list[tuple[int, int]] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    offsets: list[tuple[int, int]] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)


def layout(data: bytes) -> Layout:
    """Of a file that can be read; of others, struct.error or ValueError."""
    walk = _Walk(data)
    walk.table(walk.follow(0), Model)
    return walk.found


class _Walk:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._seen: set[int] = set()
        self.found = Layout()

    def _unpack(self, code: str, position: int) -> Any:
        return struct.unpack_from(f"<{code}", self._data, position)[0]

    def follow(self, position: int) -> int:
        target = position + int(self._unpack("I", position))
        self.found.offsets.append((position, target))
        return target

    def table(self, position: int, cls: type[Table]) -> None:
        if position in self._seen:  # writers may store equal tables once
            return
        self._seen.add(position)
        vtable = position - int(self._unpack("i", position))
        size = int(self._unpack("H", vtable))
        union = 0
        for _, slot in cls.slots:
            entry = vtable + 4 + 2 * slot.number
            if entry + 2 > vtable + size:
                continue
            self.found.entries.append(entry)
            at = int(self._unpack("H", entry))
            if at == 0:
                continue
            if slot.kind == "union":
                name = BUILTIN_OPTIONS[union] if union < len(BUILTIN_OPTIONS) else ""
                if name in TABLES:
                    self.table(self.follow(position + at), TABLES[name])
                continue
            if slot.kind == "scalar" and slot.type == "u1":
                union = self._data[position + at]
            self._field(position + at, slot, cls)

    def _field(self, position: int, slot: Slot, cls: type[Table]) -> None:
        if slot.kind == "scalar":
            self.found.scalars.append((position, slot.type))
            return
        target = self.follow(position)
        if slot.kind == "table":
            self.table(target, TABLES[slot.type])
            return
        self.found.lengths.append(target)
        length = int(self._unpack("I", target))
        if length > len(self._data):
            raise ValueError("a vector runs past the end")
        if slot.kind == "tables":
            for i in range(length):
                self.table(self.follow(target + 4 + 4 * i), TABLES[slot.type])
        elif slot.kind == "string" or cls is Buffer:
            if length:
                self.found.data.append((target + 4, length))
        else:
            size = np.dtype(slot.type).itemsize
            self.found.elements += [(target + 4 + size * i, slot.type) for i in range(length)]
