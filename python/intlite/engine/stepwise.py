"""A graph run operator by operator on kernels made once, whole batches at a time.

``Executor`` makes each kernel anew for each run; this is for many runs at the same
shapes, of all operators or of one on values from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._util.memory_limit import array_bytes, check_memory
from ..graph.types import Graph, Operator, Shape
from ..ops import ValueUnknownError
from ..plan import infer, plan
from ..plan.steps import Step
from ..runtimes import Runtime
from .executor import Arrays, Executor, join


@dataclass(frozen=True, eq=False)
class _Made:
    """A step with its kernel, and the constants that it reads."""

    step: Step
    kernel: _native.Kernel
    constants: dict[int, NDArray[Any]]
    writes: tuple[tuple[Shape, np.dtype[Any]], ...]

    def run(self, values: Mapping[int, NDArray[Any]], samples: int) -> list[NDArray[Any]]:
        inputs = [self._input(i, values, samples) for i in self.step.inputs]
        outputs = [np.empty(batched(shape, samples), dtype) for shape, dtype in self.writes]
        self.kernel.run(inputs, outputs, samples)
        return outputs

    def bytes_written(self, samples: int) -> int:
        return samples * sum(array_bytes(shape, dtype) for shape, dtype in self.writes)

    def _input(self, tensor: int, values: Mapping[int, NDArray[Any]], samples: int) -> NDArray[Any]:
        if tensor not in self.constants:
            return np.ascontiguousarray(values[tensor])
        constant = np.ascontiguousarray(self.constants[tensor])
        return constant if samples == 1 else np.stack([constant] * samples)


class Stepwise:
    """Runs a graph at one set of shapes, keeping every tensor.

    Args:
        graph: A graph that ``ops.refusals`` accepts.
        flavour: The arithmetic.
        shapes: Of one sample, one for each graph input.

    Raises:
        ShapeError: The shapes do not fit the graph.
        MemoryLimitError: A tensor would be too large.
    """

    def __init__(self, graph: Graph, flavour: Runtime, shapes: Sequence[Shape]) -> None:
        self.graph = graph
        self._executor = Executor(graph, flavour)
        self._steps: dict[int, _Made] | None = None
        self._packed = 0
        # What no run changes.
        self.known: Arrays = {t.index: t.data for t in graph.tensors if t.data is not None}
        self.sample_bytes = sum(array_bytes(t.shape, t.dtype) for t in graph.tensors)
        if any(t.is_variable and t.data is None for t in graph.tensors):
            return  # each run begins anew: the executor sees to that
        try:
            draft = plan(graph, shapes, flavour, passes=())
            _, self.known = infer(graph, shapes, flavour)
        except ValueUnknownError:
            return
        self._steps = {}
        self._packed = sum(step.spec.packed_bytes for step in draft.steps)
        check_memory(self._packed, "the plan")
        for step in draft.steps:
            for number in step.operators:
                constants = {i: draft.constants[i] for i in step.inputs if i in draft.constants}
                writes = tuple((draft.shapes[i], draft.dtypes[i]) for i in step.outputs)
                self._steps[number] = _Made(step, step.spec.made(step.label), constants, writes)

    def run(self, inputs: Sequence[NDArray[Any]], samples: int) -> Arrays:
        """Every tensor of ``samples`` runs, as ``Executor.run_samples`` gives them."""
        if self._steps is None or samples == 0:
            return self._executor.run_samples(inputs, samples)
        values = {**self.known, **dict(zip(self.graph.inputs, inputs, strict=True))}
        size = sum(made.bytes_written(samples) for made in self._steps.values())
        check_memory(self._packed + size, f"the tensors of {samples} samples")
        for operator in self.graph.operators:
            if operator.index in self._steps:
                found = self._steps[operator.index].run(values, samples)
                values.update(zip(operator.outputs, found, strict=True))
        return values

    def run_operator(
        self, operator: Operator, values: Mapping[int, NDArray[Any]], samples: int
    ) -> list[NDArray[Any]]:
        """One operator's outputs for given values of its inputs, of ``samples`` runs."""
        if all(i in self.known for i in operator.outputs):
            return [self.known[i] for i in operator.outputs]
        if self._steps is not None:
            made = self._steps[operator.index]
            size = self._packed + made.bytes_written(samples)
            check_memory(size, f"{operator.label} on {samples} samples")
            return made.run(values, samples)
        runs = [
            self._executor.run_operator(
                operator, {**self.known, **self._sample(values, k, samples)}
            )
            for k in range(samples)
        ]
        return runs[0] if samples == 1 else [join(ys) for ys in zip(*runs, strict=True)]

    def sample(self, values: Mapping[int, NDArray[Any]], k: int, samples: int) -> Arrays:
        """The values of one run out of those of several."""
        return {**values, **self._sample(values, k, samples)}

    def _sample(self, values: Mapping[int, NDArray[Any]], k: int, samples: int) -> Arrays:
        if samples == 1:
            return dict(values)
        own = {i: v for i, v in values.items() if i not in self.known}
        return {
            i: one_sample(v, k, samples, len(self.graph.tensors[i].shape)) for i, v in own.items()
        }


def batched(shape: Shape, samples: int) -> Shape:
    """The shape of several runs' values, one behind the other; scalars as a vector."""
    if shape:
        return (shape[0] * samples, *shape[1:])
    return () if samples == 1 else (samples,)


def one_sample(x: NDArray[Any], k: int, samples: int, rank: int) -> NDArray[Any]:
    """The k-th of several runs' values."""
    if rank == 0:
        return np.asarray(x[k]) if samples > 1 else x
    rows = len(x) // samples
    return x[k * rows : (k + 1) * rows]
