"""What a model is at a glance: sizes, work, whether it runs, what the delegate would take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import schema
from ..engine.session import Session
from ..errors import IntliteError, ShapeError
from ..graph import Graph
from ..graph.types import Node, Operator, Shape, Tensor
from ..model_bytes import Source, checked_graph, read_bytes
from ..ops import OPS, ValueUnknownError
from ..ops.accelerators import why_unknown
from ..ops.base import Op, elements
from ..plan import ALL_PASSES
from ..runtimes import DEFAULT, RUNTIMES, runtime
from ..schema.enums import ACTIVATIONS, WEIGHTS_FORMATS, name_of
from ..schema.tables import Table
from .kind import kind_of

_ENUMS: dict[str, tuple[str, ...]] = {
    "fused_activation_function": ACTIVATIONS,
    "padding": ("SAME", "VALID"),
    "weights_format": WEIGHTS_FORMATS,
}


@dataclass(frozen=True, eq=False)
class OperatorView:
    """One operator.

    Attributes:
        node: The operator with its tensors.
        macs: Multiply-accumulates of one sample.
        parameters: Elements of its constant inputs.
        delegated: Whether LiteRT's XNNPACK delegate would take it.
        refusal: Why intlite does not run it; None if it does.
    """

    node: Node
    macs: int
    parameters: int
    delegated: bool
    refusal: str | None

    @property
    def options(self) -> dict[str, Any]:
        """Its options, by the names of the file format; those of enums as names."""
        return options_of(self.node.operator)


@dataclass(frozen=True, eq=False)
class SubgraphView:
    """One subgraph, with what its operators add up to."""

    graph: Graph
    operators: tuple[OperatorView, ...]

    @property
    def macs(self) -> int:
        return sum(op.macs for op in self.operators)

    @property
    def parameters(self) -> int:
        """Elements of all constants, each counted once."""
        return sum(t.data.size for t in self.graph.tensors if t.data is not None)

    @property
    def parameter_bytes(self) -> int:
        return sum(t.data.nbytes for t in self.graph.tensors if t.data is not None)

    @property
    def partitions(self) -> list[tuple[int, int]]:
        """First and last number of each run of operators that the delegate would take."""
        found: list[tuple[int, int]] = []
        for i, op in enumerate(self.operators):
            if not op.delegated:
                continue
            if found and found[-1][1] == i - 1:
                found[-1] = (found[-1][0], i)
            else:
                found.append((i, i))
        return found

    def counts(self) -> list[tuple[str, int]]:
        """Operators by name, the most frequent first."""
        return Counter(op.node.operator.name for op in self.operators).most_common()


@dataclass(frozen=True, eq=False)
class Inspection:
    """A model file, whether or not intlite runs it.

    Attributes:
        description: The file's own.
        size: Bytes of the file.
        subgraphs: The main one first.
        refusals: Why no flavour runs it, a line for each operator; empty if these are fine.
        errors: Why a flavour does not load it, for each that does not.
        flavours: For each flavour, the bytes of intermediate memory of one sample, or
            why there is no such number.
    """

    description: str
    size: int
    subgraphs: tuple[SubgraphView, ...]
    refusals: tuple[str, ...]
    errors: dict[str, str] = field(default_factory=dict)
    flavours: dict[str, int | str] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """Whether at least one flavour loads it."""
        return not self.refusals and len(self.errors) < len(RUNTIMES)

    @property
    def main(self) -> SubgraphView:
        return self.subgraphs[0]

    @property
    def kind(self) -> str:
        """How the main subgraph is quantized: one of ``inspect.kind.KINDS``."""
        return kind_of(self.main.graph)

    @property
    def arena(self) -> int | None:
        """Bytes of intermediate memory of one sample; None where it depends on values."""
        found = self.flavours.get(DEFAULT)
        return found if isinstance(found, int) else None


def inspect(source: Source) -> Inspection:
    """Look at a model; operators that intlite does not run are no error.

    Raises:
        ModelError: The bytes are not a valid model.
    """
    data = read_bytes(source)
    tables = schema.read(data)
    graph, refused = checked_graph(tables)
    errors: dict[str, str] = {}
    flavours: dict[str, int | str] = {}
    for name in () if refused else RUNTIMES:
        try:
            flavours[name] = _arena(graph, name)
        except IntliteError as error:
            flavours[name] = errors[name] = str(error)
    return Inspection(
        tables.description or "",
        len(data),
        tuple(_subgraph(g) for g in (graph, *graph.subgraphs)),
        tuple(refused),
        errors,
        flavours,
    )


def _subgraph(graph: Graph) -> SubgraphView:
    return SubgraphView(graph, tuple(_operator(graph, graph.node(op)) for op in graph.operators))


def _operator(graph: Graph, node: Node) -> OperatorView:
    parameters = sum(elements(t.shape) for t in node.inputs if t is not None and t.is_constant)
    if OPS.find(node.operator.name) is None:
        return OperatorView(node, 0, parameters, False, why_unknown(node.operator.name))
    op = OPS.of(node)
    if reasons := "; ".join(op.refusals(node)):
        return OperatorView(node, 0, parameters, False, reasons)
    return OperatorView(
        node,
        _macs(op, node),
        parameters,
        runtime(DEFAULT).takes(node),
        None,
    )


def _plain(value: Any) -> Any:
    return tuple(value.tolist()) if isinstance(value, np.ndarray) else value


def _macs(op: Op, node: Node) -> int:
    try:
        return op.macs(node, [() if t is None else t.shape for t in node.inputs])
    except (ShapeError, ValueUnknownError):  # only a run tells
        return 0


def _arena(graph: Graph, name: str) -> int | str:
    """Of what loading makes; its errors are this one's."""
    session = Session(graph, runtime(name), passes=ALL_PASSES - {"tile_batches"})
    program = session.own_program()
    return "depends on values or shapes" if program is None else program.arena.size


def options_of(operator: Operator) -> dict[str, Any]:
    """An operator's options, by the names of the file format; those of enums as names."""
    table = operator.options
    if not isinstance(table, Table):
        return {}
    values = {name: _plain(getattr(table, name)) for name, _ in table.slots}
    return {n: name_of(_ENUMS[n], v) if n in _ENUMS else v for n, v in values.items()}


def shape_text(tensor: Tensor) -> str:
    """A tensor's shape as 1x28x28; ? where it is open."""
    return dims_text(tensor.shape_signature)


def dims_text(shape: Shape) -> str:
    return "x".join("?" if d < 0 else str(d) for d in shape) or "scalar"
