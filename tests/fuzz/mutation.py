"""Changes of a model's tables, one field at a time or so that they still fit each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite import schema
from intlite.graph.types import NUMPY_TYPES
from intlite.schema.enums import BUILTIN_OPERATORS, BUILTIN_OPTIONS, TENSOR_TYPES
from intlite.schema.tables import Slot, Table
from intlite.schema.writer import write

from .values import number, real

COMMON_TYPES = ("INT8", "UINT8", "INT16", "INT32", "INT64", "FLOAT32", "BOOL", "INT4")
MAX_CONSTANT = 2**20  # bytes that a change of shape may give a constant
Path = tuple["str | int", ...]


def mutate(rng: Generator, model: schema.Model) -> bytes:
    """A file a few changes away, written anew."""
    for _ in range(1 + int(rng.geometric(0.5))):
        change = _CHANGES[int(np.searchsorted(_SHARES, rng.random()))]
        model = change(rng, model)
    return write(model)


def _vector(rng: Generator, slot: Slot, old: NDArray[Any] | None) -> NDArray[Any] | None:
    """An entry changed, added or left out; or all of it."""
    dtype = np.dtype(slot.type)
    kind = rng.random()
    if kind < 0.05:
        return None
    values = [] if old is None else old.tolist()
    if kind < 0.1:
        values = []
    elif kind < 0.2 and values:
        del values[int(rng.integers(len(values)))]
    elif kind < 0.3 or not values:
        at = int(rng.integers(len(values) + 1))
        values.insert(at, number(rng, slot.type, values[0] if values else 0))
    elif kind < 0.35:
        values = values * 2
    elif kind < 0.4:
        rng.shuffle(values)
    else:
        at = int(rng.integers(len(values)))
        values[at] = number(rng, slot.type, values[at])
    with np.errstate(all="ignore"):
        return np.array(values, dtype)


def _places(table: Table, path: Path = ()) -> Iterator[tuple[Path, Table]]:
    """Every table of a model and the way to it."""
    yield path, table
    for name, slot in table.slots:
        value = getattr(table, name)
        if slot.kind == "tables":
            for i, child in enumerate(value):
                yield from _places(child, (*path, name, i))
        elif isinstance(value, Table):
            yield from _places(value, (*path, name))


def _replaced(table: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    name = str(path[0])
    value = getattr(table, name)
    if len(path) > 1 and isinstance(path[1], int):
        i = path[1]
        child = _replaced(value[i], path[2:], new)
        return table.replace(**{name: (*value[:i], child, *value[i + 1 :])})
    return table.replace(**{name: _replaced(value, path[1:], new)})


def _field(rng: Generator, model: schema.Model) -> schema.Model:
    """Any field of any table, each kind of table as often as another."""
    kinds: dict[str, list[tuple[Path, Table]]] = {}
    for path, table in _places(model):
        if table.slots:
            kinds.setdefault(type(table).__name__, []).append((path, table))
    found = kinds[str(rng.choice(sorted(kinds)))]
    path, table = found[int(rng.integers(len(found)))]
    name, slot = table.slots[int(rng.integers(len(table.slots)))]
    return _replaced(model, path, table.replace(**{name: _value(rng, slot, getattr(table, name))}))  # type: ignore[no-any-return]


def _value(rng: Generator, slot: Slot, old: Any) -> Any:
    if slot.kind == "scalar":
        return number(rng, slot.type, old)
    if slot.kind == "vector":
        return _vector(rng, slot, old)
    if slot.kind == "string":
        return [None, "", "x", "\n\0%s"][int(rng.integers(4))]
    if slot.kind != "tables" or not old:
        return old if rng.random() < 0.5 else slot.default
    items = list(old)
    at, other = (int(i) for i in rng.integers(len(items), size=2))
    kind = rng.random()
    if kind < 0.4:
        items[at], items[other] = items[other], items[at]
    elif kind < 0.7:
        items.append(items[at])
    else:
        del items[at]
    return tuple(items)


def _options(rng: Generator, model: schema.Model) -> schema.Model:
    """An option of an operator; seldom another table of options."""
    path, op = _operator(rng, model)
    if op is None:
        return model
    table = op.builtin_options
    if rng.random() < 0.05 or not isinstance(table, Table):
        names = [n for n in BUILTIN_OPTIONS if hasattr(schema.options, n)]
        name = str(rng.choice(names))
        new = getattr(schema.options, name)()
        changed = op.replace(builtin_options_type=BUILTIN_OPTIONS.index(name), builtin_options=new)
        return _replaced(model, path, changed)  # type: ignore[no-any-return]
    if not table.slots:
        return model
    name, slot = table.slots[int(rng.integers(len(table.slots)))]
    new = table.replace(**{name: _value(rng, slot, getattr(table, name))})
    return _replaced(model, path, op.replace(builtin_options=new))  # type: ignore[no-any-return]


def _operator(rng: Generator, model: schema.Model) -> tuple[Path, Any]:
    graphs = [(g, s) for g, s in enumerate(model.subgraphs) if s.operators]
    if not graphs:
        return (), None
    g, graph = graphs[int(rng.integers(len(graphs)))]
    i = int(rng.integers(len(graph.operators)))
    return ("subgraphs", g, "operators", i), graph.operators[i]


def _tensor(rng: Generator, model: schema.Model) -> tuple[Path, Any]:
    graphs = [(g, s) for g, s in enumerate(model.subgraphs) if s.tensors]
    if not graphs:
        return (), None
    g, graph = graphs[int(rng.integers(len(graphs)))]
    i = int(rng.integers(len(graph.tensors)))
    return ("subgraphs", g, "tensors", i), graph.tensors[i]


def _constant(rng: Generator, model: schema.Model) -> schema.Model:
    """Values of a constant."""
    path, tensor = _tensor(rng, model)
    if tensor is None or tensor.buffer >= len(model.buffers):
        return model
    data = model.buffers[tensor.buffer].data
    dtype = _dtype(tensor)
    if data is None or data.size == 0 or data.size % dtype.itemsize:
        return model
    values = np.array(data).view(dtype)
    for _ in range(int(rng.geometric(0.5))):
        at = int(rng.integers(values.size))
        with np.errstate(all="ignore"):
            code = "?" if dtype.kind == "b" else dtype.str[1:]
            if dtype.kind != "c":
                values[at] = number(rng, code, values[at].item())
    return _with_buffer(model, path, tensor, values.view(np.uint8))


def _dtype(tensor: schema.Tensor) -> np.dtype[Any]:
    known = 0 <= tensor.type < len(TENSOR_TYPES)
    name = TENSOR_TYPES[tensor.type] if known else "INT8"
    return NUMPY_TYPES.get(name, np.dtype(np.int8))


def _with_buffer(
    model: schema.Model, path: Path, tensor: schema.Tensor, data: NDArray[np.uint8]
) -> schema.Model:
    """The tensor with a buffer of its own."""
    number = len(model.buffers)
    model = model.replace(buffers=(*model.buffers, schema.Buffer(data=data)))
    return _replaced(model, path, tensor.replace(buffer=number))  # type: ignore[no-any-return]


def _fitted(model: schema.Model, path: Path, tensor: schema.Tensor) -> schema.Model:
    """The tensor put in its place, its values, if it has any, as many as it needs now."""
    shape = [] if tensor.shape is None else tensor.shape.tolist()
    size = math.prod(shape) * _dtype(tensor).itemsize
    name = TENSOR_TYPES[tensor.type] if 0 <= tensor.type < len(TENSOR_TYPES) else ""
    size = (size + 1) // 2 if name == "INT4" else size
    data = model.buffers[tensor.buffer].data if tensor.buffer < len(model.buffers) else None
    if data is not None and data.size and 0 <= size <= MAX_CONSTANT:
        return _with_buffer(model, path, tensor, np.resize(data, size))
    return _replaced(model, path, tensor)  # type: ignore[no-any-return]


def _shape(rng: Generator, model: schema.Model) -> schema.Model:
    """Another shape."""
    path, tensor = _tensor(rng, model)
    if tensor is None:
        return model
    shape = [] if tensor.shape is None else tensor.shape.tolist()
    kind = rng.random()
    if kind < 0.15:
        shape = shape[1:] if rng.random() < 0.5 else shape[:-1]
    elif kind < 0.3 or not shape:
        shape.insert(int(rng.integers(len(shape) + 1)), int(rng.choice([0, 1, 1, 1, 2, 3])))
    else:
        at = int(rng.integers(len(shape)))
        small = int(rng.choice([0, 0, 1, 2, 3, 5, 8, 17, 64]))
        shape[at] = small if rng.random() < 0.8 else number(rng, "i4", shape[at])
    signature = tensor.shape_signature
    if rng.random() < 0.3:
        signature = np.array([-1 if rng.random() < 0.5 else d for d in shape], np.int32)
    changed = tensor.replace(shape=np.array(shape, np.int32), shape_signature=signature)
    return _fitted(model, path, changed)


def _type(rng: Generator, model: schema.Model) -> schema.Model:
    """Another type, of one tensor or of all that have the same."""
    _, chosen = _tensor(rng, model)
    if chosen is None:
        return model
    names = COMMON_TYPES if rng.random() < 0.85 else tuple(TENSOR_TYPES)
    number = TENSOR_TYPES.index(str(rng.choice(names)))
    every = rng.random() < 0.5
    for g, graph in enumerate(model.subgraphs):
        for i, tensor in enumerate(graph.tensors):
            if tensor is chosen or (every and tensor.type == chosen.type):
                model = _fitted(model, ("subgraphs", g, "tensors", i), tensor.replace(type=number))
    return model


def _quantization(rng: Generator, model: schema.Model) -> schema.Model:
    """Scales, zero points, the dimension, or none."""
    path, tensor = _tensor(rng, model)
    if tensor is None:
        return model
    q = tensor.quantization or schema.QuantizationParameters()
    kind = rng.random()
    scale = np.ones(1, np.float32) if q.scale is None or not q.scale.size else q.scale.copy()
    zero = np.zeros(1, np.int64) if q.zero_point is None else q.zero_point.copy()
    if kind < 0.1:
        return _replaced(model, path, tensor.replace(quantization=None))  # type: ignore[no-any-return]
    if kind < 0.5:
        scale[int(rng.integers(scale.size))] = real(rng, float(scale[0]))
    elif kind < 0.7 and zero.size:
        zero[int(rng.integers(zero.size))] = int(rng.choice([-128, 127, 0, 255, -32768, 2**31]))
    elif tensor.shape is not None and tensor.shape.size:  # per channel
        axis = int(rng.integers(tensor.shape.size))
        size = int(min(max(tensor.shape[axis], 0), 4096))
        q = q.replace(quantized_dimension=axis)
        scale, zero = np.resize(scale, size), np.resize(zero, size)
    changed = tensor.replace(quantization=q.replace(scale=scale, zero_point=zero))
    return _replaced(model, path, changed)  # type: ignore[no-any-return]


def _wiring(rng: Generator, model: schema.Model) -> schema.Model:
    """Another input or output of an operator, one more or one less."""
    path, op = _operator(rng, model)
    if op is None:
        return model
    name = "inputs" if rng.random() < 0.7 else "outputs"
    old = getattr(op, name)
    values = [] if old is None else old.tolist()
    count = len(model.subgraphs[int(path[1])].tensors)
    new = int(rng.integers(-1, count + 1)) if rng.random() < 0.9 else number(rng, "i4", 0)
    kind = rng.random()
    if kind < 0.2 and values:
        del values[int(rng.integers(len(values)))]
    elif kind < 0.4 or not values:
        values.insert(int(rng.integers(len(values) + 1)), new)
    else:
        values[int(rng.integers(len(values)))] = new
    return _replaced(model, path, op.replace(**{name: np.array(values, np.int32)}))  # type: ignore[no-any-return]


def _opcode(rng: Generator, model: schema.Model) -> schema.Model:
    """Another operator, the rest as it is."""
    if not model.operator_codes:
        return model
    at = int(rng.integers(len(model.operator_codes)))
    code = int(rng.integers(len(BUILTIN_OPERATORS)))
    new = model.operator_codes[at].replace(
        deprecated_builtin_code=min(code, 127), builtin_code=code, version=int(rng.integers(1, 6))
    )
    return _replaced(model, ("operator_codes", at), new)  # type: ignore[no-any-return]


def _constancy(rng: Generator, model: schema.Model) -> schema.Model:
    """A constant becomes an input, or an input a constant."""
    path, tensor = _tensor(rng, model)
    if tensor is None:
        return model
    graph = model.subgraphs[int(path[1])]
    inputs = [] if graph.inputs is None else graph.inputs.tolist()
    number = int(path[3])
    if number in inputs:
        inputs.remove(number)
        shape = [] if tensor.shape is None else tensor.shape.tolist()
        size = math.prod(shape) * _dtype(tensor).itemsize
        if 0 <= size <= MAX_CONSTANT:
            model = _with_buffer(model, path, tensor, rng.integers(0, 4, size).astype(np.uint8))
    else:
        inputs.append(number)
    graph = model.subgraphs[int(path[1])].replace(inputs=np.array(inputs, np.int32))
    return _replaced(model, path[:2], graph)  # type: ignore[no-any-return]


Change = Callable[[Generator, schema.Model], schema.Model]
_TABLE: tuple[tuple[Change, float], ...] = (
    (_field, 3),
    (_options, 4),
    (_constant, 3),
    (_shape, 5),
    (_type, 2),
    (_quantization, 3),
    (_wiring, 1),
    (_opcode, 1.5),
    (_constancy, 1.5),
)
_CHANGES = [change for change, _ in _TABLE]
_SHARES = np.cumsum([weight for _, weight in _TABLE]) / sum(weight for _, weight in _TABLE)
