"""The reader: what it reads, and what it says of files that are not valid."""

from __future__ import annotations

import itertools
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intlite import schema
from intlite.errors import ModelError
from intlite.schema.enums import BUILTIN_OPTIONS
from intlite.schema.tables import TABLES, SparsityParameters, Table
from intlite.schema.writer import write

ROOT = Path(__file__).resolve().parents[2]
MODELS = sorted((ROOT / "models").glob("*.tflite"))
SMALL = ROOT / "models" / "simple_model_quant.tflite"
each_model = pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)


def difference(a: Any, b: Any, where: str = "Model") -> str:
    """The first field in which two tables differ, or nothing."""
    if isinstance(a, Table) and type(a) is type(b):
        pairs = [(getattr(a, n), getattr(b, n), f"{where}.{n}") for n, _ in a.slots]
    elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        pairs = [(x, y, f"{where}[{i}]") for i, (x, y) in enumerate(zip(a, b, strict=True))]
    elif isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        same = a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        return "" if same else where
    else:
        nan = isinstance(a, float) and isinstance(b, float) and a != a and b != b
        return "" if type(a) is type(b) and (a == b or nan) else where
    return next(filter(None, itertools.starmap(difference, pairs)), "")


def full_model() -> schema.Model:
    """Every table and every field that there is, none at its default."""
    quantization = schema.QuantizationParameters(
        min=np.array([-1.5], np.float32),
        max=np.array([np.inf], np.float32),
        scale=np.array([0.5, 1e-45, 3e38], np.float32),
        zero_point=np.array([-(2**63), 2**63 - 1, 0]),
        details_type=1,
        quantized_dimension=-2,
    )
    tensor = schema.Tensor(
        shape=np.array([2, -1, 2**31 - 1], np.int32),
        type=9,
        buffer=2**32 - 1,
        name="größe 🙂",
        quantization=quantization,
        is_variable=True,
        sparsity=SparsityParameters(),
        shape_signature=np.array([-1], np.int32),
        has_rank=True,
    )
    indices = np.array([0, -1, 5], np.int32)
    fully_connected = schema.options.FullyConnectedOptions(
        fused_activation_function=3,
        weights_format=1,
        keep_num_dims=True,
        asymmetric_quantize_inputs=True,
        quantized_bias_type=4,
    )
    operator = schema.Operator(
        opcode_index=7,
        inputs=indices,
        outputs=indices[:1],
        builtin_options_type=8,
        builtin_options=fully_connected,
        custom_options=np.arange(5, dtype=np.uint8),
        intermediates=indices[::-1],
    )
    reshape = schema.Operator(
        builtin_options_type=17,
        builtin_options=schema.options.ReshapeOptions(new_shape=np.array([-1, 3], np.int32)),
    )
    maps = (
        schema.TensorMap(name="x", tensor_index=3),
        schema.TensorMap(name="", tensor_index=2**32 - 1),
    )
    code = schema.OperatorCode(
        deprecated_builtin_code=-3, custom_code="custom", version=-7, builtin_code=2**31 - 1
    )
    return schema.Model(
        version=3,
        operator_codes=(code, schema.OperatorCode()),
        subgraphs=(
            schema.SubGraph(
                tensors=(tensor, schema.Tensor()),
                inputs=indices,
                outputs=indices,
                operators=(operator, reshape),
                name="g",
            ),
            schema.SubGraph(),
        ),
        description="",
        buffers=(
            schema.Buffer(),
            schema.Buffer(data=np.empty(0, np.uint8)),
            schema.Buffer(data=np.arange(37, dtype=np.uint8), offset=1, size=2**64 - 1),
        ),
        metadata=(schema.Metadata(name="min_runtime_version", buffer=2),),
        signature_defs=(
            schema.SignatureDef(
                inputs=maps, outputs=maps[:1], signature_key="serving_default", subgraph_index=1
            ),
        ),
    )


def small_model() -> schema.Model:
    shape, first, second = (np.array(v, np.int32) for v in ([1, 4], [0], [1]))
    graph = schema.SubGraph(
        tensors=tuple(schema.Tensor(shape=shape, type=9, name=name) for name in ("in", "out")),
        inputs=first,
        outputs=second,
        operators=(schema.Operator(inputs=first, outputs=second),),
        name="main",
    )
    return schema.Model(
        version=3,
        operator_codes=(schema.OperatorCode(),),
        subgraphs=(graph,),
        description="made here",
        buffers=(schema.Buffer(),),
    )


