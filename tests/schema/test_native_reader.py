"""The native reader beside the plain one: the same tables, or the same words for what is wrong."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intlite import _native, schema
from intlite.errors import ModelError
from intlite.schema.tables import Table
from intlite.schema.writer import write

from . import plain_reader
from .plain_reader import outcome, same
from .test_hostile_files import mutated, nested_bomb, string_bomb, vector_bomb
from .test_reader import CORRUPTIONS, difference, full_model, small_model

ZOO = Path(__file__).resolve().parents[1] / "zoo" / "models"


# --------------------------------------------------------------------------- the same

BASES = {
    "every field": write(full_model()),
    "small": write(small_model()),
    "hello_world": (ZOO / "hello_world_int8.tflite").read_bytes(),
    "lstm": (ZOO / "keras_lstm_mnist_ptq.tflite").read_bytes(),
}


@pytest.mark.parametrize(("name", "count"), [*zip(BASES, (6000, 3000, 1500, 500), strict=True)])
def test_mutants(name: str, count: int) -> None:
    data = BASES[name]
    read = sum(same(mutated(data, seed, range(0))) for seed in range(count))
    assert count // 20 < read < count - count // 20


@pytest.mark.parametrize("name", ["every field", "small"])
def test_every_length(name: str) -> None:
    data = BASES[name]
    read = [same(data[:length]) for length in range(len(data))]
    assert sum(read) < 16


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruptions(name: str) -> None:
    assert not same(CORRUPTIONS[name][0])


@pytest.mark.parametrize("data", [nested_bomb(90), string_bomb(30, 900), vector_bomb(30, 900)])
def test_bombs(data: bytes) -> None:
    assert not same(data)


def texts() -> Iterator[bytes]:
    """All first bytes, then bytes at the edges of what may follow."""
    edges = bytes([0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF])
    for first in range(256):
        for size in range(4):
            for rest in itertools.product(edges[:: 1 if size < 2 else 2], repeat=size):
                yield bytes((first, *rest))


def test_strings() -> None:
    """UTF-8 is what Python says it is, and what is wrong with other bytes too."""
    base = write(schema.Model(version=3, description="-" * 16))
    start = base.index(b"-" * 16)
    reasons = set()
    for text, ahead in itertools.product(texts(), (0, 7, 12)):
        whole = b"x" * ahead + text
        data = bytearray(base)
        data[start - 4 : start + len(whole)] = len(whole).to_bytes(4, "little") + whole
        found = outcome(schema.read, bytes(data))
        reason = wrong(whole)
        reasons.add(reason)
        if reason:
            assert found == f"Model.description: string is not UTF-8: {reason}"
        else:
            assert isinstance(found, schema.Model)
            assert found.description == whole.decode()
    assert len(reasons) == 4


def wrong(text: bytes) -> str:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.reason
    return ""


# -------------------------------------------------------------------- tables of a file


def test_a_field_is_read_once() -> None:
    model = schema.read(BASES["every field"])
    tensor = model.subgraphs[0].tensors[0]
    assert model.subgraphs is model.subgraphs
    assert tensor.shape is tensor.shape
    assert tensor.name is tensor.name


def test_vectors_are_as_numpy_makes_them() -> None:
    for data in (BASES["small"], bytearray(BASES["small"])):
        found = schema.read(data).subgraphs[0].tensors[0].shape
        expected = plain_reader.read(data).subgraphs[0].tensors[0].shape
        assert found is not None
        assert expected is not None
        assert found.flags == expected.flags
        assert (found.dtype, found.strides) == (expected.dtype, expected.strides)


def test_vectors_keep_the_file() -> None:
    model = schema.read(bytes(bytearray(BASES["small"])))
    shape = model.subgraphs[0].tensors[0].shape
    del model
    assert shape is not None
    assert shape.tolist() == [1, 4]


@pytest.mark.parametrize("model", [full_model(), schema.read(BASES["every field"])])
def test_copies_are_equal(model: schema.Model) -> None:
    """Of what was read and what was not yet; in a pickle there is no file."""
    assert difference(copy.copy(model), full_model()) == ""
    assert difference(copy.deepcopy(model), full_model()) == ""
    assert difference(pickle.loads(pickle.dumps(model)), full_model()) == ""
    assert len(pickle.dumps(model.operator_codes)) < 500


def test_replace_leaves_the_rest() -> None:
    model = schema.read(BASES["every field"])
    changed = model.replace(description="other").replace(version=4)
    assert (changed.version, changed.description, model.version, model.description) == (
        *(4, "other"),
        *(3, ""),
    )
    assert difference(changed.replace(version=3, description=""), model) == ""
    with pytest.raises(TypeError, match="Model has no field size, verzion"):
        model.replace(verzion=4, size=3)


def test_tables_do_not_change() -> None:
    model = schema.read(BASES["small"])
    with pytest.raises(AttributeError, match="Model is immutable; see replace"):
        model.version = 4


def test_a_buffer_that_changes_after_it_was_read() -> None:
    """Other values or an error, but nothing is read that is not there."""
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        buffer = bytearray(BASES["every field"])
        model = schema.read(buffer)
        buffer[:] = mutated(BASES["every field"], int(rng.integers(2**32)), range(0))
        try:
            repr(model)
        except (ModelError, UnicodeDecodeError):
            refused += 1
    assert 0 < refused < 300


# ------------------------------------------------------------------ slots and schemas


class Other(_native.FileTable):
    """A table of no schema."""

    slots = (("number", _native.Slot(0, "scalar", "i4", 5)),)
    number = slots[0][1]


def test_a_slot_without_a_file() -> None:
    slot = Other.number
    assert (slot.number, slot.kind, slot.type, slot.default) == (0, "scalar", "i4", 5)
    assert Other().number == 5
    with pytest.raises(TypeError, match="a slot is a field of tables"):
        slot.__get__(3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, "row", "i4", 0), "a slot can't be a 'row'"),
        ((-1, "scalar", "i4", 0), "a slot can't have the number -1"),
        ((0, "vector", "c16", None), "a slot can't be of the type 'c16'"),
        ((0, "union", "", None), "a union needs the field before for its type"),
    ],
)
def test_slots_that_can_not_be(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _native.Slot(*arguments)


def test_schemas_that_can_not_be() -> None:
    class Nested(_native.FileTable):
        slots = (("child", _native.Slot(0, "table", "Nested", None)),)

    with pytest.raises(ValueError, match="nested too deep"):
        _native.Schema([Nested], [], "Nested")

    class Lonely(_native.FileTable):
        slots = (("child", _native.Slot(0, "table", "Gone", None)),)

    with pytest.raises(ValueError, match="no table Gone"):
        _native.Schema([Lonely], [], "Lonely")
    with pytest.raises(ValueError, match="no table Missing"):
        _native.Schema([Other], [], "Missing")
    with pytest.raises(TypeError, match="classes of tables"):
        _native.Schema([int], [], "int")  # type: ignore[list-item]


def test_a_copy_is_of_a_table_of_its_class() -> None:
    model = schema.read(BASES["small"])
    with pytest.raises(TypeError, match="expected one SubGraph"):
        schema.SubGraph.__new__(schema.SubGraph, model)
    assert isinstance(Table.__new__(schema.Model, model), schema.Model)
