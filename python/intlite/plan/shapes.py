"""Shapes of all tensors from shapes of the inputs, and the values known without a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from .._util.memory_limit import check_tensor
from ..engine.executor import Executor
from ..errors import ShapeError
from ..graph.types import Graph, Shape
from ..ops import OPS
from ..runtimes import Runtime


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
    values = {t.index: t.data for t in graph.tensors if t.data is not None}
    shapes = {i: v.shape for i, v in values.items()}
    executor = Executor(graph, flavour)

    def note(tensors: Sequence[int], found: Sequence[Shape]) -> None:
        for i, shape in zip(tensors, found, strict=True):
            check_tensor(graph.tensors[i], shape)
            shapes[i] = shape

    note(graph.inputs, input_shapes)
    for operator in graph.operators:
        node = graph.node(operator)
        op = OPS.of(node)
        given = [shapes.get(i, ()) for i in operator.inputs]
        found = op.output_shapes(node, given, [values.get(i) for i in operator.inputs])
        note(operator.outputs, found)
        if all(i in values or i < 0 for i in operator.inputs):
            outputs: Sequence[NDArray[Any]] | None = executor.run_operator(operator, values)
        else:
            outputs = op.outputs_of_shapes(node, given)
        if outputs is not None:
            values.update(zip(operator.outputs, outputs, strict=True))
    return shapes, values


def check_input_shapes(graph: Graph, shapes: Sequence[Shape], strict: bool) -> None:
    """Whether the inputs may have these shapes.

    Args:
        graph: The graph.
        shapes: One for each graph input.
        strict: Only dimensions that the signature leaves open may differ.

    Raises:
        ShapeError: They may not.
    """
    for i, shape in zip(graph.inputs, shapes, strict=True):
        tensor = graph.tensors[i]
        if any(d < 0 for d in shape):
            raise ShapeError(f"{tensor!r}: cannot have shape {list(shape)}")
        if strict and (
            len(shape) != len(tensor.shape)
            or any(s not in (-1, d) for d, s in zip(shape, tensor.shape_signature, strict=True))
        ):
            raise ShapeError(
                f"{tensor!r}: cannot have shape {list(shape)}, "
                f"only {list(tensor.shape_signature)}, where -1 is open"
            )
