"""intlite inspect: what a model is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ..graph.types import Tensor
from ..inspect.kind import KINDS
from ..inspect.model_info import Inspection, OperatorView, SubgraphView, inspect, shape_text
from .verb import console, model_argument, new_table, verb, write_json

# Operators that are named one by one, with their numbers.
_MOST_LABELS = 6


@verb(
    example="""
intlite inspect model.tflite
intlite inspect model.tflite --ops --tensors
"""
)
@model_argument
@click.option("--ops", "with_ops", is_flag=True, help="List the operators with their options.")
@click.option("--tensors", "with_tensors", is_flag=True, help="List the tensors.")
@click.option("--subgraph", type=int, default=0, show_default=True, help="The one to show.")
def command(model: str, with_ops: bool, with_tensors: bool, subgraph: int, as_json: bool) -> None:
    """Show what MODEL is at a glance.

    Its operators, inputs and outputs, parameters, multiply-accumulates (MACs) and memory for
    one sample, whether it runs, and what LiteRT's XNNPACK delegate would take of it.
    """
    found = inspect(model)
    if not 0 <= subgraph < len(found.subgraphs):
        raise ValueError(f"--subgraph {subgraph}: {model} has {len(found.subgraphs)}")
    view = found.subgraphs[subgraph]
    if as_json:
        write_json(as_data(found, view, with_ops, with_tensors))
        return
    _print_summary(Path(model).name, found, view)
    if with_ops:
        _print_operators(view)
    if with_tensors:
        _print_tensors(view)


def as_data(
    found: Inspection, view: SubgraphView, with_ops: bool, with_tensors: bool
) -> dict[str, Any]:
    """What ``--json`` prints."""
    graph = view.graph
    data: dict[str, Any] = {
        "description": found.description,
        "size": found.size,
        "kind": found.kind,
        "subgraphs": len(found.subgraphs),
        "inputs": [tensor_data(graph.tensors[i]) for i in graph.inputs],
        "outputs": [tensor_data(graph.tensors[i]) for i in graph.outputs],
        "operators": dict(view.counts()),
        "parameters": view.parameters,
        "parameter_bytes": view.parameter_bytes,
        "macs": view.macs,
        "runs": found.runs,
        "refusals": found.refusals,
        "arena": found.arena,
        "errors": found.errors,
        "flavours": found.flavours,
        "delegated": sum(op.delegated for op in view.operators),
        "partitions": view.partitions,
    }
    if with_ops:
        data["ops"] = [_operator_data(op) for op in view.operators]
    if with_tensors:
        data["tensors"] = [tensor_data(t) for t in graph.tensors]
    return data


def tensor_data(tensor: Tensor) -> dict[str, Any]:
    q = tensor.quantization
    return {
        "index": tensor.index,
        "name": tensor.name,
        "type": tensor.type,
        "shape": tensor.shape,
        "shape_signature": tensor.shape_signature,
        "constant": tensor.is_constant,
        "scale": None if q is None else q.scale,
        "zero_point": None if q is None else q.zero_point,
        "axis": q.axis if q is not None and q.per_channel else None,
    }


def _operator_data(op: OperatorView) -> dict[str, Any]:
    operator = op.node.operator
    return {
        "index": operator.index,
        "name": operator.name,
        "version": operator.version,
        "inputs": operator.inputs,
        "outputs": operator.outputs,
        "options": op.options,
        "macs": op.macs,
        "parameters": op.parameters,
        "delegated": op.delegated,
        "refusal": op.refusal,
    }


def _print_summary(name: str, found: Inspection, view: SubgraphView) -> None:
    graph = view.graph
    out = console()
    table = new_table("", "")
    table.show_header = False
    size = f"{found.size:,} bytes"
    table.add_row("file", f"{name}, {size}" + (f", {found.description}" * bool(found.description)))
    table.add_row("kind", KINDS[found.kind])
    if len(found.subgraphs) > 1:
        table.add_row("subgraphs", str(len(found.subgraphs)))
    for what, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        for i in tensors:
            table.add_row(what, tensor_text(graph.tensors[i]))
    counts = ", ".join(f"{n} {count}" for n, count in view.counts())
    table.add_row("operators", f"{len(view.operators)}: {counts}")
    table.add_row("parameters", f"{view.parameters:,} ({view.parameter_bytes:,} bytes)")
    table.add_row("MACs", f"{view.macs:,}")
    if found.arena is not None:
        table.add_row("arena", f"{found.arena:,} bytes for one sample")
    for what, reason in rows_of_runs(found):
        table.add_row(what, reason)
    table.add_row("XNNPACK", _delegate_text(view))
    out.print(table)


def rows_of_runs(found: Inspection) -> Iterator[tuple[str, str]]:
    """Rows that say whether it runs, and where it does not, why."""
    if found.refusals:
        count = len(found.refusals)
        what = "operator is" if count == 1 else "operators are"
        yield "runs", f"no: {count} {what} not supported"
        yield from (("", reason) for reason in found.refusals)
        return
    names = [name for name in found.flavours if name not in found.errors]
    yield "runs", ("yes" if not found.errors else f"in {', '.join(names)}" if names else "no")
    # One row for flavours that say the same.
    for text in dict.fromkeys(found.errors.values()):
        others = [name for name, error in found.errors.items() if error == text]
        yield "", f"not in {', '.join(others)}: {text}" if names else text


def _delegate_text(view: SubgraphView) -> str:
    taken, total = sum(op.delegated for op in view.operators), len(view.operators)
    if taken == total:
        return f"takes all {total} operators"
    others = [op.node for op in view.operators if not op.delegated]
    left = ", ".join(node.label for node in others)
    if len(others) > _MOST_LABELS:
        counts = Counter(node.operator.name for node in others).most_common()
        left = ", ".join(f"{name} {count}" for name, count in counts)
    parts = len(view.partitions)
    in_parts = f" in {parts} parts" if parts > 1 else ""
    return f"takes {taken} of {total} operators{in_parts}; not {left}"


def tensor_text(tensor: Tensor) -> str:
    """One line: number, name, type, shape, quantization."""
    q = f" {tensor.quantization}" if tensor.quantization is not None else ""
    return f"{tensor.index} {tensor.name} {tensor.type} {shape_text(tensor)}{q}"


def _print_operators(view: SubgraphView) -> None:
    columns = ("op", "inputs", "outputs", "shape", "MACs", "XNNPACK", "options")
    table = new_table(*columns, title="\nOperators", right="MACs")
    for op in view.operators:
        operator = op.node.operator
        options = ", ".join(
            f"{k}={v}" for k, v in op.options.items() if v not in (0, None, "NONE", "DEFAULT")
        )
        table.add_row(
            operator.label,
            " ".join("-" if i < 0 else str(i) for i in operator.inputs),
            " ".join(map(str, operator.outputs)),
            " ".join(shape_text(t) for t in op.node.outputs),
            f"{op.macs:,}" if op.macs else "",
            "yes" if op.delegated else "no",
            options if op.refusal is None else f"refused: {op.refusal}",
        )
    console().print(table)


def _print_tensors(view: SubgraphView) -> None:
    columns = ("number", "name", "type", "shape", "kind", "quantization")
    table = new_table(*columns, title="\nTensors", right="number")
    for tensor in view.graph.tensors:
        table.add_row(
            str(tensor.index),
            tensor.name,
            tensor.type,
            shape_text(tensor),
            "constant" if tensor.is_constant else "",
            "" if tensor.quantization is None else repr(tensor.quantization),
        )
    console().print(table)
