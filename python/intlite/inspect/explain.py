"""Finds the operator and the run behind one output element, and has it explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.executor import Executor
from ..explanation import Explanation
from ..graph.types import Graph, Operator
from ..ops import OPS
from ..runtimes import Runtime


def explain(
    graph: Graph,
    flavour: Runtime,
    operator: Operator,
    index: int | Sequence[int],
    inputs: Sequence[NDArray[Any]],
    samples: int,
) -> Explanation:
    """The explanation of one element of an operator's first output.

    Args:
        graph, flavour: What runs.
        operator: The operator that writes the element.
        index: The element; the leading dimension counts over all samples.
        inputs: The graph's inputs, ``samples`` of each.
        samples: How many.

    Raises:
        IndexError: There is no such element.
        ValueError: The operator does not requantize an accumulator.
    """
    if samples == 0:
        raise IndexError(f"{operator.label}: no samples, so no elements")
    position = (index,) if isinstance(index, int) else tuple(int(i) for i in index)
    executor = Executor(graph, flavour)
    whole = executor.run_samples(inputs, samples)
    output = whole[operator.outputs[0]]
    try:
        flat = int(np.ravel_multi_index(position, output.shape))
    except ValueError as error:
        raise IndexError(f"{operator.label}: {position} in shape {output.shape}: {error}") from None
    # One sample alone, so that the operator sees its own shapes.
    sample, rest = divmod(flat, output.size // samples)
    values = executor.run([np.split(x, samples)[sample] for x in inputs])
    own = values[operator.outputs[0]].shape
    element = tuple(int(i) for i in np.unravel_index(rest, own))
    found = explain_element(graph, flavour, operator, element, values)
    if found is None:
        raise ValueError(f"{operator.label} does not requantize an accumulator")
    return replace(found, index=position)


def explain_element(
    graph: Graph,
    flavour: Runtime,
    operator: Operator,
    index: tuple[int, ...],
    values: Mapping[int, NDArray[Any]],
) -> Explanation | None:
    """The same from the values of one sample; None if nothing is requantized."""
    node = graph.node(operator)
    inputs = [values.get(i) for i in operator.inputs]
    return OPS.of(node).explain(node, inputs, index, flavour.policy(node))
