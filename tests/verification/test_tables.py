"""Every number in real files' tables that must fit another, made wrong one at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import schema
from intlite.errors import ModelError
from intlite.graph import build
from intlite.schema.enums import TENSOR_TYPES
from intlite.schema.writer import write

from .test_bytes import PATHS, each_model

QUANTIZED = ("INT8", "UINT8", "INT16", "INT4")
Change = Callable[[schema.Model, Any], dict[str, Any] | None]


def ints(*values: int) -> NDArray[np.int32]:
    return np.array(values, np.int32)


@dataclass(frozen=True)
class Row:
    """One thing that is checked.

    Attributes:
        table: "tensor" or "operator": what is changed.
        change: The fields to change of one that it applies to, else None.
        message: A pattern of what is said, besides which table it is.
    """

    table: str
    change: Change
    message: str


def type_name(tensor: schema.Tensor) -> str:
    return TENSOR_TYPES[tensor.type]


def is_stored(model: schema.Model, tensor: schema.Tensor) -> bool:
    data = model.buffers[tensor.buffer].data
    return data is not None and data.size > 0


def of_quantized(
    **changes: Callable[[schema.QuantizationParameters], Any],
) -> Change:
    """Changes of the quantization, where the operators read it."""

    def change(model: schema.Model, tensor: schema.Tensor) -> dict[str, Any] | None:
        q = tensor.quantization
        if q is None or q.scale is None or not q.scale.size or type_name(tensor) not in QUANTIZED:
            return None
        return {"quantization": q.replace(**{k: f(q) for k, f in changes.items()})}

    return change


def channels(q: schema.QuantizationParameters) -> int:
    return 0 if q.scale is None else q.scale.size


def scale_of(value: float) -> Change:
    def scales(q: schema.QuantizationParameters) -> NDArray[np.float32]:
        assert q.scale is not None
        changed = np.array(q.scale)
        changed[-1] = value
        return changed

    return of_quantized(scale=scales)


def zero_points(value: int) -> Change:
    return of_quantized(zero_point=lambda q: np.full(channels(q), value, np.int64))


def stored(**changes: Any) -> Change:
    return lambda model, tensor: changes if is_stored(model, tensor) else None


def more_elements(model: schema.Model, tensor: schema.Tensor) -> dict[str, Any] | None:
    if not is_stored(model, tensor):
        return None
    shape = [] if tensor.shape is None else tensor.shape.tolist()
    return {"shape": ints(*shape, 2), "shape_signature": None}


def appended(field: str, value: int) -> Change:
    def change(model: schema.Model, operator: schema.Operator) -> dict[str, Any]:
        vector = getattr(operator, field)
        return {field: ints(*([] if vector is None else vector.tolist()), value)}

    return change


SCALE = "every scale must be finite and > 0"
ZERO_POINT = r"zero point outside \["
ROWS: dict[str, Row] = {
    "tensor type": Row("tensor", lambda m, t: {"type": 99}, "type 99 is not known"),
    "negative dimension": Row("tensor", lambda m, t: {"shape": ints(1, -2)}, "negative dimension"),
    "rank": Row("tensor", lambda m, t: {"shape": np.ones(40, np.int32)}, "rank 40 is above"),
    "product of a shape beyond 64 bits": Row(
        "tensor", lambda m, t: {"shape": ints(*[2**31 - 1] * 4)}, "too many elements"
    ),
    "shape signature": Row(
        "tensor", lambda m, t: {"shape_signature": ints(*[-1] * 31)}, "shape signature"
    ),
    "buffer number": Row("tensor", stored(buffer=10**6), "buffer 1000000 of"),
    "buffer size against shape and type": Row("tensor", more_elements, "buffer"),
    # One of several may be 0: that of a channel in which nothing is left.
    "scale 0": Row("tensor", of_quantized(scale=lambda q: np.zeros(1, np.float32)), SCALE),
    "scale negative": Row("tensor", scale_of(-0.5), SCALE),
    "scale infinite": Row("tensor", scale_of(np.inf), SCALE),
    "scale NaN": Row("tensor", scale_of(np.nan), SCALE),
    "zero point below the type": Row("tensor", zero_points(-40000), ZERO_POINT),
    "zero point above the type": Row("tensor", zero_points(40000), ZERO_POINT),
    "zero points beyond 32 bits": Row("tensor", zero_points(2**40), ZERO_POINT),
    "zero points a channel": Row(
        "tensor",
        of_quantized(zero_point=lambda q: np.zeros(channels(q) + 2, np.int64)),
        "zero points for",
    ),
    "scales a channel": Row(
        "tensor",
        of_quantized(
            scale=lambda q: np.ones(10007, np.float32), zero_point=lambda q: np.zeros(1, np.int64)
        ),
        "10007 scales along dimension",
    ),
    "operator code": Row("operator", lambda m, o: {"opcode_index": 10**6}, "opcode 1000000 of"),
    "operator input": Row("operator", appended("inputs", 10**6), "tensor 1000000 of"),
    "operator input below -1": Row("operator", appended("inputs", -2), "tensor -2 of"),
    "operator output": Row("operator", appended("outputs", 10**6), "tensor 1000000 of"),
    "operator output absent": Row("operator", appended("outputs", -1), "tensor -1 of"),
    "operator intermediate": Row("operator", appended("intermediates", 10**6), "tensor 1000000 of"),
}


@cache
def model_of(path: Path) -> schema.Model:
    return schema.read(path.read_bytes())


def changed(model: schema.Model, row: Row) -> Iterator[tuple[str, schema.Model]]:
    """Every table that the row applies to: what messages call it, and the model with it changed."""
    for g, graph in enumerate(model.subgraphs):
        field = f"{row.table}s"
        tables = getattr(graph, field)
        computed = {int(i) for op in graph.operators for i in ints_of(op.outputs)}
        for i, table in enumerate(tables):
            if row.table == "tensor" and "buffer" in row.message and i in computed:
                continue  # what is computed has no data: its buffer means nothing
            changes = row.change(model, table)
            if changes is None:
                continue
            made = (*tables[:i], table.replace(**changes), *tables[i + 1 :])
            graphs = list(model.subgraphs)
            graphs[g] = graph.replace(**{field: made})
            yield f"subgraphs[{g}].{field}[{i}]", model.replace(subgraphs=tuple(graphs))


def ints_of(vector: NDArray[np.int32] | None) -> list[int]:
    return [] if vector is None else vector.tolist()


@pytest.mark.parametrize("name", ROWS)
def test_each_table_of_real_models(name: str) -> None:
    row, count = ROWS[name], 0
    for path in PATHS:
        for where, model in changed(model_of(path), row):
            with pytest.raises(ModelError, match=re.escape(where) + ".*" + row.message):
                build(model)
            count += 1
    assert count > 4


@each_model
def test_the_models_are_fine_before_the_changes(path: Path) -> None:
    """Also written and read again, as the changed ones would be."""
    model = model_of(path)
    assert len(build(schema.read(write(model))).operators) == len(model.subgraphs[0].operators)
