"""Shapes of all tensors from shapes of the inputs, and the values known without a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from .._util.memory_limit import check_tensor
from ..graph.types import Graph, Shape
from ..ops import OPS, ValueUnknownError
from ..runtimes import Runtime
from .operators import ready


def infer(
    graph: Graph, input_shapes: Sequence[Shape], flavour: Runtime
) -> tuple[dict[int, Shape], dict[int, NDArray[Any]]]:
    """Every tensor's shape, and the values that no run changes, both by number.

    Those are constants, what depends on nothing but shapes, and what operators make of
    nothing else.

    Args:
        graph: The graph.
        input_shapes: One for each graph input.
        flavour: The arithmetic.

    Raises:
        ShapeError: An operator does not take the shapes.
        MemoryLimitError: A tensor would be too large.
        ValueUnknownError: A shape depends on a value that only a run gives.
    """
    shapes, values = known_at_first(graph, input_shapes)
    extend(graph, 0, shapes, values, flavour, until_unknown=False)
    return shapes, values


def known_at_first(
    graph: Graph, input_shapes: Sequence[Shape]
) -> tuple[dict[int, Shape], dict[int, NDArray[Any]]]:
    """Shapes of the inputs, and the constants with theirs, by number.

    Raises:
        ShapeError, MemoryLimitError: An array could not have such a shape.
    """
    values = {t.index: t.data for t in graph.tensors if t.data is not None}
    shapes = {i: v.shape for i, v in values.items()}
    _note(graph, graph.inputs, input_shapes, shapes)
    return shapes, values


def extend(
    graph: Graph,
    first: int,
    shapes: dict[int, Shape],
    values: dict[int, NDArray[Any]],
    flavour: Runtime,
    until_unknown: bool,
) -> int:
    """Add what the operators from one on write: their shapes, and values that no run changes.

    Args:
        graph: The graph.
        first: The position of the operator to begin with.
        shapes, values: What is known before; added to.
        flavour: The arithmetic.
        until_unknown: End before an operator whose output shapes depend on a run's values.

    Returns:
        The position of that operator, or the number of operators.

    Raises:
        ShapeError, MemoryLimitError: As for ``infer``.
        ValueUnknownError: There is such an operator, and it is not to end there.
    """
    for position, operator in enumerate(graph.operators[first:], first):
        node = graph.node(operator)
        op = OPS.of(node)
        given = [shapes.get(i, ()) for i in operator.inputs]
        known = [values.get(i) for i in operator.inputs]
        try:
            found = op.output_shapes(node, given, known)
        except ValueUnknownError:
            if until_unknown:
                return position
            raise
        _note(graph, operator.outputs, found, shapes)
        if all(i in values or i < 0 for i in operator.inputs):
            outputs: Sequence[NDArray[Any]] | None = ready(node, given, known, flavour).run(
                known, 1
            )
        else:
            outputs = op.outputs_of_shapes(node, given)
        if outputs is not None:
            values.update(zip(operator.outputs, outputs, strict=True))
    return len(graph.operators)


def _note(
    graph: Graph, tensors: Sequence[int], found: Sequence[Shape], shapes: dict[int, Shape]
) -> None:
    for i, shape in zip(tensors, found, strict=True):
        check_tensor(graph.tensors[i], shape)
        shapes[i] = shape
