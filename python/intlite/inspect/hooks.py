"""Runs that show each tensor as it is computed, and let it be replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ShapeError
from ..graph.types import Graph
from ..trace import TracedTensor

if TYPE_CHECKING:
    from ..engine.session import Session

Hook = Callable[[TracedTensor], "NDArray[Any] | None"]
Hooks = Hook | Mapping[str | int, Hook]


def run(session: Session, hooks: Hooks, args: Sequence[ArrayLike]) -> list[NDArray[Any]]:
    """The outputs. Values that nobody reads any more are dropped on the way.

    Raises:
        KeyError: A hook is for a tensor or an operator that the model does not have.
        ShapeError, TypeError: The inputs do not fit, or what a hook puts in place does not.
    """
    graph = session.graph
    batch = session.batch(args)
    of = _by_tensor(graph, hooks)
    if batch.samples == 0:
        return session.run(batch)
    last, known = _last_readers(graph), session.known(batch.shapes)
    values: dict[int, NDArray[Any]] = dict(known)
    for i, x in zip(graph.inputs, batch.arrays, strict=True):
        values[i] = _shown(graph, of, i, x, None)
    for operator in graph.operators:
        found = session.run_operator(operator, values, batch.samples, known)
        for i, y in zip(operator.outputs, found, strict=True):
            values[i] = _shown(graph, of, i, y, operator.label)
        for i in {*operator.inputs, *operator.outputs}:
            if i in values and i not in known and last.get(i, -1) <= operator.index:
                del values[i]
    return [np.array(values[i]) for i in graph.outputs]


def _by_tensor(graph: Graph, hooks: Hooks) -> dict[int, list[Hook]]:
    """Hooks by the number of their tensor."""
    if not isinstance(hooks, Mapping):
        return {t.index: [hooks] for t in graph.tensors if not t.is_constant}
    found: dict[int, list[Hook]] = {}
    for key, hook in hooks.items():
        of_operator = [i for op in graph.operators if op.label == key for i in op.outputs]
        numbers = of_operator or [
            t.index for t in graph.tensors if not t.is_constant and key in (t.index, t.name)
        ]
        if not numbers:
            raise KeyError(f"no operator {key!r}, and no tensor {key!r} that is computed")
        for i in numbers:
            found.setdefault(i, []).append(hook)
    return found


def _shown(
    graph: Graph, of: Mapping[int, list[Hook]], i: int, value: NDArray[Any], op: str | None
) -> NDArray[Any]:
    """What a tensor's hooks make of its value."""
    for hook in of.get(i, ()):
        tensor = graph.tensors[i]
        replaced = hook(TracedTensor(tensor, value, op))
        if replaced is None:
            continue
        replaced = np.asarray(replaced)
        if replaced.dtype != value.dtype:
            raise TypeError(f"{tensor!r}: a hook gave {replaced.dtype}, expected {value.dtype}")
        if replaced.shape != value.shape:
            raise ShapeError(
                f"{tensor!r}: a hook gave shape {list(replaced.shape)}, "
                f"expected {list(value.shape)}"
            )
        value = replaced
    return value


def _last_readers(graph: Graph) -> dict[int, int]:
    """The last operator that reads each tensor; outputs are read in the end."""
    found = {i: op.index for op in graph.operators for i in op.inputs}
    return found | dict.fromkeys(graph.outputs, len(graph.operators))
