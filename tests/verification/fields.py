"""Where the fields of a .tflite file are: a walk of its own, so that a test can break one."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from intlite.schema.enums import BUILTIN_OPTIONS
from intlite.schema.tables import TABLES, Slot, Table


@dataclass(frozen=True)
class Field:
    """One field that is stored by an offset.

    Attributes:
        path: As messages name it.
        kind: As ``Slot.kind``; "entry" for an offset in a vector of tables.
        position: Where the offset is.
        target: Where it points.
    """

    path: str
    kind: str
    position: int
    target: int

    @property
    def generic(self) -> str:
        """The path without numbers."""
        return re.sub(r"\[\d+\]", "[]", self.path)


def unpack(data: bytes, code: str, position: int) -> int:
    return int(struct.unpack_from("<" + code, data, position)[0])


def fields(data: bytes) -> Iterator[Field]:
    """All of a file that is valid."""
    root = unpack(data, "I", 0)
    yield Field("Model", "table", 0, root)
    yield from _of_table(data, root, TABLES["Model"], "Model")


def _of_table(data: bytes, table: int, cls: type[Table], path: str) -> Iterator[Field]:
    vtable = table - unpack(data, "i", table)
    size = unpack(data, "H", vtable)

    def place(slot: Slot) -> int:
        entry = 4 + 2 * slot.number
        at = unpack(data, "H", vtable + entry) if entry + 2 <= size else 0
        return table + at if at else 0

    slots = dict(cls.slots)
    for name, slot in slots.items():
        position = place(slot)
        if slot.kind == "scalar" or position == 0:
            continue
        target, own = position + unpack(data, "I", position), f"{path}.{name}"
        type_name = slot.type
        if slot.kind == "union":
            of = place(slots["builtin_options_type"])
            type_name = BUILTIN_OPTIONS[unpack(data, "B", of)] if of else ""
            if type_name not in TABLES:
                continue
            own = f"{own}({type_name})"
        yield Field(own, slot.kind, position, target)
        if slot.kind in ("table", "union"):
            yield from _of_table(data, target, TABLES[type_name], own)
        elif slot.kind == "tables":
            for i in range(unpack(data, "I", target)):
                entry = target + 4 + 4 * i
                child = entry + unpack(data, "I", entry)
                yield Field(f"{own}[{i}]", "entry", entry, child)
                yield from _of_table(data, child, TABLES[type_name], f"{own}[{i}]")


def patched(data: bytes, position: int, code: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into("<" + code, changed, position, value)
    return bytes(changed)
