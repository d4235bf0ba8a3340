"""Finds the operator and the run behind one output element, and has it explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..call_arguments import Batch
from ..engine.session import Session
from ..explanation import Explanation
from ..graph.types import Operator
from ..ops import OPS


def explain(
    session: Session, operator: Operator, index: int | Sequence[int], batch: Batch
) -> Explanation:
    """The explanation of one element of an operator's first output.

    Args:
        session: What runs.
        operator: The operator that writes the element.
        index: The element; the leading dimension counts over all samples.
        batch: The graph's inputs.

    Raises:
        IndexError: There is no such element.
        ValueError: The operator does not requantize an accumulator.
    """
    samples = batch.samples
    if samples == 0:
        raise IndexError(f"{operator.label}: no samples, so no elements")
    position = (index,) if isinstance(index, int) else tuple(int(i) for i in index)
    values = session.tensors(batch)
    output = values[operator.outputs[0]]
    try:
        flat = int(np.ravel_multi_index(position, output.shape))
    except ValueError as error:
        raise IndexError(f"{operator.label}: {position} in shape {output.shape}: {error}") from None
    # One sample alone, so that the operator sees its own shapes.
    sample, rest = divmod(flat, output.size // samples)
    one = session.sample(values, sample, samples)
    element = np.unravel_index(rest, one[operator.outputs[0]].shape)
    found = explain_element(session, operator, tuple(int(i) for i in element), one)
    if found is None:
        raise ValueError(f"{operator.label} does not requantize an accumulator")
    return replace(found, index=position)


def explain_element(
    session: Session, operator: Operator, index: tuple[int, ...], values: Mapping[int, NDArray[Any]]
) -> Explanation | None:
    """The same from the values of one sample; None if nothing is requantized."""
    node = session.graph.node(operator)
    inputs = [values.get(i) for i in operator.inputs]
    return OPS.of(node).explain(node, inputs, index, session.flavour.policy(node))
