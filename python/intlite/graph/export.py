"""A graph for other tools: networkx, Graphviz."""

from __future__ import annotations

from typing import Any

from .._util.extras import require
from .types import Graph, Tensor


def to_networkx(graph: Graph) -> Any:
    """A networkx.MultiDiGraph: nodes are operators by label, edges are tensors.

    Inputs and outputs of the graph are nodes too, "input <number>" and "output <number>".
    Nodes have ``kind``, ``name`` and ``options``; edges ``tensor``, ``name``, ``type``,
    ``shape``, ``scale`` and ``zero_point`` (None or the first of several). Constants
    are listed in ``constants`` of the operators that read them.

    Raises:
        MissingExtraError: networkx is not installed.
    """
    networkx = require("networkx", "graph", "to_networkx()")
    result = networkx.MultiDiGraph(name=graph.name)
    for node in graph.walk():
        op = node.operator
        constants = [t.index for t in node.inputs if t is not None and t.is_constant]
        result.add_node(
            op.label, kind="operator", name=op.name, options=op.options, constants=constants
        )
    for i in graph.inputs:
        result.add_node(f"input {i}", kind="input", name=graph.tensors[i].name)
    for i in graph.outputs:
        result.add_node(f"output {i}", kind="output", name=graph.tensors[i].name)
    for source, target, tensor in _edges(graph):
        q = tensor.quantization
        result.add_edge(
            source,
            target,
            tensor=tensor.index,
            name=tensor.name,
            type=tensor.type,
            shape=tensor.shape,
            scale=None if q is None else float(q.scale[0]),
            zero_point=None if q is None else int(q.zero_point[0]),
        )
    return result


def to_dot(graph: Graph) -> str:
    """The graph in Graphviz's language: operators as boxes, tensors on the arrows."""
    lines = [f"digraph {_quoted(graph.name or 'main')} {{", "  rankdir=TB;", "  node [shape=box];"]
    lines += [f"  {_quoted(op.label)};" for op in graph.operators]
    for what, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        for i in tensors:
            label = f"{what} {graph.tensors[i].name}"
            lines.append(f"  {_quoted(f'{what} {i}')} [label={_quoted(label)}, shape=ellipse];")
    for source, target, tensor in _edges(graph):
        shape = "x".join("?" if d < 0 else str(d) for d in tensor.shape_signature) or "scalar"
        label = f"{tensor.index}: {tensor.type} {shape}"
        lines.append(f"  {_quoted(source)} -> {_quoted(target)} [label={_quoted(label)}];")
    return "\n".join([*lines, "}", ""])


def _edges(graph: Graph) -> list[tuple[str, str, Tensor]]:
    """(from, to, tensor) for each time that a tensor which is not constant is read."""
    writers = {i: f"input {i}" for i in graph.inputs}
    writers |= {i: op.label for op in graph.operators for i in op.outputs}
    reads = [(i, op.label) for op in graph.operators for i in op.inputs]
    reads += [(i, f"output {i}") for i in graph.outputs]
    return [(writers[i], reader, graph.tensors[i]) for i, reader in reads if i in writers]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
