"""Everything the page shows, as plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from ...graph.types import Graph, Operator, Tensor
from ...runtimes import runtime
from ..golden.constants import constants_of
from ..model_info import Inspection, OperatorView, dims_text, options_of
from .floating import LayerError
from .formulas import category, formula
from .layout import Layout, Spacing, layout, path_text
from .measure import Measurements
from .statistics import Statistics

SPACING: Final = Spacing()
# Signal to noise below which a layer is worth a look, in decibels.
NOISY: Final = 20.0
# Entries of an array of constants that are shown.
SHOWN: Final = 4

Data = dict[str, Any]


def collect(graph: Graph, numerics: str, inspection: Inspection, found: Measurements) -> Data:
    """The page's data: operators, tensors and the drawing."""
    views = {v.node.operator.index: v for v in inspection.main.operators}
    operators = [_operator(graph, op, numerics, views[op.index], found) for op in graph.operators]
    total = sum(found.seconds.values())
    for line in operators:
        line["share"] = line["seconds"] / total if line["seconds"] is not None and total else None
    return {
        "operators": operators,
        "tensors": {str(t.index): _tensor(t, found.statistics.get(t.index)) for t in graph.tensors},
        "flavours": list(found.differences),
        "numerics": numerics,
    }


def drawing(graph: Graph, operators: list[Data]) -> Data:
    """The graph as shapes: nodes for inputs, operators and outputs, and the edges' paths."""
    writers = {i: f"op{op.index}" for op in graph.operators for i in op.outputs}
    inputs = {i: f"in{i}" for i in graph.inputs}
    reads: dict[str, list[str]] = {name: [] for name in inputs.values()}
    for op in graph.operators:
        sources = [writers.get(i) or inputs.get(i) for i in op.inputs]
        reads[f"op{op.index}"] = list(dict.fromkeys(s for s in sources if s is not None))
    for i in dict.fromkeys(graph.outputs):
        source = writers.get(i) or inputs.get(i)
        reads[f"out{i}"] = [source] if source else []
    edges = [(s, n) for n, sources in reads.items() for s in sources]
    placed = layout(list(reads), edges, SPACING)
    half = SPACING.node_height / 2
    return {
        "width": math.ceil(placed.width) + 16,
        "height": math.ceil(placed.height) + 16,
        "node_width": SPACING.node_width,
        "node_height": SPACING.node_height,
        "edges": [path_text(points, half) for points in placed.paths.values()],
        "nodes": [_node(graph, name, placed, operators) for name in reads],
    }


def _node(graph: Graph, name: str, placed: Layout, operators: list[Data]) -> Data:
    x, y = placed.centres[name]
    corner = {
        "x": round(x - SPACING.node_width / 2, 1),
        "y": round(y - SPACING.node_height / 2, 1),
    }
    if name.startswith("op"):
        line = next(o for o in operators if o["index"] == int(name[2:]))
        return {
            **corner,
            "operator": line["index"],
            "title": line["name"],
            "text": f"#{line['index']}  {line['shape']}",
            "category": line["category"],
            "warnings": len(line["warnings"]),
        }
    kind = "input" if name.startswith("in") else "output"
    tensor = graph.tensors[int(name.removeprefix("in").removeprefix("out"))]
    return {
        **corner,
        "operator": None,
        "tensor": tensor.index,
        "title": kind,
        "text": f"{tensor.type.lower()} {dims_text(tensor.shape)}",
        "category": "terminal",
        "warnings": 0,
    }


