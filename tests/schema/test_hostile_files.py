"""Files made to break the reader or what runs behind it: bombs, mutations, odd models."""

from __future__ import annotations

import math
import struct
import subprocess
import sys
import traceback
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import intlite
from intlite import schema
from intlite.errors import IntliteError, ModelError
from intlite.graph import build
from intlite.runtimes import RUNTIMES
from intlite.schema.tables import Table
from intlite.schema.writer import write

from .test_reader import OPERATORS, SUBGRAPHS, TENSORS, difference

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "models" / "simple_model_quant.tflite"

# ------------------------------------------------------------------------------- bombs


def table(data: bytearray, *slots: int) -> int:
    """Appends a table of 4-byte fields, to be filled in; returns its position."""
    entries = [0] * (1 + max(slots))
    for i, slot in enumerate(slots):
        entries[slot] = 4 + 4 * i
    start = len(data)
    data += struct.pack(f"<{2 + len(entries)}H", 4 + 2 * len(entries), 4 + 4 * len(slots), *entries)
    data += bytes(-len(data) % 4)
    position = len(data)
    data += struct.pack("<i", position - start) + bytes(4 * len(slots))
    return position


def point(data: bytearray, position: int, target: int) -> None:
    struct.pack_into("<I", data, position, target - position)


def same_table(data: bytearray, count: int, field: int, *slots: int) -> int:
    """Points the field at a vector of ``count`` offsets to one table; returns its position."""
    point(data, field, len(data))
    data += struct.pack("<I", count) + bytes(4 * count)
    behind = len(data)
    made = table(data, *slots)
    for entry in range(behind - 4 * count, behind, 4):
        point(data, entry, made)
    return made


def bomb_file(slot: int) -> tuple[bytearray, int]:
    """A file of a model with its version and one field, and where that field is."""
    data = bytearray(b"\0\0\0\0TFL3")
    root = table(data, 0, slot)
    point(data, 0, root)
    struct.pack_into("<I", data, root + 4, 3)
    return data, root + 8


def nested_bomb(count: int) -> bytes:
    """``count`` subgraphs, the same one, of ``count`` tensors, the same one."""
    data, field = bomb_file(SUBGRAPHS)
    graph = same_table(data, count, field, TENSORS)
    same_table(data, count, graph + 4, 1)
    return bytes(data)


def string_bomb(count: int, length: int) -> bytes:
    """``count`` entries of metadata, the same one, with a name of ``length`` bytes."""
    data, field = bomb_file(6)
    entry = same_table(data, count, field, 0)
    point(data, entry + 4, len(data))
    data += struct.pack("<I", length) + b"a" * length
    return bytes(data)


def vector_bomb(count: int, length: int) -> bytes:
    """``count`` operators, the same one, of ``length`` inputs, all tensor 0."""
    data, field = bomb_file(SUBGRAPHS)
    graph = same_table(data, 1, field, TENSORS, OPERATORS)
    same_table(data, 1, graph + 4, 1)
    operator = same_table(data, count, graph + 8, 1)
    point(data, operator + 4, len(data))
    data += struct.pack("<I", length) + bytes(4 * length)
    return bytes(data)


def test_bombs_are_files_that_could_be_read() -> None:
    """With small counts the bombs are valid, so what stops the large ones is their size."""
    assert [m.name for m in schema.read(string_bomb(2, 3)).metadata] == ["aaa"] * 2
    assert [len(g.tensors) for g in schema.read(nested_bomb(2)).subgraphs] == [2, 2]
    inputs = [op.inputs for op in schema.read(vector_bomb(2, 3)).subgraphs[0].operators]
    assert [i.tolist() for i in inputs if i is not None] == [[0, 0, 0]] * 2


def test_shared_tables_that_would_unfold_without_end() -> None:
    data = nested_bomb(3000)
    assert len(data) < 30000
    with pytest.raises(ModelError, match="more tables than the file has room for"):
        schema.read(data)


@pytest.mark.parametrize("bomb", [string_bomb, vector_bomb])
def test_shared_vectors_that_would_unfold_without_end(bomb: Callable[[int, int], bytes]) -> None:
    """Each table takes a copy of a string or a vector that all share: KB become many MB."""
    data = bomb(3000, 12000)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match="more .* than the file has room for"):
            build(schema.read(data))
        assert tracemalloc.get_traced_memory()[1] < 200 * len(data)
    finally:
        tracemalloc.stop()


# --------------------------------------------------------------------------- mutations

