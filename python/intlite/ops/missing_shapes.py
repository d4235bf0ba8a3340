"""Shapes that a file leaves out: some converters record rank 0 for all inner tensors.

The runtimes do not read the shape of what an operator computes; they infer it. So must
we, before an operator's refusals look at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from .._util.memory_limit import check_tensor
from ..errors import IntliteError
from ..graph.types import Graph, Node, Shape, Tensor
from ..runtimes import DEFAULT, runtime
from .base import Op, ValueUnknownError
from .operator_table import OPS


def with_shapes(graph: Graph) -> Graph:
    """The same graph; computed tensors that the file calls scalars have their true shapes.

    Shapes after an operator that is refused, or after one that only a run tells, stay unknown:
    ``has_shape`` is False.
    """
    missing = graph.computed_scalars
    found = _inferred(graph, missing)
    tensors = tuple(
        _with_shape(t, found.get(t.index)) if t.index in missing else t for t in graph.tensors
    )
    return replace(graph, tensors=tensors, source=graph.as_in_file)


def _with_shape(tensor: Tensor, shape: Shape | None) -> Tensor:
    """The tensor with the shape that was found; a scalar is one, None is not known."""
    if shape == ():
        return tensor
    shape = shape or ()
    return replace(tensor, shape=shape, shape_signature=shape, is_shape_inferred=True)


def _inferred(graph: Graph, missing: AbstractSet[int]) -> dict[int, Shape]:
    """The shapes that follow from those of the inputs, by tensor number."""
    values = {t.index: t.data for t in graph.tensors if t.data is not None}
    shapes = {i: value.shape for i, value in values.items()}
    shapes |= {i: graph.tensors[i].shape for i in graph.inputs}
    for node in graph.walk():
        read = [i for i in node.operator.inputs if i >= 0]
        if not all(i in shapes for i in read):
            continue
        node = _reshaped(node, shapes, missing)
        op = OPS.of(node) if OPS.find(node.operator.name) else None
        if op is None or any(op.refusals(node)):
            continue
        given = [shapes.get(i, ()) for i in node.operator.inputs]
        try:
            out = op.output_shapes(node, given, [values.get(i) for i in node.operator.inputs])
            for tensor, shape in zip(node.outputs, out, strict=True):
                check_tensor(tensor, shape)
            outputs = _known_outputs(op, node, given, out, values)
        except (IntliteError, ValueUnknownError):  # whoever plans the graph tells
            continue
        shapes.update(zip(node.operator.outputs, out, strict=True))
        if outputs is not None:
            values.update(zip(node.operator.outputs, outputs, strict=True))
    return shapes


def _reshaped(node: Node, shapes: Mapping[int, Shape], missing: AbstractSet[int]) -> Node:
    def reshaped(tensor: Tensor | None) -> Tensor | None:
        return tensor and replace(tensor, shape=shapes[tensor.index])

    outputs = tuple(replace(t, is_shape_inferred=t.index in missing) for t in node.outputs)
    return replace(node, inputs=tuple(map(reshaped, node.inputs)), outputs=outputs)


def _known_outputs(
    op: Op,
    node: Node,
    given: Sequence[Shape],
    out: Sequence[Shape],
    values: Mapping[int, NDArray[Any]],
) -> list[NDArray[Any]] | None:
    """What the outputs are in every run; later shapes may depend on it."""
    if all(i in values for i in node.operator.inputs if i >= 0):
        inputs = [values.get(i) for i in node.operator.inputs]
        return op.computed(node, inputs, runtime(DEFAULT).kernels, out)
    return op.outputs_of_shapes(node, given)
