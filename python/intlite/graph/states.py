"""Variables as values: what a graph keeps from run to run becomes constants and outputs.

A variable is a constant, its initial value; the operator that updates it writes the next
value into a hidden tensor, which later operators read in its place. So a run begins from
the initial values; ``stateful`` makes both ends inputs and outputs of the graph. Handles
of resource variables, the subgraph that CALL_ONCE runs, and the DEQUANTIZE that gives a
variable its initial value, go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .types import Graph, Operator, State, Tensor

# Which inputs of an operator are variables that it updates. Their next values are its
# last outputs, in this order.
KEPT: Final[dict[str, tuple[int, ...]]] = {
    "SVDF": (4,),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (18, 19),
}
RESOURCES: Final = ("ASSIGN_VARIABLE", "CALL_ONCE", "READ_VARIABLE", "VAR_HANDLE")
# Of VAR_HANDLE: its container and name.
Key = tuple[str, str]


def with_states(graph: Graph, subgraphs: tuple[Graph, ...]) -> Graph:
    """The same graph, with the values of its variables as hidden tensors at the end."""
    if not any(op.name in KEPT or op.name in RESOURCES for op in graph.operators):
        return graph
    return _Rewriter(graph, subgraphs).graph()


def initializes(operator: Operator, tensors: Sequence[Tensor]) -> bool:
    """Whether it only gives a variable its value before the first run, as LiteRT has it.

    Converters to float16 write a variable so; LiteRT does not dequantize a constant again.
    """
    if operator.name != "DEQUANTIZE" or len(operator.inputs) != 1 or len(operator.outputs) != 1:
        return False
    x, y = (tensors[i] for i in (*operator.inputs, *operator.outputs))
    is_half = operator.inputs[0] >= 0 and x.data is not None and x.type == "FLOAT16"
    return is_half and y.is_variable and y.type == "FLOAT32" and x.shape == y.shape


def stateful(graph: Graph) -> Graph:
    """The graph with its variables as further inputs, and their next values as outputs."""
    before = {state.before for state in graph.states}
    return replace(
        graph,
        tensors=tuple(replace(t, data=None) if t.index in before else t for t in graph.tensors),
        inputs=graph.inputs + tuple(state.before for state in graph.states),
        outputs=graph.outputs + tuple(state.after for state in graph.states),
    )


class _Rewriter:
    """``latest`` and ``resources`` have the tensor of a variable's present value.

    ``given``, ``initial``: what a DEQUANTIZE, or CALL_ONCE, gives it before the first run.
    ``zeros``: of a resource variable, the zero point of the first value that the graph assigns,
    where TFLite Micro gets it from.
    """

    def __init__(self, graph: Graph, subgraphs: tuple[Graph, ...]) -> None:
        self.source = graph
        self.subgraphs = subgraphs
        self.tensors = list(graph.tensors)
        self.latest: dict[int, int] = {}
        self.resources: dict[Key, int] = {}
        self.initial: dict[Key, int] = {}
        self.given: dict[int, NDArray[Any]] = {}
        self.zeros: dict[Key, int] = {}
        self.handles = _handles(graph)

    def graph(self) -> Graph:
        operators = [self._operator(operator) for operator in self.source.operators]
        for i in self.latest:
            tensor = self.tensors[i]
            zeros = np.broadcast_to(np.array(_cleared(tensor), tensor.dtype), tensor.shape)
            value = self.given[i] if i in self.given else zeros
            self.tensors[i] = replace(self.tensors[i], data=value)
        states = [
            State(before, after, cleared=_cleared(self.tensors[before]))
            for before, after in self.latest.items()
        ]
        states += [
            State(before, self.resources[key], True, self.zeros[key])
            for key, before in self.initial.items()
            if self.resources[key] != before
        ]
        return replace(
            self.source,
            tensors=tuple(self.tensors),
            operators=tuple(operator for operator in operators if operator is not None),
            states=tuple(states),
            source=self.source,
        )

    def _operator(self, operator: Operator) -> Operator | None:
        """The operator on values, None if nothing is left to do, itself if that is not clear."""
        if operator.name == "CALL_ONCE":
            return None if self._call_once(operator) else operator
        if operator.name == "VAR_HANDLE":
            return None if self._is_plain(operator) else operator
        if initializes(operator, self.tensors):
            first = np.asarray(self.tensors[operator.inputs[0]].data, np.float32)
            first.flags.writeable = False
            self.given[operator.outputs[0]] = first
            return None
        key = self.handles.get(operator.inputs[0]) if operator.inputs else None
        if operator.name == "READ_VARIABLE" and key in self.resources:
            return replace(operator, inputs=(self.resources[key], *operator.inputs[1:]))
        if operator.name == "ASSIGN_VARIABLE" and key is not None and len(operator.inputs) == 2:
            value = self.latest.get(operator.inputs[1], operator.inputs[1])
            if value >= 0 and not operator.outputs:
                # Of the type and shape that it has from the beginning.
                like = self.tensors[self.initial.get(key, value)]
                self.zeros.setdefault(key, _zero_point(self.tensors[value]) & 255)
                self.resources[key] = self._hidden(like, operator.label)
                return replace(operator, inputs=(value,), outputs=(self.resources[key],))
        if _uses_handle(operator) and key is None:
            return replace(operator, inputs=())
        return self._keeping(operator)

    def _keeping(self, operator: Operator) -> Operator:
        kept = [operator.inputs[p] for p in KEPT.get(operator.name, ()) if p < len(operator.inputs)]
        variables = [i for i in kept if self._is_variable(i)]
        inputs = tuple(self.latest.get(i, i) for i in operator.inputs)
        after = tuple(self._hidden(self.tensors[i], operator.label) for i in variables)
        self.latest.update(zip(variables, after, strict=True))
        return replace(operator, inputs=inputs, outputs=operator.outputs + after)

    def _is_variable(self, i: int) -> bool:
        return i >= 0 and self.tensors[i].is_variable and i not in self.source.inputs

    def _hidden(self, like: Tensor, label: str, data: NDArray[Any] | None = None) -> int:
        number = len(self.tensors)
        name = f"{like.name} after {label}"
        self.tensors.append(replace(like, index=number, name=name, data=data))
        return number

    def _call_once(self, operator: Operator) -> bool:
        """Whether its subgraph does no more than assign constants, which are initial values."""
        number = getattr(operator.options, "init_subgraph_index", 0) - 1
        if not 0 <= number < len(self.subgraphs) or self.resources:
            return False
        graph = self.subgraphs[number]
        handles, found = _handles(graph), {}
        for op in graph.operators:
            if op.name == "VAR_HANDLE":
                continue
            key = handles.get(op.inputs[0]) if op.inputs else None
            if op.name != "ASSIGN_VARIABLE" or key is None or len(op.inputs) != 2:
                return False
            value = graph.tensors[op.inputs[1]]
            if op.inputs[1] < 0 or value.data is None:
                return False
            found[key] = value
        for key, value in found.items():
            self.initial[key] = self._hidden(value, operator.label, value.data)
        self.resources.update(self.initial)
        return True

    def _is_plain(self, operator: Operator) -> bool:
        """Whether nothing but reading and assigning uses a handle."""
        if len(operator.outputs) != 1 or operator.outputs[0] in self.source.outputs:
            return False
        return not any(
            operator.outputs[0] in (other.inputs[1:] if _uses_handle(other) else other.inputs)
            for other in self.source.operators
        )


def _uses_handle(operator: Operator) -> bool:
    return operator.name in ("READ_VARIABLE", "ASSIGN_VARIABLE")


def _handles(graph: Graph) -> dict[int, Key]:
    """The variable that each handle stands for."""
    return {
        i: (
            getattr(operator.options, "container", None) or "",
            getattr(operator.options, "shared_name", None) or "",
        )
        for operator in graph.operators
        if operator.name == "VAR_HANDLE"
        for i in operator.outputs
    }


def _cleared(variable: Tensor) -> int:
    """The zero point, for int8 only, as in the runtimes."""
    return _zero_point(variable) if variable.type == "INT8" else 0


def _zero_point(tensor: Tensor) -> int:
    return 0 if tensor.quantization is None else int(tensor.quantization.zero_point[0])