MUTATIONS = 4500
ODD_FLOATS = (0.0, -1.0, np.nan, np.inf, 1e-45, 1e-38, 1e-10, 2.0**-8, 0.5, 1.0, 256.0, 1e10, 3e38)
ODD_INTEGERS = (-(2**31), -128, -1, 0, 1, 2, 3, 4, 8, 9, 17, 22, 25, 31, 127, 255, 2**16, 2**31 - 1)
INTERESTING = (0, 1, 2, 4, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(data: bytes, seed: int, dull: range) -> bytes:
    """One to six changes, most of them outside of the range of plain weights."""
    rng = np.random.default_rng(seed)
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 7))):
        position = int(rng.integers(len(data) - 4))
        while position in dull and rng.random() < 0.95:
            position = int(rng.integers(len(data) - 4))
        kind = int(rng.integers(5))
        if kind == 0:
            changed[position] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            changed[position] = int(rng.integers(256))
        elif kind == 2:
            value = int(rng.choice(INTERESTING))
            struct.pack_into("<I", changed, position // 4 * 4, value)
        elif kind == 3:
            struct.pack_into(
                "<H", changed, position // 2 * 2, int(rng.choice(INTERESTING)) & 0xFFFF
            )
        else:  # a copy of other bytes of the file
            source = int(rng.integers(len(data) - 4))
            changed[position : position + 4] = data[source : source + 4]
    return bytes(changed)


def altered(table: Table, rng: np.random.Generator, share: float) -> Table:
    """A copy in which about ``share`` of the fields are missing, repeated or have odd values."""
    changes: dict[str, Any] = {}
    for name, slot in table.slots:
        value, now = getattr(table, name), rng.random() < share
        if isinstance(value, Table):
            changes[name] = None if now else altered(value, rng, share)
        elif slot.kind == "tables":
            children = [altered(child, rng, share) for child in value]
            if now and children:
                i = int(rng.integers(len(children)))
                children = children[:i] + (2 * children[i : i + 1] if share > 0.01 else [])
                children += [altered(child, rng, share) for child in value[i + 1 :]]
            changes[name] = tuple(children)
        elif now and slot.kind == "scalar":
            changes[name] = odd_value(slot.type, rng)
        elif now and slot.kind == "vector" and value is not None and value.size:
            array, i = value.copy(), int(rng.integers(value.size))
            array[i] = odd_value(slot.type, rng)
            changes[name] = (array, np.delete(array, i), np.append(array, array[i]), None)[
                int(rng.choice(4, p=(0.6, 0.15, 0.15, 0.1)))
            ]
        elif now and slot.kind == "string":
            changes[name] = None
    return table.replace(**changes)


def odd_value(code: str, rng: np.random.Generator) -> Any:
    if code == "?":
        return bool(rng.integers(2))
    if code == "f4":
        return np.float32(rng.choice(ODD_FLOATS))
    info = np.iinfo(code)
    value = int(rng.choice(ODD_INTEGERS)) if rng.random() < 0.7 else int(rng.integers(-2, 12))
    return min(max(value, int(info.min)), int(info.max))


def variants(first: int, count: int) -> Iterator[tuple[int, bytes]]:
    """Two of three by changed bytes, the third by changed tables, written properly."""
    data = SMALL.read_bytes()
    model = schema.read(data)
    weights = max((b.data for b in model.buffers if b.data is not None), key=np.size)
    start = data.find(weights.tobytes())
    for seed in range(first, first + count):
        if seed % 3:
            yield seed, mutated(data, seed, range(start, start + weights.size))
        else:
            rng = np.random.default_rng(seed)
            changed = altered(model, rng, float(rng.choice([0.003, 0.01, 0.02])))
            assert isinstance(changed, schema.Model)
            yield seed, write(changed)


def run_on_zeros(model: intlite.Model) -> None:
    """One run, if its arrays are of a size that a test can afford."""
    if sum(x.dtype.itemsize * math.prod(x.shape) for x in model.inputs) < 2**24:
        model(*(np.zeros(x.shape, x.dtype) for x in model.inputs))


def run_variants(first: int, count: int) -> None:
    """In a child process. Says which seed is being tried, so that a crash names it."""
    warnings.simplefilter("error")  # nothing may print
    ran = refused = 0
    failures = []
    for seed, data in variants(first, count):
        print(f"seed {seed}", flush=True)
        flavour = list(RUNTIMES)[seed % len(RUNTIMES)]
        try:
            run_on_zeros(intlite.Model(data, numerics=flavour))
            ran += 1
        except IntliteError:
            refused += 1
        except BaseException:
            failures.append(f"seed {seed}, {flavour}:\n{traceback.format_exc(limit=-3)}")
    if failures:
        print(*failures[:5], f"{len(failures)} in all", sep="\n", file=sys.stderr)
        raise SystemExit(1)
    # Both must happen, or the mutations test nothing.
    assert min(ran, refused) > count // 20, (ran, refused)
    print("done")


def test_mutated_models_raise_intlite_errors_only() -> None:
    """In a child, so that a crash or a hang of native code is a failure that names its seed."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "tests.schema.test_hostile_files", "0", str(MUTATIONS)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
    except subprocess.TimeoutExpired as stuck:
        # The output of a child that was stopped is bytes, whatever was asked for.
        pytest.fail(f"hangs at {(stuck.stdout or b'').decode().splitlines()[-1:]}")
    lines = child.stdout.splitlines()
    assert child.returncode == 0, f"exit {child.returncode} at {lines[-1:]}\n{child.stderr}"
    assert lines[-1] == "done"


# -------------------------------------------------------------- odd models, one by one


def changed_model(**changes: Any) -> bytes:
    """The small model with fields of tensors changed: ``changes`` by the tensor's number."""
    model = schema.read(SMALL.read_bytes())
    graph = model.subgraphs[0]
    tensors = tuple(t.replace(**changes.get(f"t{i}", {})) for i, t in enumerate(graph.tensors))
    return write(model.replace(subgraphs=(graph.replace(tensors=tensors),)))


def with_scale(index: int, scale: float, one: bool) -> dict[str, Any]:
    """Tensor ``index`` with this scale, in one or in all of its channels."""
    tensor = schema.read(SMALL.read_bytes()).subgraphs[0].tensors[index]
    assert tensor.quantization is not None
    assert tensor.quantization.zero_point is not None
    channels = tensor.quantization.zero_point[: 1 if one else None]
    changed = tensor.quantization.replace(
        scale=np.full(channels.size, scale, np.float32), zero_point=channels
    )
    return {"quantization": changed}


def test_the_small_model_is_what_the_next_tests_think() -> None:
    """Tensors: 0 input, 1 shape, 2 bias, 3 weights, 4 and 5 int8 input, 6 output of the layer."""
    graph = intlite.load(SMALL).graph
    layer = next(op for op in graph.operators if op.name == "FULLY_CONNECTED")
    assert (layer.inputs, layer.outputs) == ((5, 3, 2), (6,))
    assert graph.operators[1].inputs == (4, 1)
    assert difference(schema.read(changed_model()), schema.read(SMALL.read_bytes())) == ""


@pytest.mark.parametrize("tensor", ["t1", "t2", "t3"])
@pytest.mark.parametrize("numerics", RUNTIMES)
def test_variable_tensors_are_refused(tensor: str, numerics: str) -> None:
    """Nothing writes them before they are read: their value is not in the file."""
    with pytest.raises(IntliteError):
        run_on_zeros(
            intlite.Model(changed_model(**{tensor: {"is_variable": True}}), numerics=numerics)
        )


def test_a_variable_that_nothing_writes_is_no_output() -> None:
    model = schema.read(SMALL.read_bytes())
    graph = model.subgraphs[0]
    variable = graph.tensors[2].replace(is_variable=True)
    graph = graph.replace(
        tensors=(*graph.tensors, variable),
        outputs=np.array([7, len(graph.tensors)], np.int32),
    )
    with pytest.raises(IntliteError):
        run_on_zeros(intlite.Model(write(model.replace(subgraphs=(graph,)))))


def test_tensors_that_share_a_buffer_share_its_memory() -> None:
    """Also where the file has it misaligned, and it must be copied: once, not for each."""
    raw = np.zeros(400_001, np.uint8)[1:]
    tensor = schema.Tensor(shape=np.array([100_000], np.int32), type=2, buffer=0)
    graph = schema.SubGraph(tensors=(tensor,) * 100)
    model = schema.Model(version=3, subgraphs=(graph,), buffers=(schema.Buffer(data=raw),))
    tracemalloc.start()
    try:
        tensors = build(model).tensors
        assert tracemalloc.get_traced_memory()[1] < 2 * raw.size
    finally:
        tracemalloc.stop()
    assert all(t.data is not None and t.data.flags.aligned for t in tensors)


def test_tensors_that_share_int4_values_share_what_is_unpacked() -> None:
    """A byte becomes two; of each tensor anew, a small file would become as many as it likes."""
    raw = np.arange(256, dtype=np.uint8).repeat(1000)
    tensor = schema.Tensor(shape=np.array([2 * raw.size], np.int32), type=17, buffer=0)
    odd = tensor.replace(shape=np.array([2 * raw.size - 1], np.int32))
    graph = schema.SubGraph(tensors=(tensor, odd) * 50)
    model = schema.Model(version=3, subgraphs=(graph, graph), buffers=(schema.Buffer(data=raw),))
    tracemalloc.start()
    try:
        main = build(model)
        assert tracemalloc.get_traced_memory()[1] < 8 * raw.size
    finally:
        tracemalloc.stop()
    values = [n - 16 * (n > 7) for byte in range(256) for n in (byte & 15, byte >> 4)]
    for t in main.tensors:
        assert t.data is not None
        assert t.data[::2000].tolist() == values[::2]
        assert t.data.size == t.shape[0]


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("scales", [(3e38, 3e38, 1e-45), (3e38, 3e38, 1.0), (1e-45, 1e-45, 3e38)])
@pytest.mark.parametrize("one", [True, False], ids=["per tensor", "per channel"])
def test_scales_beyond_float32(numerics: str, scales: tuple[float, ...], one: bool) -> None:
    """Products past the range of float32 load and run, or are refused as such; nothing warns."""
    in_, weights, out = scales
    data = changed_model(
        t4=with_scale(4, in_, one),
        t5=with_scale(5, in_, one),
        t3=with_scale(3, weights, one),
        t6=with_scale(6, out, one),
    )
    refusal = ""
    try:
        run_on_zeros(intlite.Model(data, numerics=numerics))
    except IntliteError as error:
        refusal = str(error)
    assert not refusal or "scale" in refusal


if __name__ == "__main__":
    run_variants(int(sys.argv[1]), int(sys.argv[2]))
