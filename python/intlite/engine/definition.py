"""A graph run by its definition, ``reference``: plain integer numpy, operator by operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from ..graph.types import Graph, Operator, Shape
from ..ops import OPS
from ..plan.operators import check_outputs
from ..runtimes import Runtime
from .samples import Arrays


def run(graph: Graph, flavour: Runtime, inputs: Sequence[NDArray[Any]], held: int = 0) -> Arrays:
    """All tensors of one run, by number: constants, inputs and what operators write.

    Args:
        graph: A graph that ``ops.refusals`` accepts.
        flavour: The arithmetic.
        inputs: One for each graph input.
        held: Bytes that other runs' tensors take meanwhile.

    Raises:
        ShapeError: The inputs' shapes do not fit an operator.
        MemoryLimitError: The tensors would be too large.
    """
    values: Arrays = {t.index: t.data for t in graph.tensors if t.data is not None}
    values.update(zip(graph.inputs, inputs, strict=True))
    for operator in graph.operators:
        outputs = run_operator(graph, flavour, operator, values, held)
        values.update(zip(operator.outputs, outputs, strict=True))
        held += sum(y.nbytes for y in outputs)
    return values


def run_operator(
    graph: Graph,
    flavour: Runtime,
    operator: Operator,
    values: Mapping[int, NDArray[Any]],
    held: int = 0,
) -> list[NDArray[Any]]:
    """One operator's outputs, from the values of its inputs in one run. Errors as for ``run``."""
    node = graph.node(operator)
    op = OPS.of(node)
    inputs = [values.get(i) for i in operator.inputs]
    shapes: list[Shape] = [() if v is None else v.shape for v in inputs]
    found = op.output_shapes(node, shapes, inputs)
    check_outputs(node, found, held)
    return op.computed(node, inputs, flavour.policy(node), found)