# ------------------------------------------------------------------------ round trips


@each_model
def test_round_trip_of_files(path: Path) -> None:
    model = schema.read(path.read_bytes())
    assert difference(model, schema.read(write(model))) == ""
    assert model.version == 3
    assert len(model.subgraphs[0].tensors) > 5


def test_round_trip_of_every_field() -> None:
    model = full_model()
    found = schema.read(write(model))
    assert difference(model, found) == ""
    seen = {name for name in TABLES if f"{name}(" in repr(found)}
    assert seen >= {name for name in TABLES if not name.endswith("Options")}


OPTIONS = sorted(name for name in TABLES if name.endswith("Options"))


@pytest.mark.parametrize("name", OPTIONS)
def test_round_trip_of_options(name: str) -> None:
    values: dict[str, Any] = {}
    for i, (field, slot) in enumerate(TABLES[name].slots):
        if slot.kind == "vector":
            values[field] = np.array([i, -1, 7], np.dtype(slot.type))
        elif slot.kind == "string":
            values[field] = f"text {i}"
        else:
            number = float(i + 1) if slot.type == "f4" else slot.default + i + 1
            values[field] = not slot.default if slot.type == "?" else number
    operator = schema.Operator(
        builtin_options_type=BUILTIN_OPTIONS.index(name), builtin_options=TABLES[name](**values)
    )
    model = schema.Model(version=3, subgraphs=(schema.SubGraph(operators=(operator,)),))
    assert difference(model, schema.read(write(model))) == ""


@pytest.mark.parametrize("model", [schema.Model(), schema.Model(version=3), small_model()])
def test_round_trip_of_small_models(model: schema.Model) -> None:
    assert difference(model, schema.read(write(model))) == ""


def test_difference_finds_what_differs() -> None:
    a, b = full_model(), full_model()
    assert difference(a, b) == ""
    b.signature_defs[0].inputs[0].__dict__["name"] = "y"
    assert difference(a, b) == "Model.signature_defs[0].inputs[0].name"


def test_absent_fields_have_the_defaults_of_the_schema() -> None:
    model = schema.read(write(schema.Model(operator_codes=(schema.OperatorCode(),))))
    assert model.operator_codes[0].version == 1
    assert (model.subgraphs, model.description, model.buffers) == ((), None, ())


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer(kind: Callable[[bytes], Any]) -> None:
    data = SMALL.read_bytes()
    assert difference(schema.read(kind(data)), schema.read(data)) == ""


def test_vectors_are_views_of_the_data() -> None:
    data = np.frombuffer(write(small_model()), np.uint8)
    shape = schema.read(data.data).subgraphs[0].tensors[0].shape
    assert shape is not None
    assert np.shares_memory(shape, data)
    assert not shape.flags.writeable


def test_data_behind_the_tables() -> None:
    """Files beyond 2 GB: a buffer's offset and size count from the start of the file."""
    payload = np.arange(9, dtype=np.uint8)
    size = len(write(with_buffer(2**40, 9)))  # the same for any offset and size but 0
    data = write(with_buffer(size, 9)) + payload.tobytes()
    assert len(data) == size + 9
    found = schema.read(data).buffers[0].data
    assert found is not None
    np.testing.assert_array_equal(found, payload)
    end = len(write(with_buffer(2**40, 0)))
    empty = schema.read(write(with_buffer(end, 0))).buffers[0].data
    assert empty is not None
    assert empty.size == 0
    for offset, length in ((size, 1), (end + 1, 0), (2**40, 9), (2, 2**64 - 1), (2**64 - 1, 2)):
        with pytest.raises(ModelError, match=r"Model\.buffers\[0\]: .* lie outside the \d+ of"):
            schema.read(write(with_buffer(offset, length)))


def with_buffer(offset: int, size: int) -> schema.Model:
    return schema.Model(version=3, buffers=(schema.Buffer(offset=offset, size=size),))


