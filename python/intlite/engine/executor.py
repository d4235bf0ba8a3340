"""The Python graph executor: one kernel call an operator, every tensor kept.

It runs on native kernels or on ``reference``, plain integer numpy. ``Program`` is
the same steps in one native call; this serves what needs to see inside: traces,
explanations, shapes that depend on values, and the tests that hold the three equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._util.memory_limit import array_bytes, check_memory, check_tensor
from ..errors import ShapeError
from ..graph.types import Graph, Operator, Shape
from ..ops import OPS
from ..runtimes import Runtime

Backend = Literal["native", "reference"]
Arrays = dict[int, "NDArray[Any]"]


class Executor:
    """Runs a graph operator by operator.

    Args:
        graph: A graph that ``ops.refusals`` accepts.
        flavour: The arithmetic.
        backend: "native" or "reference".
    """

    def __init__(self, graph: Graph, flavour: Runtime, backend: Backend = "native") -> None:
        self.graph = graph
        self.flavour = flavour
        self.backend: Backend = backend

    def run(self, inputs: Sequence[NDArray[Any]], held: int = 0) -> Arrays:
        """All tensors of one run, by number: constants, inputs and what operators wrote.

        Args:
            inputs: One for each graph input.
            held: Bytes that other runs' tensors take meanwhile.

        Raises:
            ShapeError: The inputs' shapes do not fit an operator.
            MemoryLimitError: The tensors would be too large.
        """
        values: Arrays = {t.index: t.data for t in self.graph.tensors if t.data is not None}
        values.update(zip(self.graph.inputs, inputs, strict=True))
        for operator in self.graph.operators:
            outputs = self.run_operator(operator, values, held)
            values.update(zip(operator.outputs, outputs, strict=True))
            held += sum(y.nbytes for y in outputs)
        return values

    def run_operator(
        self, operator: Operator, values: Mapping[int, NDArray[Any]], held: int = 0
    ) -> list[Any]:
        """One operator's outputs, from the values of its inputs.

        Args:
            operator: One of the graph's.
            values: Of its inputs, by number.
            held: Bytes that other tensors take meanwhile.

        Raises:
            ShapeError: The inputs do not fit the operator.
            MemoryLimitError: The outputs would be too large.
        """
        node = self.graph.node(operator)
        op = OPS.of(node)
        policy = self.flavour.policy(node)
        inputs = [values.get(i) for i in operator.inputs]
        shapes: list[Shape] = [() if v is None else v.shape for v in inputs]
        found = op.output_shapes(node, shapes, inputs)
        for tensor, shape in zip(node.outputs, found, strict=True):
            check_tensor(tensor, shape)
            held += array_bytes(shape, tensor.dtype)
        check_memory(held, f"the tensors up to {node.label}")
        if self.backend == "reference":
            return op.computed(node, inputs, policy, found)
        known = op.outputs_of_shapes(node, shapes)
        if known is not None:
            return known
        spec = op.kernel(node, shapes, inputs, policy)
        outputs = [np.empty(s, t.dtype) for s, t in zip(found, node.outputs, strict=True)]
        arguments = [np.ascontiguousarray(inputs[i]) for i in spec.inputs]
        spec.made(node.label).run(arguments, outputs, 1)
        return outputs

    def _run_none(self, inputs: Sequence[NDArray[Any]]) -> Arrays:
        """No runs at all: empty arrays of the shapes that one run of zeros has."""
        own = [self.graph.tensors[i].shape[:1] for i in self.graph.inputs]
        shapes = [(*first, *x.shape[1:]) for first, x in zip(own, inputs, strict=True)]
        one = self.run([np.zeros(s, x.dtype) for s, x in zip(shapes, inputs, strict=True)])
        constant = {t.index for t in self.graph.tensors if t.data is not None}
        return {i: v if i in constant else np.atleast_1d(v)[:0] for i, v in one.items()}

    def run_samples(self, inputs: Sequence[NDArray[Any]], samples: int) -> Arrays:
        """``samples`` independent runs, their tensors joined along the first axis.

        Constants are given once. A scalar output of several runs becomes a vector.
        """
        if samples == 1:
            return self.run(inputs)
        if samples == 0:
            return self._run_none(inputs)
        split = [np.split(x, samples) for x in inputs]
        constant = {t.index for t in self.graph.tensors if t.data is not None}
        runs: list[Arrays] = []
        held = 0
        for i in range(samples):
            runs.append(self.run([x[i] for x in split], held))
            # Twice, since they are joined in the end.
            held += 2 * sum(v.nbytes for t, v in runs[-1].items() if t not in constant)
            check_memory(held, f"the tensors of {i + 1} samples")
        return {i: runs[0][i] if i in constant else join([run[i] for run in runs]) for i in runs[0]}


def join(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Results of several runs, one behind the other.

    Raises:
        ShapeError: They differ in more than their first dimension.
    """
    shapes = {y.shape[1:] for y in arrays} if arrays[0].ndim else {y.shape for y in arrays}
    if len(shapes) > 1 or len({y.ndim for y in arrays}) > 1:
        listed = ", ".join(str(list(y.shape)) for y in arrays)
        raise ShapeError(f"results of shapes {listed} cannot be joined; run them one by one")
    return np.stack(arrays) if arrays[0].ndim == 0 else np.concatenate(arrays)