def _operator(
    graph: Graph, op: Operator, numerics: str, view: OperatorView, found: Measurements
) -> Data:
    node = graph.node(op)
    policy = runtime(numerics).policy(node)
    constants = constants_of(node, [() if t is None else t.shape for t in node.inputs], policy)
    error = None if found.errors is None else found.errors.errors.get(op.index)
    output = node.outputs[0] if node.outputs else None
    differences = {
        name: by_op[op.index] for name, by_op in found.differences.items() if op.index in by_op
    }
    used = [*(i for i in op.inputs if i >= 0 and graph.tensors[i].is_constant), *op.outputs]
    return {
        "index": op.index,
        "name": op.name,
        "label": op.label,
        "category": category(op.name),
        "shape": dims_text(output.shape) if output else "",
        "inputs": [i for i in op.inputs if i >= 0],
        "outputs": list(op.outputs),
        "options": options_of(op),
        "arithmetic": policy.arithmetic,
        "delegated": view.delegated,
        "formula": formula(op.name, constants),
        "constants": {name: _constant(value) for name, value in constants.items()},
        "macs": view.macs,
        "parameters": view.parameters,
        "seconds": found.seconds.get(op.index),
        "error": _error(error, output),
        "bridged": found.errors is not None and op.index in found.errors.bridged,
        "differences": {
            name: {
                "share": d.differing / d.elements if d.elements else 0.0,
                "differing": d.differing,
                "largest": d.largest if math.isfinite(d.largest) else None,
                "alone": d.alone,
            }
            for name, d in differences.items()
        },
        "used": found.statistics[op.outputs[0]].used
        if op.outputs and op.outputs[0] in found.statistics
        else None,
        "saturated": _saturated(found.statistics.get(op.outputs[0]), output) if output else None,
        "warnings": [
            *_error_warnings(error),
            *(w for i in used for w in _warnings(found.statistics.get(i))),
        ],
    }


def _constant(value: Any) -> str:
    """A constant as text; long arrays by their first entries."""
    if not isinstance(value, np.ndarray):
        return f"{value:.9g}" if isinstance(value, float) else str(value)
    whole = value.dtype.kind in "iu"
    words = [str(v) if whole else f"{v:.6g}" for v in value[:SHOWN].tolist()]
    if value.size > 1 and np.all(value == value[0]):
        return f"{words[0]} in all {value.size} channels"
    return ", ".join(words) + (f", ... ({value.size})" if value.size > SHOWN else "")


def _error(error: LayerError | None, output: Tensor | None) -> Data | None:
    if error is None or output is None:
        return None
    q = output.quantization
    step = float(q.scale[0]) if q is not None else None

    def figures(e: Any) -> Data:
        return {
            "decibels": e.decibels,
            "exact": e.noise == 0,
            "largest": e.largest,
            "rms": e.root_mean_square,
            "largest_steps": e.largest / step if step else None,
            "rms_steps": e.root_mean_square / step if step else None,
        }

    return {"whole": figures(error.whole), "alone": figures(error.alone)}


def _error_warnings(error: LayerError | None) -> Iterator[str]:
    if error is None:
        return
    decibels = error.whole.decibels
    if decibels is not None and decibels < NOISY:
        yield f"signal to noise against float32 is only {decibels:.1f} dB"


def _warnings(found: Statistics | None) -> tuple[str, ...]:
    return () if found is None else found.warnings


def _saturated(found: Statistics | None, tensor: Tensor) -> float | None:
    """The share of values at an end of the type that is not where zero lies."""
    if found is None or found.used is None or tensor.quantization is None:
        return None
    zero = int(tensor.quantization.zero_point[0])
    at_zero = zero == np.iinfo(tensor.dtype).min
    return found.at_high + (0.0 if at_zero else found.at_low)


def _tensor(tensor: Tensor, found: Statistics | None) -> Data:
    q = tensor.quantization
    data: Data = {
        "index": tensor.index,
        "name": tensor.name,
        "type": tensor.type,
        "shape": dims_text(tensor.shape),
        "constant": tensor.is_constant,
        "quantization": None,
    }
    if q is not None:
        data["quantization"] = {
            "scales": q.scale.size,
            "scale": float(f"{q.scale[0]:.9g}"),
            "least": float(f"{q.scale.min():.9g}"),
            "greatest": float(f"{q.scale.max():.9g}"),
            "zero_point": int(q.zero_point[0]),
            "axis": q.axis,
        }
    if found is not None:
        data["statistics"] = {
            name: float(f"{value:.6g}") if isinstance(value, float) else value
            for name, value in vars(found).items()
        }
    return data