@each_model
def test_fields_equal_those_of_litert(path: Path) -> None:
    """LiteRT's own generated reader finds the same in every field that is read here."""
    from ai_edge_litert import schema_py_generated as litert

    data = path.read_bytes()
    theirs = litert.ModelT.InitFromObj(litert.Model.GetRootAs(data, 0))
    assert compared(schema.read(data), theirs, "Model") > 200


def compared(ours: Any, theirs: Any, where: str) -> int:
    """How many values were compared; LiteRT's names are in camelCase."""
    if isinstance(ours, Table):
        total = 0
        for name, _ in ours.slots:
            head, *rest = name.split("_")
            other = getattr(theirs, head + "".join(map(str.capitalize, rest)))
            value = getattr(ours, name)
            if name == "builtin_options" and value is None:
                continue  # options of operators that intlite does not have
            total += compared(value, other, f"{where}.{name}")
        return total
    if isinstance(ours, tuple):
        theirs = theirs or []
        assert len(ours) == len(theirs), where
        return sum(
            compared(a, b, f"{where}[{i}]")
            for i, (a, b) in enumerate(zip(ours, theirs, strict=True))
        )
    if isinstance(ours, np.ndarray):
        np.testing.assert_array_equal(ours, theirs, err_msg=where)
    elif isinstance(theirs, bytes):
        assert ours == theirs.decode(), where
    else:
        assert (ours is None and theirs is None) or ours == theirs, where
    return 1


# ------------------------------------------------------------------------ corruptions

# A second walk over the format, so that a test can say which bytes to break.


def u16(data: bytes, position: int) -> int:
    return int(struct.unpack_from("<H", data, position)[0])


def follow(data: bytes, position: int) -> int:
    return position + int(struct.unpack_from("<I", data, position)[0])


def vtable(data: bytes, table: int) -> int:
    return table - int(struct.unpack_from("<i", data, table)[0])


def at(data: bytes, *path: int) -> int:
    """Where a field is: slots from the root table down; negative ones index vectors."""
    position = follow(data, 0)
    for depth, step in enumerate(path):
        if depth:
            position = follow(data, position)
        if step < 0:
            position += 4 + 4 * (-1 - step)
            continue
        entry = u16(data, vtable(data, position) + 4 + 2 * step)
        assert entry != 0, "the field is not there"
        position += entry
    return position


FIRST = -1
SUBGRAPHS, TENSORS, OPERATORS = 2, 0, 3


def patched(position: int, code: str, value: int, data: bytes | None = None) -> bytes:
    changed = bytearray(write(small_model()) if data is None else data)
    struct.pack_into("<" + code, changed, position, value)
    return bytes(changed)


def test_positions_of_fields_are_found() -> None:
    """The walk that the corruptions below rely on."""
    data = write(small_model())
    name = follow(data, at(data, SUBGRAPHS, FIRST, TENSORS, -2, 3))
    assert data[name : name + 7] == b"\3\0\0\0out"


@pytest.mark.parametrize("data", [b"", b"x", b"\0\0\0\0", b"\x1c\0\0\0TFL", bytes(7)])
def test_too_short(data: bytes) -> None:
    with pytest.raises(ModelError, match=rf"model of {len(data)} bytes: shorter than the header"):
        schema.read(data)


@pytest.mark.parametrize("identifier", [b"TFL2", b"tfl3", b"\0\0\0\0", b"\xff\xfe\xfd\xfc"])
def test_wrong_identifier(identifier: bytes) -> None:
    data = write(small_model())
    with pytest.raises(ModelError, match=re.escape(f"{identifier!r}, expected b'TFL3'")):
        schema.read(data[:4] + identifier + data[8:])


def test_truncation_at_every_length() -> None:
    """A ModelError each time, but for padding and string ends that nobody needs."""
    for model in (small_model(), full_model()):
        data = write(model)
        readable = 0
        for length in range(len(data)):
            try:
                found = schema.read(data[:length])
            except ModelError:
                continue
            assert difference(found, model) == ""
            readable += 1
        assert readable < 16


def test_truncation_of_a_file_at_every_length() -> None:
    data = SMALL.read_bytes()
    whole = schema.read(data)
    for length in range(0, len(data), 7):
        try:
            assert difference(schema.read(data[:length]), whole) == ""
            assert length > len(data) - 16
        except ModelError:
            pass


