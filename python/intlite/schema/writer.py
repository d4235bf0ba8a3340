"""Tables to bytes: the inverse of ``reader``, for models that are made or changed in Python."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np

from .tables import IDENTIFIER, Model, Slot, Table

PREPEND = {
    "?": "PrependBoolSlot",
    "i1": "PrependInt8Slot",
    "u1": "PrependUint8Slot",
    "i4": "PrependInt32Slot",
    "u4": "PrependUint32Slot",
    "u8": "PrependUint64Slot",
    "f4": "PrependFloat32Slot",
}
BUFFER_ALIGNMENT = 16


def write(model: Model) -> bytes:
    """The .tflite file of a model's tables."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(_table(builder, model), IDENTIFIER)
    return bytes(builder.Output())


def _table(builder: Any, table: Table) -> int:
    fields = [(slot, getattr(table, name)) for name, slot in table.slots]
    # Children come first: a flatbuffer is written back to front.
    offsets = {
        slot.number: _child(builder, slot, value)
        for slot, value in fields
        if slot.kind != "scalar" and value is not None and not (slot.kind == "tables" and not value)
    }
    builder.StartObject(1 + max((slot.number for slot, _ in fields), default=0))
    for slot, value in fields:
        if slot.kind == "scalar":
            getattr(builder, PREPEND[slot.type])(slot.number, value, slot.default)
        elif slot.number in offsets:
            builder.PrependUOffsetTRelativeSlot(slot.number, offsets[slot.number], 0)
    return int(builder.EndObject())


def _child(builder: Any, slot: Slot, value: Any) -> int:
    if slot.kind == "string":
        return int(builder.CreateString(value))
    if slot.kind == "vector":
        array = np.ascontiguousarray(value, "<" + slot.type).ravel()
        if slot.type == "u1":  # buffers: tensors are read in place
            builder.Prep(BUFFER_ALIGNMENT, 4 + array.size)
        return int(builder.CreateNumpyVector(array))
    if slot.kind == "tables":
        children = [_table(builder, child) for child in value]
        builder.StartVector(4, len(children), 4)
        for child in reversed(children):
            builder.PrependUOffsetTRelative(child)
        return int(builder.EndVector())
    return _table(builder, value)
