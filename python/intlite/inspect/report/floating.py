"""The same model in float32, its weights dequantized: how far the quantized run is from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import IntliteError
from ...graph.types import Graph, Node, Operator, Tensor
from ...ops import OPS, ValueUnknownError
from ...runtimes.families import REFERENCE
from ...trace import dequantize_tensor

# These change how numbers are stored, not what they mean.
SAME_VALUE: Final = ("QUANTIZE", "DEQUANTIZE")
_STORED: Final = ("INT8", "UINT8", "INT16", "INT32")
_WEIGHTS: Final = _STORED[:3]
Values = dict[int, "NDArray[Any]"]


@dataclass
class Error:
    """The distance of an operator's output from float32, summed over samples.

    Attributes:
        signal, noise: Sums of squares of the float values and of the differences.
        largest: The greatest difference.
        count: How many elements.
    """

    signal: float = 0.0
    noise: float = 0.0
    largest: float = 0.0
    count: int = 0

    def add(self, real: NDArray[Any], found: NDArray[Any]) -> None:
        """Compare another sample."""
        a, b = real.astype(np.float64).ravel(), found.astype(np.float64).ravel()
        with np.errstate(all="ignore"):
            difference = np.abs(a - b)
            self.signal += float(a @ a)
            self.noise += float(difference @ difference)
            self.largest = max(self.largest, float(difference.max(initial=0.0)))
        self.count += a.size

    @property
    def decibels(self) -> float | None:
        """Signal to noise; None where either is 0 or not finite."""
        if not (np.isfinite(self.signal) and np.isfinite(self.noise)):
            return None
        if self.signal <= 0 or self.noise <= 0:
            return None
        return float(10 * np.log10(self.signal / self.noise))

    @property
    def root_mean_square(self) -> float:
        return float(np.sqrt(self.noise / self.count)) if self.count else 0.0


@dataclass
class LayerError:
    """Of one operator: at the end of the float run so far, and from the quantized inputs."""

    whole: Error
    alone: Error


class FloatRun:
    """The float32 version of a graph.

    Operators that float32 does not have are bridged: what follows them starts again
    from the quantized run.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.real = float_graph(graph)
        self.errors: dict[int, LayerError] = {}
        self.bridged: set[int] = set()

    def add(self, stored: Mapping[int, NDArray[Any]]) -> None:
        """Compare one sample, whose tensors are given as stored."""
        tensors = self.graph.tensors
        dequantized = {i: _meaning(v, tensors[i]) for i, v in stored.items()}
        constants: Values = {t.index: t.data for t in self.real.tensors if t.data is not None}
        values: Values = {**constants, **{i: dequantized[i] for i in self.graph.inputs}}
        for operator in self.graph.operators:
            node = self.real.node(operator)
            given = {**dequantized, **constants}
            whole = self._run(operator, node, values)
            alone = self._run(operator, node, given)
            for k, i in enumerate(operator.outputs):
                values[i] = dequantized[i] if whole is None else whole[k]
            if whole is None or alone is None:
                self.bridged.add(operator.index)
                continue
            first = operator.outputs[0]
            if dequantized[first].dtype.kind != "f":
                continue
            error = self.errors.setdefault(operator.index, LayerError(Error(), Error()))
            error.whole.add(whole[0], dequantized[first])
            error.alone.add(alone[0], dequantized[first])

    @staticmethod
    def _run(operator: Operator, node: Node, values: Values) -> Sequence[NDArray[Any]] | None:
        inputs = [values.get(i) for i in operator.inputs]
        if operator.name in SAME_VALUE:
            return None if inputs[0] is None else [inputs[0]]
        try:
            op = OPS.of(node)
            if list(op.refusals(node)):
                return None
            return op.reference(node, inputs, REFERENCE)
        except (IntliteError, ValueUnknownError, TypeError):
            return None


def _is_stored(tensor: Tensor) -> bool:
    """Whether a tensor's numbers stand for others; constant int32 ones may be indices."""
    types = _WEIGHTS if tensor.is_constant else _STORED
    return tensor.quantization is not None and tensor.type in types


def _meaning(value: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    return dequantize_tensor(value, tensor) if _is_stored(tensor) else value


def float_graph(graph: Graph) -> Graph:
    """The graph with every quantized tensor in float32."""
    biases = {
        operator.inputs[-1]: operator
        for operator in graph.operators
        if (op := OPS.find(operator.name)) is not None
        and op.filter_input is not None
        and len(operator.inputs) > 2
    }
    return replace(
        graph, tensors=tuple(_real(graph, t, biases.get(t.index)) for t in graph.tensors)
    )


def _real(graph: Graph, tensor: Tensor, reader: Operator | None) -> Tensor:
    q = tensor.quantization
    is_bias = reader is not None and tensor.type in ("INT32", "INT64") and tensor.is_constant
    if is_bias and q is None and reader is not None:
        # Files may leave it out: it is the product of the others' scales.
        scales = [graph.tensors[i].quantization for i in reader.inputs[:2]]
        if scales[0] is None or scales[1] is None or tensor.data is None:
            return tensor
        factor = scales[0].scale[0] * scales[1].scale
        return replace(tensor, type="FLOAT32", data=tensor.data.astype(np.float32) * factor)
    if not (is_bias or _is_stored(tensor)):
        return tensor
    data = None if tensor.data is None else dequantize_tensor(tensor.data, tensor)
    return replace(tensor, type="FLOAT32", quantization=None, data=data)