BASE = write(small_model())
ROOT_TABLE = follow(BASE, 0)
TENSOR = (SUBGRAPHS, FIRST, TENSORS, FIRST)
CORRUPTIONS: dict[str, tuple[bytes, str]] = {
    "root offset is zero": (patched(0, "I", 0), "file: offset is zero"),
    "root outside": (patched(0, "I", len(BASE)), "Model: position"),
    "root far outside": (patched(0, "I", 2**32 - 1), "Model: position"),
    "root at the last bytes": (patched(0, "I", len(BASE) - 3), "Model: position"),
    "vtable before the file": (patched(ROOT_TABLE, "i", 2**31 - 1), "Model: position -"),
    "vtable behind the file": (patched(ROOT_TABLE, "i", -(2**31)), "Model: position"),
    "vtable too small": (patched(vtable(BASE, ROOT_TABLE), "H", 2), "Model: vtable of 2 bytes"),
    "vtable of odd size": (patched(vtable(BASE, ROOT_TABLE), "H", 15), "Model: vtable of 15"),
    "vtable too large": (patched(vtable(BASE, ROOT_TABLE), "H", 65534), "Model: vtable of 65534"),
    "table too small": (patched(vtable(BASE, ROOT_TABLE) + 2, "H", 3), "Model: table of 3 bytes"),
    "table too large": (patched(vtable(BASE, ROOT_TABLE) + 2, "H", 65535), "Model: table of 65535"),
    "field outside its table": (
        patched(vtable(BASE, ROOT_TABLE) + 4 + 2 * SUBGRAPHS, "H", 60000),
        "Model.subgraphs: field lies outside its table",
    ),
    "offset outside": (
        patched(at(BASE, SUBGRAPHS), "I", 2**32 - 1),
        "Model.subgraphs: position",
    ),
    "offset is zero": (patched(at(BASE, SUBGRAPHS), "I", 0), "Model.subgraphs: offset is zero"),
    "vector of tables too long": (
        patched(follow(BASE, at(BASE, SUBGRAPHS)), "I", 2**32 - 1),
        "Model.subgraphs: vector of 4294967295 elements runs past the end",
    ),
    "entry of a vector outside": (
        patched(at(BASE, SUBGRAPHS, FIRST, TENSORS, -2), "I", 2**31),
        "Model.subgraphs[0].tensors[1]: position",
    ),
    "vector of scalars too long": (
        patched(follow(BASE, at(BASE, *TENSOR, 0)), "I", len(BASE) // 4),
        "Model.subgraphs[0].tensors[0].shape: vector",
    ),
    "length times size past 2**32": (
        patched(follow(BASE, at(BASE, *TENSOR, 0)), "I", 2**30 + 1),
        "Model.subgraphs[0].tensors[0].shape: vector",
    ),
    "string too long": (
        patched(follow(BASE, at(BASE, *TENSOR, 3)), "I", 2**24),
        "Model.subgraphs[0].tensors[0].name: vector",
    ),
    "string is not UTF-8": (
        patched(follow(BASE, at(BASE, *TENSOR, 3)) + 4, "B", 0xFF),
        "Model.subgraphs[0].tensors[0].name: string is not UTF-8",
    ),
    "vector of the description behind the end": (
        patched(at(BASE, 3), "I", len(BASE) - at(BASE, 3) - 2),
        "Model.description: position",
    ),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruptions_name_the_field(name: str) -> None:
    data, message = CORRUPTIONS[name]
    assert data != BASE
    with pytest.raises(ModelError, match=re.escape(message)):
        schema.read(data)


def test_options_of_unknown_operators_are_not_followed() -> None:
    """The union's type says which table it is; of one that is not read, the offset may be any."""
    data = write(full_model())
    options = at(data, SUBGRAPHS, FIRST, OPERATORS, FIRST, 4)
    kind = at(data, SUBGRAPHS, FIRST, OPERATORS, FIRST, 3)
    broken = patched(options, "I", 2**32 - 1, data)
    with pytest.raises(ModelError, match=r"builtin_options\(FullyConnectedOptions\): position"):
        schema.read(broken)
    for other in (3, 126, 200, 255):
        operator = schema.read(patched(kind, "B", other, broken)).subgraphs[0].operators[0]
        assert operator.builtin_options is None
        assert operator.builtin_options_type == other
