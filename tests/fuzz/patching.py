"""Changes of a file's bytes: of a field where it lies, or of any byte. They take microseconds."""

from __future__ import annotations

import struct

import numpy as np
from numpy.random import Generator

from .layout import Layout, Place
from .values import number

_CODES = {"?": "?", "i1": "b", "u1": "B", "i4": "i", "u4": "I", "i8": "q", "u8": "Q", "f4": "f"}
# Of the kinds of fields, in the order of ``_patch``.
_SHARES = np.cumsum([0.33, 0.37, 0.12, 0.06, 0.08, 0.04])


def patch(rng: Generator, data: bytes, where: Layout) -> bytes:
    """A file in which a field or a few have other values; its parts lie where they were."""
    changed = bytearray(data)
    for _ in range(int(rng.geometric(0.55))):
        _patch(rng, changed, where, int(np.searchsorted(_SHARES, rng.random())))
    return bytes(changed)


def flip(rng: Generator, data: bytes) -> bytes:
    """Some bytes changed, most often among the tables, which lie first; or the end cut off."""
    if rng.random() < 0.1:
        return data[: int(rng.integers(1, len(data)))]
    array = bytearray(data)
    for _ in range(int(rng.geometric(0.3))):
        limit = len(array) if rng.random() < 0.5 else min(len(array), 400)
        at = int(rng.integers(limit))
        if rng.random() < 0.5:
            array[at] ^= 1 << int(rng.integers(8))
        else:
            array[at] = (0, 1, 127, 128, 255, int(rng.integers(256)))[int(rng.integers(6))]
    return bytes(array)


def _patch(rng: Generator, data: bytearray, where: Layout, kind: int) -> None:
    def one(count: int) -> int:
        return int(rng.integers(count))

    if kind == 0 and where.scalars:
        _set(rng, data, where.scalars[one(len(where.scalars))])
    elif kind == 1 and where.elements:
        _set(rng, data, where.elements[one(len(where.elements))])
    elif kind == 2 and where.data:
        start, length = where.data[one(len(where.data))]
        code = ("i1", "u1", "i4", "i8", "f4")[one(5)]
        size = struct.calcsize(_CODES[code])
        if length >= size:
            _set(rng, data, (start + one(length // size) * size, code))
    elif kind == 3 and where.lengths:
        _set(rng, data, (where.lengths[one(len(where.lengths))], "u4"))
    elif kind == 4 and where.offsets:
        position, _ = where.offsets[one(len(where.offsets))]
        # Most often at another table or vector, where all kinds of fields are misread.
        target = where.offsets[one(len(where.offsets))][1]
        if rng.random() < 0.8 and target > position:
            struct.pack_into("<I", data, position, target - position)
        else:
            _set(rng, data, (position, "u4"))
    elif where.entries:
        at = where.entries[one(len(where.entries))]
        struct.pack_into("<H", data, at, (0, 4, 8, one(64), 65535)[one(5)])


def _set(rng: Generator, data: bytearray, place: Place) -> None:
    position, code = place
    old = struct.unpack_from("<" + _CODES[code], data, position)[0]
    struct.pack_into("<" + _CODES[code], data, position, number(rng, code, old))
