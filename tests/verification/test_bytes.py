"""Every kind of offset, length and string in real files, broken one at a time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from intlite import schema
from intlite.errors import ModelError
from intlite.schema.tables import TABLES

from .fields import Field, fields, patched, unpack

ROOT = Path(__file__).resolve().parents[2]
SMALL = 20_000
PATHS = [
    path
    for folder in (ROOT / "models", ROOT / "tests" / "zoo" / "models")
    for path in sorted(folder.glob("*.tflite"))
    if path.stat().st_size <= SMALL
]
FAR = 2**32 - 1
each_model = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def one_of_each_kind(data: bytes) -> list[Field]:
    """The last field of each kind of path: what comes before it is read and fine."""
    return list({field.generic: field for field in fields(data)}.values())


def names_of_targets(data: bytes) -> dict[int, set[str]]:
    """By position, the fields that lead there: writers store equal things once."""
    found: dict[int, set[str]] = {}
    for field in fields(data):
        found.setdefault(field.target, set()).add(field.path)
    return found


def refused(data: bytes, names: set[str], what: str) -> None:
    """The file is refused, by the name of one of these fields."""
    with pytest.raises(ModelError) as caught:
        schema.read(data)
    message = str(caught.value)
    assert re.search(what, message), message
    assert message.split(": ")[0] in names, (message, names)


def test_there_are_models_with_fields_of_every_kind() -> None:
    assert len(PATHS) >= 4
    found = [field for path in PATHS for field in fields(path.read_bytes())]
    assert {f.kind for f in found} == {"table", "tables", "entry", "string", "vector", "union"}
    tables = {f.path.rsplit("(")[-1].rstrip(")") for f in found if f.kind == "union"}
    assert len(tables) > 3
    assert tables <= set(TABLES)


@each_model
def test_offsets(path: Path) -> None:
    """Of each kind of field: an offset that is zero, and one that leads out of the file."""
    data = path.read_bytes()
    found = one_of_each_kind(data)
    assert len(found) > 25
    for field in found:
        where = "file" if field.position == 0 else re.sub(r"\([^)]*\)$", "", field.path)
        if field.kind != "entry":
            refused(patched(data, field.position, "I", 0), {where}, "offset is zero")
        refused(patched(data, field.position, "I", FAR), {field.path}, "is outside the")


@each_model
def test_tables_without_a_place_in_the_file(path: Path) -> None:
    """A table whose description would lie before the file or behind it."""
    data = path.read_bytes()
    names = names_of_targets(data)
    for field in one_of_each_kind(data):
        if field.kind in ("table", "entry", "union"):
            for value in (2**31 - 1, -(2**31)):
                changed = patched(data, field.target, "i", value)
                refused(changed, names[field.target], "is outside the")


@each_model
def test_lengths_of_vectors_and_strings(path: Path) -> None:
    data = path.read_bytes()
    targets = names_of_targets(data)
    for field in one_of_each_kind(data):
        if field.kind not in ("vector", "string", "tables"):
            continue
        names = targets[field.target]
        refused(patched(data, field.target, "I", FAR), names, "runs past the end")
        # The least that can't be, whatever the elements' size: one byte too many.
        count = len(data) - field.target - 4 + 1
        refused(patched(data, field.target, "I", count), names, "runs past the end")


@each_model
def test_strings_are_text(path: Path) -> None:
    data = path.read_bytes()
    names = names_of_targets(data)
    strings = [f for f in one_of_each_kind(data) if f.kind == "string"]
    filled = [f for f in strings if unpack(data, "I", f.target)]
    assert filled
    for field in filled:
        changed = patched(data, field.target + 4, "B", 0xFF)
        refused(changed, names[field.target], "string is not UTF-8")
