"""Shapes of all tensors from shapes of the inputs, and the values known without a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from ..errors import ShapeError
from ..executor import Executor
from ..graph.types import Graph, Shape
from ..numerics import Flavour
from ..ops import OPS


def infer_shapes(
    graph: Graph, input_shapes: Sequence[Shape], values: dict[int, NDArray[Any]]
) -> dict[int, Shape]:
    """Every tensor's shape, by number.

    Args:
        graph: The graph.
        input_shapes: One for each graph input.
        values: Values of tensors that are known, by number.

    Raises:
        ShapeError: An operator does not take the shapes.
        ValueUnknownError: A shape depends on a value that only a run gives.
    """
    shapes = {t.index: t.shape for t in graph.tensors if t.is_constant}
    shapes.update({i: v.shape for i, v in values.items()})
    shapes.update(zip(graph.inputs, input_shapes, strict=True))
    for operator in graph.operators:
        node = graph.node(operator)
        found = OPS[operator.name].output_shapes(
            node,
            [shapes.get(i, ()) for i in operator.inputs],
            [values.get(i) for i in operator.inputs],
        )
        shapes.update(zip(operator.outputs, found, strict=True))
    return shapes


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


def fold_constants(graph: Graph, flavour: Flavour) -> dict[int, NDArray[Any]]:
    """Constants, and what operators make of nothing but constants."""
    values = {t.index: t.data for t in graph.tensors if t.data is not None}
    executor = Executor(graph, flavour)
    for operator in graph.operators:
        if all(i in values or i < 0 for i in operator.inputs):
            outputs = executor.run_operator(operator, values)
            values.update(zip(operator.outputs, outputs, strict=True))
    return values
