"""How models, graphs, traces and comparisons show in a notebook: small tables, no scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..graph.types import Graph, Tensor
    from ..model import Model
    from ..trace import Trace

# Rows of a table; what is beyond them is counted.
MAX_ROWS = 200


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str) -> str:
    """A table; cells are escaped."""
    every = list(rows)
    head = "".join(f"<th style='text-align:left'>{escape(c)}</th>" for c in columns)
    body = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{_cell(c)}</td>" for c in row) + "</tr>"
        for row in every[:MAX_ROWS]
    )
    more = f"<p>and {len(every) - MAX_ROWS} more</p>" if len(every) > MAX_ROWS else ""
    title = f"<caption style='text-align:left'><b>{escape(caption)}</b></caption>"
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(value: object) -> str:
    return escape("" if value is None else str(value)).replace("\n", "<br>")


def _dims(shape: Sequence[int]) -> str:
    return "x".join("?" if d < 0 else str(d) for d in shape) or "scalar"


def _tensor(t: Tensor) -> str:
    q = f" {t.quantization}" if t.quantization is not None else ""
    return f"{t.index} {t.name} {t.type} {_dims(t.shape_signature)}{q}"


def graph(g: Graph, caption: str = "") -> str:
    """One row for each operator."""
    rows = [
        (
            op.label,
            ", ".join("-" if i < 0 else str(i) for i in op.inputs),
            "\n".join(_tensor(g.tensors[i]) for i in op.outputs),
        )
        for op in g.operators
    ]
    return table(("operator", "inputs", "outputs"), rows, caption or f"Graph {g.name or 'main'}")


def model(m: Model) -> str:
    """Inputs and outputs, then the graph."""
    ends = [("input", _tensor(t)) for t in m.inputs] + [("output", _tensor(t)) for t in m.outputs]
    return table(("", "tensor"), ends, repr(m)) + graph(m.graph, "Operators")


def trace(t: Trace) -> str:
    """One row for each tensor that is not constant."""
    rows = []
    for tensor in t.values():
        if tensor.tensor.is_constant or not tensor.quantized.size:
            continue
        real = tensor.real
        rows.append(
            (
                tensor.index,
                tensor.name,
                tensor.op or "input",
                f"{tensor.quantized.dtype} {_dims(tensor.quantized.shape)}",
                f"{tensor.quantized.min()} to {tensor.quantized.max()}",
                f"{real.min():.6g} to {real.max():.6g}" if real.dtype.kind in "fiu" else "",
            )
        )
    columns = ("number", "name", "operator", "type", "stored", "real")
    return table(columns, rows, repr(t)[1:-1])


def comparison(c: Comparison) -> str:
    """The first difference in full, then one row for each tensor."""
    parts = []
    if c.first is not None:
        lines = c.first.lines(c.a, c.b)
        parts.append(table(("", "first difference"), lines, f"{c.a} against {c.b}: {c.summary()}"))
    if c.definitions:
        rows = [(d.op, d.what) for d in c.definitions]
        parts.append(table(("operator", "what differs"), rows, "The models differ"))
    tensors = [
        (t.op or "input", t.tensor.name, t.elements, t.differing, f"{t.largest:g}", t.verdict)
        for t in c.tensors
    ]
    columns = ("operator", "tensor", "elements", "differing", "largest", "verdict")
    parts.append(table(columns, tensors, "Tensors" if parts else f"{c.a} against {c.b}: equal"))
    parts += [f"<p>{escape(note)}</p>" for note in c.notes]
    return "".join(parts)
